import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** The connector as its owner sees it: sync orders, push stock, ship. Webhooks are in Inbox. */
final class Connector {
    private static final long OVERLAP_S = 900; // read again what changed lately: clocks differ, and orders show up late
    private static final String PAGE_SIZE = "100";
    private static final int MOST_PAGES = 1000;
    private static final int DETAIL_SIZE = 50;
    private static final int STOCK_SIZE = 300;
    private static final int ROUNDS = 4;
    private static final Set<String> SHIPPABLE = Set.of("AWAITING_SHIPMENT", "PARTIALLY_SHIPPING");
    private static final Set<String> SHIPPED = Set.of("AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED");
    private static final Set<String> PARCEL_LEFT = Set.of("FULFILLING", "COMPLETED");
    private static final Set<Long> SHIPPED_BEFORE =
        Set.of(11006021L, 21008099L, 21011006L, 21011020L, 21011040L, 21023046L, 21042056L);

    /** Whatever talks to the platform does so one after the other: one refresh, one sync, one flush. */
    final ReentrantLock work = new ReentrantLock(true);
    private final Platform platform;
    private final Store store;
    private final Alerts alerts;

    private record Level(String productId, long quantity, long committed, Map<String, Long> warehouses) {}

    Connector(Platform platform, Store store, Alerts alerts) {
        this.platform = platform;
        this.store = store;
        this.alerts = alerts;
    }

    // Orders

    void syncOrders() throws CallError {
        work.lock();
        try {
            CallError problem = null;
            for (Platform.Shop shop : askForShops()) {
                try {
                    syncShop(shop);
                } catch (CallError error) {
                    problem = problem == null ? error : problem; // the trouble of one must not keep the others waiting
                }
            }
            if (problem != null) throw problem;
            workOffInbox(false);
            store.remove("failing", "sync");
        } catch (CallError error) {
            store.put("failing", "sync", error.reason);
            throw error;
        } finally {
            work.unlock();
        }
    }

    /** One token may cover several shops, and each has its own cipher. */
    private List<Platform.Shop> askForShops() throws CallError {
        Map<String, Object> data = platform.call(Platform.Call.read("shops", "GET", "/authorization/202309/shops", null, Map.of(), null));
        Map<String, Object> ciphers = new LinkedHashMap<>();
        for (Object row : Json.list(data.get("shops"))) {
            Map<String, Object> shop = Json.object(row);
            ciphers.put(Json.text(shop.get("id")), shop.get("cipher"));
            alerts.hide(Json.text(shop.get("cipher")));
        }
        if (ciphers.isEmpty()) throw new CallError("permission", "no shop has authorised this app");
        store.put("shops", "sealed", store.seal(ciphers));
        return shopsOf(ciphers);
    }

    private List<Platform.Shop> knownShops() throws CallError {
        Object sealed = store.get("shops", "sealed");
        return sealed == null ? askForShops() : shopsOf(Json.object(store.unseal(sealed)));
    }

    private static List<Platform.Shop> shopsOf(Map<String, Object> ciphers) {
        return ciphers.entrySet().stream().map(row -> new Platform.Shop(row.getKey(), Json.text(row.getValue()))).toList();
    }

    private void syncShop(Platform.Shop shop) throws CallError {
        long started = System.currentTimeMillis() / 1000;
        long since = Math.max(0, Json.number(store.get("watermarks", shop.id())) - OVERLAP_S);
        CallError problem = readPages(shop, since);
        if (problem != null) {
            alerts.raise(problem.reason, "orders of shop " + shop.id(), problem.getMessage());
            throw problem;
        }
        // Only now: a page that was not read must be asked for again.
        store.put("watermarks", shop.id(), started);
        Set<String> skus = new LinkedHashSet<>();
        for (Object row : store.values("orders")) {
            Map<String, Object> order = Json.object(row);
            if (!shop.id().equals(order.get("shop_id"))) continue;
            for (Object line : Json.list(order.get("lines"))) skus.add(Json.text(Json.object(line).get("sku_id")));
        }
        readStock(shop, List.copyOf(skus));
    }

    /** Keeps all orders that can be read, and returns the first problem with the others. */
    private CallError readPages(Platform.Shop shop, long since) throws CallError {
        Set<String> seen = new LinkedHashSet<>();
        CallError problem = null;
        String pageToken = "";
        for (int page = 1; page <= MOST_PAGES; page++) {
            // Oldest first and open at the end: an order that changes meanwhile keeps its place.
            Map<String, String> query = new LinkedHashMap<>(Map.of("page_size", PAGE_SIZE, "sort_field", "create_time", "sort_order", "ASC"));
            if (!pageToken.isEmpty()) query.put("page_token", pageToken);
            Map<String, Object> found = platform.call(Platform.Call.read(
                "order search", "POST", "/order/202309/orders/search", shop, query, Map.of("update_time_ge", since)));
            // An empty page counts its orders all the same; one that says nothing is no empty page.
            if (!(found.get("orders") instanceof List<?>) && !found.containsKey("total_count")) return new CallError("mapping", "a page of orders is missing");
            List<String> ids = new ArrayList<>();
            try {
                for (Object row : Json.list(found.get("orders"))) {
                    String id = Orders.demandId(row);
                    if (seen.add(id)) ids.add(id);
                }
            } catch (CallError error) {
                return error;
            }
            CallError unread = readOrders(shop, ids, false);
            problem = problem == null ? unread : problem;
            String next = Json.text(found.get("next_page_token"));
            if (next.isEmpty()) {
                boolean isGap = seen.size() < Json.number(found.get("total_count"));
                return problem == null && isGap ? new CallError("contract", "more orders are counted than shown") : problem;
            }
            if (next.equals(pageToken)) break;
            pageToken = next;
        }
        return new CallError("contract", "the pages of orders do not end");
    }

    private CallError readOrders(Platform.Shop shop, List<String> ids, boolean once) throws CallError {
        CallError problem = null;
        for (int start = 0; start < ids.size(); start += DETAIL_SIZE) {
            List<String> batch = ids.subList(start, Math.min(ids.size(), start + DETAIL_SIZE));
            Map<String, Object> found = platform.call(Platform.Call.read("order detail", "GET", "/order/202507/orders", shop,
                Map.of("ids", String.join(",", batch)), null).onlyOnce(once));
            Set<String> missing = new LinkedHashSet<>(batch);
            Map<String, Object> newer = new LinkedHashMap<>();
            for (Object row : Json.list(found.get("orders"))) {
                try {
                    Map<String, Object> order = Orders.read(row, shop.id());
                    String id = Json.text(order.get("id"));
                    missing.remove(id);
                    if (!Orders.LIFE.contains(order.get("status"))) {
                        alerts.raise("contract", "orders", "the status " + order.get("status") + " is unknown; it is kept as it is");
                    }
                    if (Orders.isNewer(order, Json.object(store.get("orders", id)))) newer.put(id, order);
                } catch (CallError error) {
                    problem = problem == null ? error : problem;
                }
            }
            store.putAll("orders", newer);
            if (!missing.isEmpty() && problem == null) problem = new CallError("mapping", missing.size() + " orders are missing from their details");
        }
        return problem;
    }

    // Stock: a wish is kept before anything is sent, and leaves when the platform was seen to hold it

    void pushStock(Map<String, Object> changes) throws CallError {
        Map<String, Object> wishes = new LinkedHashMap<>();
        for (Map.Entry<String, Object> change : changes.entrySet()) {
            if (Json.number(change.getValue()) < 0 || !(change.getValue() instanceof Number)) throw new CallError("mapping", "the quantity of SKU " + change.getKey() + " is none");
            wishes.put(change.getKey(), Map.of("quantity", change.getValue()));
        }
        store.putAll("wishes", wishes);
        flush();
    }

    void flush() throws CallError {
        work.lock();
        try {
            Map<String, CallError> refused = new LinkedHashMap<>(); // not asked again before the next flush
            CallError problem = null;
            for (int round = 1; round <= ROUNDS && !refused.keySet().containsAll(store.all("wishes").keySet()); round++) {
                for (Platform.Shop shop : knownShops()) {
                    Map<String, Level> levels = readStock(shop, List.copyOf(store.all("wishes").keySet()));
                    settle(levels);
                    try {
                        writeStock(shop, levels, refused);
                    } catch (CallError error) {
                        if (!error.unknown) throw error;
                        problem = error;
                        platform.pause(round); // whether it was applied is for the next round's read to say
                    }
                }
            }
            Set<String> waiting = store.all("wishes").keySet();
            if (waiting.isEmpty()) return;
            for (CallError error : refused.values()) problem = error;
            if (problem == null) problem = new CallError("mapping", "no shop sells them, or the platform does not keep them");
            alerts.raise(problem.reason, "stock", "SKU " + waiting + " wait: " + problem.getMessage());
            throw problem;
        } finally {
            work.unlock();
        }
    }

    private Map<String, Level> readStock(Platform.Shop shop, List<String> skus) throws CallError {
        Map<String, Level> levels = new LinkedHashMap<>();
        for (int start = 0; start < skus.size(); start += STOCK_SIZE) {
            Map<String, Object> found = platform.call(Platform.Call.read("inventory search", "POST", "/product/202309/inventory/search", shop,
                Map.of(), Map.of("sku_ids", skus.subList(start, Math.min(skus.size(), start + STOCK_SIZE)))));
            for (Object row : Json.list(found.get("inventory"))) {
                Map<String, Object> product = Json.object(row);
                for (Object item : Json.list(product.get("skus"))) {
                    Map<String, Object> sku = Json.object(item);
                    Map<String, Long> warehouses = new LinkedHashMap<>();
                    for (Object place : Json.list(sku.get("warehouse_inventory"))) {
                        Map<String, Object> warehouse = Json.object(place);
                        warehouses.put(Json.text(warehouse.get("warehouse_id")), Json.number(warehouse.get("available_quantity")));
                    }
                    levels.put(Json.text(sku.get("id")), new Level(Json.text(product.get("product_id")),
                        Json.number(sku.get("total_available_quantity")), Json.number(sku.get("total_committed_quantity")), warehouses));
                }
            }
        }
        Map<String, Object> quantities = new LinkedHashMap<>();
        levels.forEach((sku, level) -> quantities.put(sku, level.quantity));
        store.putAll("stock", quantities);
        return levels;
    }

    private void settle(Map<String, Level> levels) {
        for (Map.Entry<String, Object> entry : store.all("wishes").entrySet()) {
            Level level = levels.get(entry.getKey());
            if (level == null) continue;
            Map<String, Object> wish = Json.object(entry.getValue());
            // What was sold since the write is gone from the shelf, and was there before.
            long sold = wish.containsKey("committed") ? Math.max(0, level.committed - Json.number(wish.get("committed"))) : 0;
            long wanted = Json.number(wish.get("quantity"));
            if (level.quantity == wanted || level.quantity + sold == wanted) store.remove("wishes", entry.getKey());
        }
    }

    private void writeStock(Platform.Shop shop, Map<String, Level> levels, Map<String, CallError> refused) throws CallError {
        for (Map.Entry<String, Object> entry : store.all("wishes").entrySet()) {
            String sku = entry.getKey();
            Level level = levels.get(sku);
            if (level == null || refused.containsKey(sku)) continue;
            Map<String, Object> wish = new LinkedHashMap<>(Json.object(entry.getValue()));
            wish.putIfAbsent("committed", level.committed);
            store.put("wishes", sku, wish);
            List<Object> inventory = spread(Json.number(wish.get("quantity")), level.warehouses);
            Map<String, Object> answer = platform.call(Platform.Call.change("inventory update",
                "/product/202309/products/" + level.productId + "/inventory/update", shop,
                Map.of("skus", List.of(Map.of("id", sku, "inventory", inventory)))));
            // Code 0 is no success yet: each SKU may be refused on its own.
            for (Object row : Json.list(answer.get("errors"))) {
                Map<String, Object> error = Json.object(row);
                refused.put(sku, new CallError("contract", "SKU " + sku + " is refused: " + error.get("message") + " (code " + error.get("code") + ")"));
            }
        }
    }

    /** All warehouses of a SKU must be listed: the first takes what the others do not hold. */
    private static List<Object> spread(long quantity, Map<String, Long> warehouses) {
        List<Object> shares = new ArrayList<>();
        String first = warehouses.keySet().iterator().next();
        long left = quantity;
        for (Map.Entry<String, Long> warehouse : warehouses.entrySet()) {
            if (warehouse.getKey().equals(first)) continue;
            long share = Math.min(warehouse.getValue(), left);
            left -= share;
            shares.add(Map.of("warehouse_id", warehouse.getKey(), "quantity", share));
        }
        shares.add(0, Map.of("warehouse_id", first, "quantity", left));
        return shares;
    }

    // Shipping: look, act, and look again; a ship call has no idempotency key

    void ship(String orderId) throws CallError {
        work.lock();
        try {
            Platform.Shop shop = shopOf(orderId);
            Map<String, Object> order = Json.object(store.get("orders", orderId));
            String status = Json.text(order.get("status"));
            if (!SHIPPABLE.contains(status) && !SHIPPED.contains(status)) throw new CallError("mapping", "order " + orderId + " is " + status + " and cannot be shipped");
            List<Object> packages = Json.list(order.get("package_ids"));
            if (packages.isEmpty()) throw new CallError("mapping", "order " + orderId + " has no parcel yet; buy a label in the seller centre");
            for (Object packageId : packages) shipParcel(orderId, Json.text(packageId), shop);
            CallError problem = readOrders(shop, List.of(orderId), false);
            if (problem != null) throw problem;
        } finally {
            work.unlock();
        }
    }

    private Platform.Shop shopOf(String orderId) throws CallError {
        Object home = Json.object(store.get("orders", orderId)).get("shop_id");
        for (Platform.Shop shop : knownShops()) {
            if (home != null && !home.equals(shop.id())) continue;
            if (readOrders(shop, List.of(orderId), false) == null) return shop;
        }
        throw new CallError("mapping", "order " + orderId + " is in none of the shops");
    }

    private void shipParcel(String orderId, String packageId, Platform.Shop shop) throws CallError {
        String path = "/fulfillment/202309/packages/" + packageId;
        CallError problem = null;
        for (int round = 1; round <= ROUNDS; round++) {
            Map<String, Object> parcel = platform.call(Platform.Call.read("package detail", "GET", path, shop, Map.of(), null));
            if (PARCEL_LEFT.contains(Json.text(parcel.get("package_status")))) {
                store.put("shipments", packageId, Map.of("order_id", orderId, "package_id", packageId,
                    "tracking_number", Json.text(parcel.get("tracking_number"))));
                return;
            }
            if (problem != null && !problem.unknown) throw problem;
            problem = null;
            try {
                platform.call(Platform.Call.change("ship", path + "/ship", shop, Map.of("handover_method", "DROP_OFF")));
            } catch (CallError error) {
                if (!error.unknown && !SHIPPED_BEFORE.contains(error.code)) throw error;
                problem = error;
                if (error.unknown) platform.pause(round);
            }
        }
        throw problem != null ? problem : new CallError("contract", "parcel " + packageId + " was shipped and does not show it");
    }

    // What webhooks tell: kept by Inbox, worked off by whoever holds `work`

    void workOffInbox(boolean once) throws CallError {
        Map<String, Object> inbox = store.all("inbox");
        if (inbox.isEmpty()) return;
        List<Platform.Shop> shops = knownShops();
        for (Map.Entry<String, Object> entry : inbox.entrySet()) {
            Map<String, Object> event = Json.object(entry.getValue());
            List<String> ids = Json.list(event.get("order_ids")).stream().map(Json::text).toList();
            for (Platform.Shop shop : shops) {
                if (!shop.id().equals(event.get("shop_id"))) continue;
                CallError problem = readOrders(shop, ids, once);
                if (problem != null) throw problem;
            }
            store.remove("inbox", entry.getKey());
        }
    }

    Map<String, Object> health() {
        boolean isWell = store.all("failing").isEmpty() && store.all("wishes").isEmpty() && store.all("inbox").isEmpty();
        return Map.of("status", isWell ? "ok" : "degraded");
    }
}
