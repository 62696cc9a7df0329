import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Telling people: a cause, a subject, a sentence. The same trouble is told once an hour. */
final class Alerts {
    private static final double AGAIN_AFTER_S = 3600;
    private final Store store;
    private final List<String> secrets = new CopyOnWriteArrayList<>();

    Alerts(Store store) {
        this.store = store;
    }

    void hide(String... values) {
        for (String value : values) if (!value.isEmpty()) secrets.add(value);
    }

    /** Messages of the other side may repeat what they were sent. */
    String scrub(String text) {
        for (String secret : secrets) text = text.replace(secret, "[secret]");
        return text;
    }

    void raise(String cause, String subject, String text) {
        double now = System.currentTimeMillis() / 1000.0;
        String topic = cause + " " + subject;
        if (store.get("told", topic) instanceof Number at && now - at.doubleValue() < AGAIN_AFTER_S) return;
        String message = scrub(subject + ": " + text);
        store.change(() -> {
            store.put("told", topic, now);
            store.put("alerts", now + " " + topic, Map.of("cause", cause, "message", message, "at", now));
        });
        System.err.println(Json.write(Map.of("event", "alert", "cause", cause, "message", message))); // in production: a page
    }
}
