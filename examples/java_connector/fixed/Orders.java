import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reading one order from the API's words: what is needed is demanded, the rest may come and go. */
final class Orders {
    /** Orders only ever move to a status further down. */
    static final List<String> LIFE = List.of("UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING",
        "AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED", "CANCELLED");
    private static final String ID = "\\d+";
    private static final String WORD = "[A-Z_]+";
    private static final String AMOUNT = "-?\\d+(\\.\\d+)?";

    private Orders() {}

    static Map<String, Object> read(Object value, String shopId) throws CallError {
        Map<String, Object> raw = Json.object(value);
        Map<String, Object> payment = Json.object(raw.get("payment"));
        Map<String, Object> order = new LinkedHashMap<>();
        order.put("id", demand(raw, "id", ID));
        order.put("shop_id", shopId);
        order.put("status", demand(raw, "status", WORD));
        order.put("update_time", Json.number(raw.get("update_time")));
        order.put("currency", demand(payment, "currency", WORD));
        order.put("total_amount", demand(payment, "total_amount", AMOUNT)); // money stays text
        List<Object> lines = new ArrayList<>();
        for (Object item : Json.list(raw.get("line_items"))) {
            // One line is one unit: two units of one SKU are two lines.
            Map<String, Object> line = Json.object(item);
            lines.add(Map.of("id", demand(line, "id", ID), "sku_id", demand(line, "sku_id", ID),
                "sale_price", demand(line, "sale_price", AMOUNT)));
        }
        if (lines.isEmpty()) throw new CallError("mapping", "an order has no line_items");
        order.put("lines", lines);
        Set<Object> packages = new LinkedHashSet<>();
        for (Object parcel : Json.list(raw.get("packages"))) packages.add(Json.object(parcel).get("id"));
        order.put("package_ids", new ArrayList<>(packages));
        return order;
    }

    /** Whether an order may replace the known one: pages and webhooks come in any order. */
    static boolean isNewer(Map<String, Object> order, Map<String, Object> known) {
        if (known.isEmpty()) return true;
        int step = LIFE.indexOf(Json.text(order.get("status")));
        int knownStep = LIFE.indexOf(Json.text(known.get("status")));
        long later = Json.number(order.get("update_time")) - Json.number(known.get("update_time"));
        if (step == knownStep || step < 0 || knownStep < 0) return later >= 0;
        return step > knownStep || later > 0;
    }

    /** Throws without telling what was in the field: that may be personal. */
    static String demand(Map<String, Object> source, String name, String form) throws CallError {
        if (source.get(name) instanceof String text && text.matches(form)) return text;
        throw new CallError("mapping", "an order's field " + name + " is missing or of another form");
    }

    static String demandId(Object row) throws CallError {
        return demand(Json.object(row), "id", ID);
    }
}
