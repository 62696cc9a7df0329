import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;

/** Webhooks: checked, kept, answered; worked on afterwards, as the platform waits three seconds. */
final class Inbox {
    private static final long SEEN_FOR_S = 7 * 86_400; // the platform repeats a webhook for less than a day
    private static final Map<Long, String> FOR_PEOPLE =
        Map.of(6L, "the seller removed this app", 7L, "the authorisation ends soon; renew it");
    private final Platform.Settings settings;
    private final Connector connector;
    private final Store store;
    private final Alerts alerts;
    private final Executor afterwards;

    Inbox(Platform.Settings settings, Connector connector, Store store, Alerts alerts, Executor afterwards) {
        this.settings = settings;
        this.connector = connector;
        this.store = store;
        this.alerts = alerts;
        this.afterwards = afterwards;
    }

    /** Returns the HTTP status to answer. */
    int receive(String signature, byte[] body) throws GeneralSecurityException {
        byte[] expected = Platform.utf8(Platform.hmac(settings.appSecret(), Platform.utf8(settings.appKey()), body));
        if (!MessageDigest.isEqual(expected, Platform.utf8(signature))) {
            alerts.raise("webhook", "webhooks", "a webhook without a genuine signature was refused");
            return 401;
        }
        Map<String, Object> event = Map.of();
        try {
            event = Json.object(Json.read(new String(body, java.nio.charset.StandardCharsets.UTF_8)));
        } catch (IllegalArgumentException error) {
            alerts.raise("contract", "webhooks", "a genuine webhook could not be read");
        }
        String shopId = String.valueOf(event.getOrDefault("shop_id", ""));
        Object notification = event.get("tts_notification_id");
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(body);
        String key = notification == null ? HexFormat.of().formatHex(digest) : shopId + " " + notification;
        if (!keep(key, shopId, ordersOf(Json.object(event.get("data"))))) return 200;
        String text = FOR_PEOPLE.get(Json.number(event.get("type")));
        if (text != null) alerts.raise("credentials", "authorisation", text);
        afterwards.execute(this::workOff);
        return 200;
    }

    /** Looking up and keeping are one step, so that of deliveries at the same moment one is new. */
    private boolean keep(String key, String shopId, List<Object> orderIds) {
        boolean[] isNew = {false};
        long now = System.currentTimeMillis() / 1000;
        store.change(() -> {
            store.all("seen").forEach((seen, at) -> {
                if (now - Json.number(at) > SEEN_FOR_S) store.remove("seen", seen);
            });
            if (store.get("seen", key) != null) return;
            isNew[0] = true;
            store.put("seen", key, now);
            if (!orderIds.isEmpty()) store.put("inbox", key, Map.of("shop_id", shopId, "order_ids", orderIds));
        });
        return isNew[0];
    }

    /** It only says that something changed: what is true now is read from the API. */
    private void workOff() {
        connector.work.lock();
        try {
            connector.workOffInbox(true);
        } catch (CallError error) {
            // Told by an alert; the event waits for the next sync.
        } finally {
            connector.work.unlock();
        }
    }

    private static List<Object> ordersOf(Map<String, Object> data) {
        List<Object> ids = new ArrayList<>();
        add(data.get("order_id"), ids);
        for (Object parcel : Json.list(data.get("package_list"))) {
            for (Object id : Json.list(Json.object(parcel).get("order_id_list"))) add(id, ids);
        }
        return ids;
    }

    private static void add(Object id, List<Object> ids) {
        String text = String.valueOf(id); // some webhooks send ids as numbers; all their digits are kept
        if (text.matches("\\d+") && !ids.contains(text)) ids.add(text);
    }
}
