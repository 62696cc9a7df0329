import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * An order and stock sync for TikTok Shop in one file, as one writes it in an afternoon; JSON is
 * picked apart by regular expressions. What that costs is what `pytest --tts-chaos` shows.
 */
public final class Shop {
    private static final Map<String, String> ENV = System.getenv();
    private static final Map<String, String> ORDERS = new LinkedHashMap<>();
    private static final Map<String, Integer> STOCK = new LinkedHashMap<>();
    private static final List<String> SHIPMENTS = new ArrayList<>();
    private static HttpClient client;
    private static String accessToken = ENV.get("TTS_ACCESS_TOKEN");
    private static String refreshToken = ENV.get("TTS_REFRESH_TOKEN");

    private static String call(String method, String path, Map<String, String> query, String body) throws Exception {
        Map<String, String> params = new TreeMap<>(query);
        params.put("app_key", ENV.get("TTS_APP_KEY"));
        params.put("shop_cipher", ENV.get("TTS_SHOP_CIPHER"));
        params.put("timestamp", String.valueOf(System.currentTimeMillis() / 1000));
        StringBuilder text = new StringBuilder(path);
        params.forEach((key, value) -> text.append(key).append(value));
        String secret = ENV.get("TTS_APP_SECRET");
        params.put("sign", hmac(secret + text + body + secret));
        HttpRequest request = HttpRequest.newBuilder(URI.create(ENV.get("TTS_API_URL") + path + "?" + encode(params)))
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .header("content-type", "application/json")
            .header("x-tts-access-token", accessToken)
            .build();
        while (true) {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() == 401 || response.statusCode() == 403) {
                refresh();
                return call(method, path, query, body);
            }
            if (response.statusCode() != 429 && response.statusCode() < 500) return response.body();
            System.out.println("trying again: " + request.uri());
        }
    }

    private static void refresh() throws Exception {
        Map<String, String> params = new TreeMap<>(Map.of("app_key", ENV.get("TTS_APP_KEY"), "app_secret", ENV.get("TTS_APP_SECRET"),
            "refresh_token", refreshToken, "grant_type", "refresh_token"));
        URI uri = URI.create(ENV.get("TTS_TOKEN_URL") + "/api/v2/token/refresh?" + encode(params));
        System.out.println("refreshing: " + uri);
        String answer = client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString()).body();
        accessToken = first("\"access_token\":\\s*\"([^\"]*)\"", answer);
        refreshToken = first("\"refresh_token\":\\s*\"([^\"]*)\"", answer);
    }

    private static void sync() throws Exception {
        String token = "";
        do {
            Map<String, String> query = new TreeMap<>(Map.of("page_size", "50"));
            if (!token.isEmpty()) query.put("page_token", token);
            String page = call("POST", "/order/202309/orders/search", query, "{}");
            for (String id : idsOf(page)) fetch(id);
            token = first("\"next_page_token\":\\s*\"([^\"]*)\"", page);
        } while (!token.isEmpty());
    }

    /** Every id of an order in a page: they stand beside a status. */
    private static List<String> idsOf(String page) {
        List<String> ids = new ArrayList<>();
        int depth = 0;
        int start = -1;
        for (int at = Math.max(0, page.indexOf("\"orders\"")); at < page.length(); at++) {
            char sign = page.charAt(at);
            if (sign == '{' && depth++ == 0) start = at;
            if (sign == '}' && --depth == 0) ids.add(own("id", page.substring(start, at + 1)));
        }
        return ids;
    }

    /** A field of an object itself, not of one inside. */
    private static String own(String name, String object) {
        String flat = object.substring(1);
        for (int rounds = 0; rounds < 20; rounds++) flat = flat.replaceAll("\\{[^{}]*\\}|\\[[^\\[\\]]*\\]", "0");
        return first("\"" + name + "\":\\s*\"?([^\",}]*)", flat);
    }

    private static void fetch(String id) throws Exception {
        if (id.isEmpty()) return;
        String order = call("GET", "/order/202507/orders", Map.of("ids", id), "");
        List<String> lines = new ArrayList<>();
        int items = order.indexOf("\"line_items\"");
        if (items < 0) return;
        int depth = 0;
        int start = -1;
        for (int at = items; at < order.length(); at++) {
            char sign = order.charAt(at);
            if (sign == '{' && depth++ == 0) start = at;
            if (sign == '}' && --depth == 0) {
                String line = order.substring(start, at + 1);
                lines.add("{\"id\":\"" + own("id", line) + "\",\"sku_id\":\"" + own("sku_id", line) + "\"}");
            }
            if (sign == ']' && depth == 0) break;
        }
        String payment = first("\"payment\":\\s*(\\{[^{}]*\\})", order);
        String whole = order.substring(order.indexOf("\"orders\""));
        ORDERS.put(id, "{\"id\":\"" + id + "\",\"status\":\"" + own("status", whole.substring(whole.indexOf('{')))
            + "\",\"currency\":\"" + own("currency", payment) + "\",\"total_amount\":\"" + own("total_amount", payment)
            + "\",\"lines\":[" + String.join(",", lines) + "]}");
    }

    private static void push(String changes) throws Exception {
        Matcher pairs = Pattern.compile("\"(\\d+)\":\\s*(\\d+)").matcher(changes);
        while (pairs.find()) {
            String sku = pairs.group(1);
            STOCK.put(sku, Integer.parseInt(pairs.group(2)));
            String found = call("POST", "/product/202309/inventory/search", Map.of(), "{\"sku_ids\":[\"" + sku + "\"]}");
            String body = "{\"skus\":[{\"id\":\"" + sku + "\",\"inventory\":[{\"warehouse_id\":\""
                + first("\"warehouse_id\":\\s*\"(\\d+)\"", found) + "\",\"quantity\":" + pairs.group(2) + "}]}]}";
            call("POST", "/product/202309/products/" + first("\"product_id\":\\s*\"(\\d+)\"", found) + "/inventory/update", Map.of(), body);
        }
    }

    private static void ship(String orderId) throws Exception {
        String order = call("GET", "/order/202507/orders", Map.of("ids", orderId), "");
        String packageId = first("\"packages\":\\s*\\[\\{[^}]*\"id\":\\s*\"(\\d+)\"", order);
        call("POST", "/fulfillment/202309/packages/" + packageId + "/ship", Map.of(), "{\"handover_method\":\"DROP_OFF\"}");
        SHIPMENTS.add("{\"order_id\":\"" + orderId + "\",\"package_id\":\"" + packageId + "\"}");
    }

    private static void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String reply = "{}";
        int status = 200;
        try {
            switch (exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath()) {
                case "POST /sync" -> sync();
                case "PUT /stock" -> push(body);
                case "POST /ship" -> ship(first("\"order_id\":\\s*\"(\\d+)\"", body));
                case "GET /orders" -> reply = "[" + String.join(",", ORDERS.values()) + "]";
                case "GET /stock" -> reply = STOCK.toString().replace("{", "{\"").replace("=", "\":").replace(", ", ",\"").replace("{\"}", "{}");
                case "GET /shipments" -> reply = "[" + String.join(",", SHIPMENTS) + "]";
                case "POST /webhook" -> fetch(first("\"order_id\":\\s*\"(\\d+)\"", body)); // the signature is for later
                default -> reply = "{\"status\":\"ok\"}";
            }
        } catch (Exception error) {
            error.printStackTrace();
            status = 500;
        }
        byte[] bytes = reply.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    public static void main(String[] arguments) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream file = Files.newInputStream(Path.of(ENV.get("SHOP_CA_FILE")))) {
            trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(context).build();
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(ENV.get("PORT"))), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", Shop::answer);
        server.start();
    }

    private static String first(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        return matcher.find() ? matcher.group(1) : "";
    }

    private static String hmac(String text) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(ENV.get("TTS_APP_SECRET").getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static String encode(Map<String, String> params) {
        List<String> pairs = new ArrayList<>();
        params.forEach((key, value) -> pairs.add(key + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8)));
        return String.join("&", pairs);
    }
}
