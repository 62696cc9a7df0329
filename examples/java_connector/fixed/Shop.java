import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The front door: what a scheduler, a warehouse and TikTok Shop itself call. */
public final class Shop {
    private static final int MOST_BYTES = 1 << 20;

    private interface Work {
        Object run(String body) throws CallError;
    }

    private interface Action {
        void run() throws CallError;
    }

    public static void main(String[] arguments) throws Exception {
        Platform.Settings settings = new Platform.Settings(
            env("TTS_API_URL", "https://open-api.tiktokglobalshop.com"), env("TTS_TOKEN_URL", "https://auth.tiktok-shops.com"),
            env("TTS_APP_KEY", ""), env("TTS_APP_SECRET", ""), env("TTS_ACCESS_TOKEN", ""), env("TTS_REFRESH_TOKEN", ""),
            env("SHOP_CA_FILE", ""), Long.parseLong(env("SHOP_TIMEOUT_MS", "20000")), Long.parseLong(env("SHOP_RETRY_BASE_MS", "1000")));
        Store store = new Store(Path.of(env("SHOP_STORE", "shop.json")), env("SHOP_KEY", ""));
        Alerts alerts = new Alerts(store);
        alerts.hide(settings.appSecret(), settings.accessToken(), settings.refreshToken());
        Connector connector = new Connector(new Platform(settings, store, alerts), store, alerts);
        ExecutorService threads = Executors.newCachedThreadPool();
        Inbox inbox = new Inbox(settings, connector, store, alerts, threads);

        Map<String, Work> routes = new LinkedHashMap<>();
        routes.put("GET /health", body -> connector.health());
        routes.put("POST /sync", body -> done(connector::syncOrders));
        routes.put("GET /orders", body -> store.values("orders"));
        routes.put("GET /stock", body -> store.all("stock"));
        routes.put("PUT /stock", body -> done(() -> connector.pushStock(Json.object(Json.read(body)))));
        routes.put("POST /flush", body -> done(connector::flush));
        routes.put("POST /ship", body -> done(() -> connector.ship(Json.text(Json.object(Json.read(body)).get("order_id")))));
        routes.put("GET /shipments", body -> store.values("shipments"));
        routes.put("GET /alerts", body -> store.values("alerts"));

        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(env("PORT", "8080"))), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                answer(exchange, routes, inbox, alerts);
            }
        });
        server.start();
        System.out.println("listening");
    }

    private static void answer(HttpExchange exchange, Map<String, Work> routes, Inbox inbox, Alerts alerts) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
        String route = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
        try {
            if (body.length > MOST_BYTES) {
                send(exchange, 413, Map.of("error", "the body is too large"));
            } else if (route.equals("POST /webhook")) {
                String signature = exchange.getRequestHeaders().getFirst("authorization");
                exchange.sendResponseHeaders(inbox.receive(signature == null ? "" : signature, body), -1);
            } else if (routes.containsKey(route)) {
                send(exchange, 200, routes.get(route).run(new String(body, StandardCharsets.UTF_8)));
            } else {
                send(exchange, 404, Map.of("error", "there is nothing here"));
            }
        } catch (CallError error) {
            send(exchange, 503, Map.of("error", alerts.scrub(error.getMessage()), "cause", error.reason));
        } catch (Exception error) {
            // What was thrown may hold a secret or personal data: only its kind is told.
            send(exchange, 500, Map.of("error", error.getClass().getSimpleName()));
        }
    }

    private static Object done(Action action) throws CallError {
        action.run();
        return Map.of();
    }

    private static void send(HttpExchange exchange, int status, Object value) throws IOException {
        byte[] bytes = Json.write(value).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static String env(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }
}
