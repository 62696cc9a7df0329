import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Calls of the Open API: signed afresh for each try, repeated only where that is safe. */
final class Platform {
    record Settings(
        String apiUrl, String tokenUrl, String appKey, String appSecret, String accessToken, String refreshToken,
        String caFile, long timeoutMs, long retryBaseMs) {}

    record Shop(String id, String cipher) {}

    /** One call; it may take several tries. */
    record Call(String title, String method, String path, Shop shop, Map<String, String> query, Object body, boolean changes, boolean once) {
        static Call read(String title, String method, String path, Shop shop, Map<String, String> query, Object body) {
            return new Call(title, method, path, shop, query, body, false, false);
        }

        /** What changes anything is not sent again when nobody knows whether it took effect. */
        static Call change(String title, String path, Shop shop, Object body) {
            return new Call(title, "POST", path, shop, Map.of(), body, true, false);
        }

        Call onlyOnce(boolean once) {
            return new Call(title, method, path, shop, query, body, changes, once);
        }

        /** Calls that share a limit: each shop has its own. */
        String scope() {
            return shop == null ? title : title + " of shop " + shop.id;
        }
    }

    private static final int ATTEMPTS = 5;
    private static final int REFRESH_ATTEMPTS = 3;
    private static final long LONGEST_WAIT_MS = 10_000;
    private static final long REFRESH_AHEAD_S = 600;
    private static final Set<Long> DEAD_REFRESH_TOKEN = Set.of(36004001L, 36004004L, 36004005L, 10001L, 10002L);

    private final Settings settings;
    private final Store store;
    private final Alerts alerts;
    private final HttpClient client;

    Platform(Settings settings, Store store, Alerts alerts) throws IOException, GeneralSecurityException {
        this.settings = settings;
        this.store = store;
        this.alerts = alerts;
        HttpClient.Builder builder = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofMillis(settings.timeoutMs / 2))
            // A signature holds for one path, and a token must not travel to another host.
            .followRedirects(HttpClient.Redirect.NEVER);
        if (!settings.caFile.isEmpty()) builder.sslContext(trust(Path.of(settings.caFile)));
        this.client = builder.build();
        takeTokensOfSettings();
    }

    /** Returns the data of the answer. */
    Map<String, Object> call(Call call) throws CallError {
        boolean mayRefresh = true;
        for (int attempt = 1; ; attempt++) {
            waitForTurn(call.scope());
            Map<String, Object> tokens = usableTokens();
            try {
                Map<String, Object> data = send(call, Json.text(tokens.get("access")));
                if (data == null && !call.changes) throw new CallError("contract", "the answer holds no data", CallError.Retry.READS_ONLY);
                return data == null ? Map.of() : data;
            } catch (CallError error) {
                if (error.waitMs >= 0) noteWait(call.scope(), error.waitMs);
                if (error.aboutToken) {
                    keepTokens(with(tokens, "refused", true));
                    if (mayRefresh) {
                        mayRefresh = false;
                        attempt--;
                        continue;
                    }
                }
                boolean mayRepeat = error.retry == CallError.Retry.SAFE || (error.retry == CallError.Retry.READS_ONLY && !call.changes);
                if (!mayRepeat || call.once || attempt >= ATTEMPTS) {
                    alerts.raise(error.reason, call.scope(), error.getMessage());
                    error.unknown = call.changes && error.retry == CallError.Retry.READS_ONLY;
                    throw error;
                }
                if (error.waitMs < 0) pause(attempt);
            }
        }
    }

    /** Waits at random, up to a bound that doubles: many clients must not come back at the same moment. */
    void pause(int attempt) {
        long base = settings.retryBaseMs;
        sleep(ThreadLocalRandom.current().nextLong(base, Math.min(60 * base, base << attempt) + 1));
    }

    static String hmac(String secret, byte[]... parts) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            for (byte[] part : parts) mac.update(part);
            return HexFormat.of().formatHex(mac.doFinal());
        } catch (GeneralSecurityException error) {
            throw new IllegalStateException(error);
        }
    }

    private Map<String, Object> send(Call call, String accessToken) throws CallError {
        // The bytes that are signed are the bytes that are sent; the time stamp is of this try.
        byte[] body = call.body == null ? new byte[0] : utf8(Json.write(call.body));
        Map<String, String> query = new TreeMap<>(call.query); // the signature wants them in order
        query.put("app_key", settings.appKey);
        query.put("timestamp", String.valueOf(System.currentTimeMillis() / 1000));
        if (call.shop != null) query.put("shop_cipher", call.shop.cipher);
        String pairs = query.entrySet().stream().map(pair -> pair.getKey() + pair.getValue()).collect(Collectors.joining());
        byte[] secret = utf8(settings.appSecret);
        query.put("sign", hmac(settings.appSecret, secret, utf8(call.path + pairs), body, secret));
        HttpRequest.BodyPublisher publisher =
            body.length == 0 ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofByteArray(body);
        return exchange(HttpRequest.newBuilder(URI.create(settings.apiUrl + call.path + "?" + encode(query)))
            .method(call.method, publisher)
            .header("content-type", "application/json")
            .header("x-tts-access-token", accessToken)
            .build());
    }

    /** The time-out of a request ends with the head of its answer; this one bounds the whole. */
    private Map<String, Object> exchange(HttpRequest request) throws CallError {
        CompletableFuture<HttpResponse<byte[]>> answer = client.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray());
        try {
            HttpResponse<byte[]> response = answer.get(settings.timeoutMs, TimeUnit.MILLISECONDS);
            return Answers.read(response.statusCode(), response.headers(), response.body());
        } catch (TimeoutException error) {
            answer.cancel(true);
            throw new CallError("slowness", "no whole answer in time", CallError.Retry.READS_ONLY);
        } catch (ExecutionException error) {
            // Texts of java.net.http may hold the address, app secret and all: only the kind is told.
            Throwable cause = error.getCause();
            boolean isNeverSent = cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException;
            throw new CallError("network", "the connection failed (" + cause.getClass().getSimpleName() + ")",
                isNeverSent ? CallError.Retry.SAFE : CallError.Retry.READS_ONLY);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw new CallError("outage", "interrupted", CallError.Retry.NEVER);
        }
    }

    // Tokens: both are kept before either is used, and nothing is sent with a dead one.

    private void keepTokens(Map<String, Object> tokens) {
        store.put("tokens", "pair", store.seal(tokens));
    }

    /** The stored pair is newer than that of the settings, unless an operator has set another. */
    private void takeTokensOfSettings() throws GeneralSecurityException {
        byte[] pair = utf8(settings.accessToken + settings.refreshToken);
        String origin = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(pair));
        Object known = store.get("tokens", "pair");
        if (known != null && origin.equals(Json.object(store.unseal(known)).get("origin"))) return;
        keepTokens(Map.of("access", settings.accessToken, "refresh", settings.refreshToken, "origin", origin));
    }

    private Map<String, Object> usableTokens() throws CallError {
        Map<String, Object> tokens = Json.object(store.unseal(store.get("tokens", "pair")));
        boolean isRefused = Boolean.TRUE.equals(tokens.get("refused"));
        long expiresAt = tokens.containsKey("expires_at") ? Json.number(tokens.get("expires_at")) : Long.MAX_VALUE;
        long now = System.currentTimeMillis() / 1000;
        if (!isRefused && now < expiresAt - REFRESH_AHEAD_S) return tokens;
        try {
            return refresh(tokens);
        } catch (CallError error) {
            if (!isRefused && now < expiresAt) return tokens; // ahead of time nothing is lost yet
            throw error;
        }
    }

    /** Only one refresh runs at a time, as the connector does one thing at a time. */
    private Map<String, Object> refresh(Map<String, Object> tokens) throws CallError {
        if (Boolean.TRUE.equals(tokens.get("dead"))) throw new CallError("credentials", "the refresh token is refused for good; authorise the app anew");
        if (System.currentTimeMillis() < Json.number(tokens.get("not_before"))) throw new CallError("credentials", "the last refresh failed; it is tried again later");
        Map<String, String> query = new TreeMap<>(Map.of("app_key", settings.appKey, "app_secret", settings.appSecret,
            "refresh_token", Json.text(tokens.get("refresh")), "grant_type", "refresh_token"));
        HttpRequest request = HttpRequest.newBuilder(URI.create(settings.tokenUrl + "/api/v2/token/refresh?" + encode(query))).build();
        for (int attempt = 1; ; attempt++) {
            try {
                Map<String, Object> data = exchange(request);
                if (data == null || Json.text(data.get("access_token")).isEmpty() || Json.text(data.get("refresh_token")).isEmpty()) {
                    throw new CallError("contract", "the answer to the refresh holds no tokens", CallError.Retry.SAFE);
                }
                Map<String, Object> fresh = new LinkedHashMap<>();
                fresh.put("access", data.get("access_token"));
                fresh.put("refresh", data.get("refresh_token"));
                fresh.put("expires_at", data.get("access_token_expire_in")); // absolute, whatever its name says
                fresh.put("origin", tokens.get("origin"));
                alerts.hide(Json.text(fresh.get("access")), Json.text(fresh.get("refresh")));
                keepTokens(fresh);
                return fresh;
            } catch (CallError error) {
                if (error.retry != CallError.Retry.NEVER && attempt < REFRESH_ATTEMPTS) {
                    if (error.waitMs < 0) pause(attempt);
                    else sleep(Math.min(error.waitMs, LONGEST_WAIT_MS));
                    continue;
                }
                long later = System.currentTimeMillis() + Math.max(error.waitMs, 60 * settings.retryBaseMs);
                keepTokens(with(with(tokens, "dead", DEAD_REFRESH_TOKEN.contains(error.code)), "not_before", later));
                String text = "the access token could not be refreshed: " + error.getMessage();
                alerts.raise("credentials", "tokens", text);
                throw new CallError("credentials", text);
            }
        }
    }

    // Pauses that the platform asked for hold for later calls and over a restart.

    private void noteWait(String scope, long waitMs) {
        long jitter = ThreadLocalRandom.current().nextLong(settings.retryBaseMs, 2 * settings.retryBaseMs);
        store.put("pauses", scope, System.currentTimeMillis() + waitMs + jitter);
    }

    private void waitForTurn(String scope) throws CallError {
        long left = Json.number(store.get("pauses", scope)) - System.currentTimeMillis();
        if (left > LONGEST_WAIT_MS) throw new CallError("rate_limit", "the platform asked for a pause; " + left / 1000 + " s are left of it");
        if (left > 0) sleep(left);
    }

    private static Map<String, Object> with(Map<String, Object> values, String key, Object value) {
        Map<String, Object> copy = new LinkedHashMap<>(values);
        copy.put(key, value);
        return copy;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String encode(Map<String, String> query) {
        return query.entrySet().stream()
            .map(pair -> pair.getKey() + "=" + URLEncoder.encode(pair.getValue(), StandardCharsets.UTF_8).replace("+", "%20"))
            .collect(Collectors.joining("&"));
    }

    private static void sleep(long durationMs) {
        try {
            Thread.sleep(durationMs);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }

    private static SSLContext trust(Path file) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream stream = Files.newInputStream(file)) {
            int number = 0;
            for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(stream)) {
                trusted.setCertificateEntry("ca" + number++, certificate);
            }
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}
