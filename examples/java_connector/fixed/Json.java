import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON as maps, lists, texts, numbers, booleans and null; the JDK has no reader of its own. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** Reads a whole document. Throws IllegalArgumentException where it is none. */
    static Object read(String text) {
        Json json = new Json(text);
        Object value = json.value(0);
        json.space();
        if (json.at != text.length()) throw new IllegalArgumentException("text after the end");
        return value;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> object(Object value) {
        return value instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
    }

    @SuppressWarnings("unchecked")
    static List<Object> list(Object value) {
        return value instanceof List<?> list ? (List<Object>) list : List.of();
    }

    static String text(Object value) {
        return value instanceof String text ? text : "";
    }

    static long number(Object value) {
        return value instanceof Number number ? number.longValue() : 0;
    }

    static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        if (value instanceof Map<?, ?> map) {
            String between = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(between);
                quote(String.valueOf(entry.getKey()), out);
                out.append(':');
                write(entry.getValue(), out);
                between = ",";
            }
            out.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof Iterable<?> items) {
            out.append('[');
            String between = "";
            for (Object item : items) {
                out.append(between);
                write(item, out);
                between = ",";
            }
            out.append(']');
        } else if (value instanceof String string) {
            quote(string, out);
        } else {
            out.append(value);
        }
    }

    private static void quote(String value, StringBuilder out) {
        out.append('"');
        for (char sign : value.toCharArray()) {
            if (sign == '"' || sign == '\\') out.append('\\').append(sign);
            else if (sign < 0x20) out.append(String.format("\\u%04x", (int) sign));
            else out.append(sign);
        }
        out.append('"');
    }

    private Object value(int depth) {
        space();
        if (depth > 100 || at >= text.length()) throw new IllegalArgumentException("too deep, or cut off");
        char sign = text.charAt(at);
        if (sign == '{') return readObject(depth);
        if (sign == '[') return readList(depth);
        if (sign == '"') return string();
        int start = at;
        while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) at++;
        String word = text.substring(start, at);
        return switch (word) {
            case "true" -> true;
            case "false" -> false;
            case "null" -> null;
            default -> new BigDecimal(word); // a NumberFormatException is an IllegalArgumentException
        };
    }

    private Map<String, Object> readObject(int depth) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (boolean more = opens('}'); more; more = goesOn('}')) {
            space();
            String key = string();
            expect(':');
            // Of a key that comes twice nobody knows which one was meant.
            if (map.containsKey(key)) throw new IllegalArgumentException("a key comes twice");
            map.put(key, value(depth + 1));
        }
        return map;
    }

    private List<Object> readList(int depth) {
        List<Object> list = new ArrayList<>();
        for (boolean more = opens(']'); more; more = goesOn(']')) list.add(value(depth + 1));
        return list;
    }

    private boolean opens(char end) {
        at++;
        space();
        if (at < text.length() && text.charAt(at) == end) {
            at++;
            return false;
        }
        return true;
    }

    private boolean goesOn(char end) {
        space();
        char sign = at < text.length() ? text.charAt(at++) : ' ';
        if (sign != ',' && sign != end) throw new IllegalArgumentException("cut off");
        return sign == ',';
    }

    private String string() {
        expect('"');
        StringBuilder out = new StringBuilder();
        while (at < text.length()) {
            char sign = text.charAt(at++);
            if (sign == '"') return out.toString();
            if (sign != '\\') {
                out.append(sign);
                continue;
            }
            if (at >= text.length()) break;
            char escaped = text.charAt(at++);
            switch (escaped) {
                case 'n' -> out.append('\n');
                case 't' -> out.append('\t');
                case 'r' -> out.append('\r');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'u' -> {
                    if (at + 4 > text.length()) throw new IllegalArgumentException("cut off");
                    out.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                    at += 4;
                }
                default -> out.append(escaped);
            }
        }
        throw new IllegalArgumentException("cut off");
    }

    private void expect(char sign) {
        space();
        if (at >= text.length() || text.charAt(at++) != sign) throw new IllegalArgumentException("expected " + sign);
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
    }
}
