import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an answer means: data, or an error with its cause and what may be done about it.
 *
 * <p>Success is code 0 in a readable envelope under a 2xx status, and nothing else. Codes come
 * before statuses: a limit or an expired token is told as an HTTP status or inside a 200.
 */
final class Answers {
    private record Meaning(String reason, CallError.Retry retry, boolean aboutToken) {
        Meaning(String reason) {
            this(reason, CallError.Retry.NEVER, false);
        }
    }

    private static final Meaning TOKEN = new Meaning("credentials", CallError.Retry.NEVER, true);
    private static final Meaning CREDENTIALS = new Meaning("credentials");
    private static final Meaning PERMISSION = new Meaning("permission");
    private static final Meaning ENDPOINT = new Meaning("endpoint");
    private static final Meaning VERSION = new Meaning("version");
    private static final Meaning CONTRACT = new Meaning("contract");
    private static final Meaning RATE_LIMIT = new Meaning("rate_limit", CallError.Retry.SAFE, false);
    private static final Meaning OUTAGE = new Meaning("outage", CallError.Retry.READS_ONLY, false);
    private static final Meaning SLOWNESS = new Meaning("slowness", CallError.Retry.READS_ONLY, false);
    private static final Meaning UNREADABLE = new Meaning("contract", CallError.Retry.READS_ONLY, false);

    /** One code stands for a dozen failures; its message tells them apart. */
    private static final long AMBIGUOUS = 36009004;
    private static final Map<Long, Meaning> BY_CODE = new LinkedHashMap<>();
    private static final Map<String, Meaning> BY_WORD = new LinkedHashMap<>();
    private static final Map<Integer, Meaning> BY_STATUS = Map.of(
        401, TOKEN, 403, PERMISSION, 404, ENDPOINT, 405, ENDPOINT, 407, new Meaning("network"), 408, SLOWNESS, 410, VERSION, 429, RATE_LIMIT);

    static {
        meaning(TOKEN, 105001, 105002, 10001, 10002, 401);
        meaning(CREDENTIALS, 106001, 101000, 10003, 36004001, 36004004, 36004005, 36009043, 36009044);
        meaning(PERMISSION, 105005, 36009033, 403);
        meaning(ENDPOINT, 36009009, 36009010);
        meaning(VERSION, 36009014);
        meaning(RATE_LIMIT, 36009002);
        meaning(new Meaning("rate_limit"), 36009037); // an hour's quota: no pause between tries outlasts it
        meaning(OUTAGE, 36009003);
        meaning(SLOWNESS, 36009007);
        BY_WORD.put("timestamp", new Meaning("clock"));
        BY_WORD.put("version", VERSION);
        BY_WORD.put("access_token", TOKEN);
        BY_WORD.put("access-token", TOKEN);
        BY_WORD.put("app_key", CREDENTIALS);
        BY_WORD.put("sign", CREDENTIALS);
    }

    private Answers() {}

    private static void meaning(Meaning meaning, long... codes) {
        for (long code : codes) BY_CODE.put(code, meaning);
    }

    /** Returns the data of a success; null where there is none. */
    static Map<String, Object> read(int status, HttpHeaders headers, byte[] body) throws CallError {
        Map<String, Object> envelope = envelope(body);
        boolean isEnvelope = envelope.get("code") instanceof Number;
        long code = isEnvelope ? Json.number(envelope.get("code")) : -1;
        if (code == 0 && status >= 200 && status < 300) {
            return envelope.get("data") instanceof Map<?, ?> ? Json.object(envelope.get("data")) : null;
        }
        String message = isEnvelope ? Json.text(envelope.get("message")) : "no readable envelope";
        Meaning meaning = meaningOf(status, isEnvelope, code, message);
        String text = message + " (code " + code + ", HTTP " + status + ")";
        throw new CallError(meaning.reason, text, meaning.retry, code, meaning.aboutToken, retryAfterMs(headers));
    }

    private static Meaning meaningOf(int status, boolean isEnvelope, long code, String message) {
        if (code == AMBIGUOUS) {
            for (Map.Entry<String, Meaning> row : BY_WORD.entrySet()) {
                if (message.toLowerCase().contains(row.getKey())) return row.getValue();
            }
            return CONTRACT;
        }
        if (isEnvelope && BY_CODE.containsKey(code)) return BY_CODE.get(code);
        if (status >= 500) return OUTAGE;
        if (BY_STATUS.containsKey(status)) return BY_STATUS.get(status);
        if (isEnvelope) return CONTRACT;
        // A 200 without an envelope is a page of something in between, or half an answer.
        return status >= 300 ? ENDPOINT : UNREADABLE;
    }

    private static Map<String, Object> envelope(byte[] body) {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
            return Json.object(Json.read(text));
        } catch (CharacterCodingException | IllegalArgumentException error) {
            return Map.of();
        }
    }

    /** Reads seconds, or a date by the clock of the answer itself. */
    private static long retryAfterMs(HttpHeaders headers) {
        String value = headers.firstValue("retry-after").orElse("");
        if (value.matches("\\d+(\\.\\d+)?")) return (long) (Double.parseDouble(value) * 1000);
        try {
            Instant until = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            Instant now = headers.firstValue("date")
                .map(date -> ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant())
                .orElseGet(Instant::now);
            return Math.max(0, until.toEpochMilli() - now.toEpochMilli());
        } catch (DateTimeException error) {
            return -1;
        }
    }
}
