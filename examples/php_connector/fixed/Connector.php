<?php

declare(strict_types=1);

/** The connector as its owner sees it: sync orders, push stock, ship. */
final class Connector
{
    private const OVERLAP_S = 900; // read again what changed lately: clocks differ, and orders show up late
    private const PAGE_SIZE = '100';
    private const MOST_PAGES = 1000;
    private const DETAIL_SIZE = 50;
    private const STOCK_SIZE = 300;
    private const ROUNDS = 4;

    private const SHIPPABLE = ['AWAITING_SHIPMENT', 'PARTIALLY_SHIPPING'];
    private const SHIPPED = ['AWAITING_COLLECTION', 'IN_TRANSIT', 'DELIVERED', 'COMPLETED'];
    private const PARCEL_LEFT = ['FULFILLING', 'COMPLETED'];
    private const SHIPPED_BEFORE = [11006021, 21008099, 21011006, 21011020, 21011040, 21023046, 21042056];

    public function __construct(private readonly Platform $platform, private readonly Store $store, private readonly Alerts $alerts)
    {
    }

    // ---- orders ----

    /** @throws CallFailed if anything could not be read; what was read is kept */
    public function syncOrders(): void
    {
        $this->store->alone(function (): void {
            try {
                $problem = null;
                foreach ($this->askForShops() as $shop) {
                    try {
                        $this->syncShop($shop);
                    } catch (CallFailed $failed) {
                        $problem ??= $failed; // the trouble of one must not keep the others waiting
                    }
                }
                if ($problem !== null) {
                    throw $problem;
                }
                $this->workOffInbox();
                $this->store->remove('failing', '');
            } catch (CallFailed $failed) {
                $this->store->put('failing', '', $failed->reason);
                throw $failed;
            }
        });
    }

    /**
     * Returns the authorised shops: one token may cover several, and each has its own cipher.
     *
     * @return list<array{id: string, cipher: string}>
     */
    private function askForShops(): array
    {
        $data = $this->platform->call('shops', 'GET', '/authorization/202309/shops');
        $shops = array_map(fn (array $shop): array => ['id' => $shop['id'], 'cipher' => $shop['cipher']], $data['shops'] ?? []);
        if ($shops === []) {
            throw new CallFailed('permission', 'no shop has authorised this app');
        }
        $this->store->put('shops', '', $this->store->seal($shops));
        return $this->hidden($shops);
    }

    private function shops(): array
    {
        $sealed = $this->store->get('shops');
        return $sealed === null ? $this->askForShops() : $this->hidden($this->store->unseal($sealed));
    }

    private function hidden(array $shops): array
    {
        $this->alerts->hide(...array_column($shops, 'cipher'));
        return $shops;
    }

    private function syncShop(array $shop): void
    {
        $started = time();
        $since = max(0, ($this->store->get('watermark', $shop['id']) ?? 0) - self::OVERLAP_S);
        $problem = $this->readPages($shop, $since);
        if ($problem !== null) {
            $this->alerts->raise($problem->reason, "orders of shop {$shop['id']}", $problem->getMessage());
            throw $problem;
        }
        // Only now: a page that was not read must be asked for again.
        $this->store->put('watermark', $shop['id'], $started);
        $orders = array_filter($this->store->all('order'), fn (array $order): bool => $order['shop_id'] === $shop['id']);
        $lines = array_merge(...array_values(array_column($orders, 'lines')), ...[[]]);
        $this->readStock($shop, array_values(array_unique(array_column($lines, 'sku_id'))));
    }

    /** Keeps all orders that can be read; returns the first problem with the others. */
    private function readPages(array $shop, int $since): ?CallFailed
    {
        [$seen, $problem, $token] = [[], null, ''];
        for ($page = 1; $page <= self::MOST_PAGES; $page++) {
            // Oldest first and open at the end: an order that changes meanwhile keeps its place.
            $query = ['page_size' => self::PAGE_SIZE, 'sort_field' => 'create_time', 'sort_order' => 'ASC'];
            $found = $this->platform->call(
                'order search',
                'POST',
                '/order/202309/orders/search',
                $shop,
                $query + ($token === '' ? [] : ['page_token' => $token]),
                ['update_time_ge' => $since],
            );
            $ids = array_values(array_diff(array_unique(Orders::ids($found)), $seen));
            $seen = [...$seen, ...$ids];
            $problem = $this->readOrders($shop, $ids) ?? $problem;
            $next = $found['next_page_token'] ?? '';
            if ($next === '') {
                $isShort = count($seen) < ($found['total_count'] ?? 0);
                return $problem ?? ($isShort ? new CallFailed('contract', 'more orders are counted than shown') : null);
            }
            if ($next === $token) {
                break;
            }
            $token = $next;
        }
        return new CallFailed('contract', 'the pages of orders do not end');
    }

    /**
     * Keeps all of these orders that can be read; returns the first problem with the others.
     *
     * @param list<string> $ids
     */
    private function readOrders(array $shop, array $ids, ?int $attempts = null): ?CallFailed
    {
        $problem = null;
        foreach (array_chunk($ids, self::DETAIL_SIZE) as $batch) {
            $limit = $attempts === null ? [] : ['attempts' => $attempts];
            $data = $this->platform->call('order detail', 'GET', '/order/202507/orders', $shop, ['ids' => implode(',', $batch)], ...$limit);
            $found = $this->store->together(function () use ($data, $shop, &$problem): array {
                $found = [];
                foreach (is_array($data['orders'] ?? null) ? $data['orders'] : [] as $raw) {
                    try {
                        $order = Orders::read($raw, $shop['id']);
                    } catch (CallFailed $unread) {
                        $problem ??= $unread;
                        continue;
                    }
                    $found[] = $order;
                    if (Orders::isNewer($order, $this->store->get('order', $order['id']))) {
                        $this->store->put('order', $order['id'], $order);
                    }
                }
                return $found;
            });
            foreach (array_unique(array_column($found, 'status')) as $status) {
                if (!Orders::isKnownStatus($status)) {
                    $this->alerts->raise('contract', 'orders', "the status $status is unknown; it is kept as it is");
                }
            }
            if (array_diff($batch, array_column($found, 'id')) !== []) {
                $problem ??= new CallFailed('mapping', 'orders are missing from their details');
            }
        }
        return $problem;
    }

    // ---- stock: a wish is kept before anything is sent, and leaves when the platform was seen to hold it ----

    /** @param array<array-key, mixed> $changes quantity by SKU id */
    public function pushStock(array $changes): void
    {
        $this->store->together(function () use ($changes): void {
            foreach ($changes as $sku => $quantity) {
                if (!is_int($quantity) || $quantity < 0) {
                    throw new CallFailed('mapping', "the quantity of SKU $sku is no whole number");
                }
                $this->store->put('wish', $sku, ['quantity' => $quantity, 'committed' => null]);
            }
        });
        $this->flush();
    }

    /** @throws CallFailed if some of what was wished still waits */
    public function flush(): void
    {
        $this->store->alone(function (): void {
            $refused = []; // not asked again before the next flush
            $problem = null;
            for ($round = 1; $round <= self::ROUNDS && array_diff_key($this->store->all('wish'), $refused) !== []; $round++) {
                foreach ($this->shops() as $shop) {
                    $levels = $this->readStock($shop, array_map(strval(...), array_keys($this->store->all('wish'))));
                    $this->settle($levels);
                    try {
                        $refused += $this->writeStock($shop, $levels, $refused);
                    } catch (CallFailed $failed) {
                        if (!$failed->unknown) {
                            throw $failed;
                        }
                        // Whether it was applied is for the next round's read to say.
                        $problem = $failed;
                        $this->platform->pause($round);
                    }
                }
            }
            $waiting = $this->store->all('wish');
            if ($waiting !== []) {
                $problem = reset($refused) ?: $problem ?? new CallFailed('mapping', 'no shop sells them');
                $text = 'SKU ' . implode(', ', array_keys($waiting)) . " wait: {$problem->getMessage()}";
                $this->alerts->raise($problem->reason, 'stock', $text);
                throw new CallFailed($problem->reason, $text);
            }
        });
    }

    /** @param list<string> $skus */
    private function readStock(array $shop, array $skus): array
    {
        $levels = [];
        foreach (array_chunk($skus, self::STOCK_SIZE) as $batch) {
            $data = $this->platform->call('inventory search', 'POST', '/product/202309/inventory/search', $shop, body: ['sku_ids' => $batch]);
            foreach ($data['inventory'] ?? [] as $product) {
                foreach ($product['skus'] as $sku) {
                    $levels[$sku['id']] = [
                        'product_id' => $product['product_id'],
                        'quantity' => $sku['total_available_quantity'],
                        'committed' => $sku['total_committed_quantity'],
                        'warehouses' => array_column($sku['warehouse_inventory'], 'available_quantity', 'warehouse_id'),
                    ];
                }
            }
        }
        $this->store->together(function () use ($levels): void {
            foreach ($levels as $sku => $level) {
                $this->store->put('stock', $sku, $level['quantity']);
            }
        });
        return $levels;
    }

    private function settle(array $levels): void
    {
        foreach (array_intersect_key($this->store->all('wish'), $levels) as $sku => $wish) {
            $level = $levels[$sku];
            // What was sold since the write is gone from the shelf, and was there before.
            $sold = max(0, $level['committed'] - ($wish['committed'] ?? $level['committed']));
            if (in_array($wish['quantity'], [$level['quantity'], $level['quantity'] + $sold], true)) {
                $this->store->remove('wish', $sku);
            }
        }
    }

    /** Returns why SKUs were refused, by their id. */
    private function writeStock(array $shop, array $levels, array $before): array
    {
        $refused = [];
        foreach (array_diff_key(array_intersect_key($this->store->all('wish'), $levels), $before) as $sku => $wish) {
            $level = $levels[$sku];
            if ($wish['committed'] === null) {
                $this->store->put('wish', $sku, ['committed' => $level['committed']] + $wish);
            }
            $inventory = self::spread($wish['quantity'], $level['warehouses']);
            $data = $this->platform->call(
                'inventory update',
                'POST',
                "/product/202309/products/{$level['product_id']}/inventory/update",
                $shop,
                body: ['skus' => [['id' => (string) $sku, 'inventory' => $inventory]]],
                changes: true,
            );
            // Code 0 is no success yet: each SKU may be refused on its own.
            if ($error = $data['errors'][0] ?? null) {
                $refused[$sku] = new CallFailed('contract', "SKU $sku is refused: {$error['message']} (code {$error['code']})");
            }
        }
        return $refused;
    }

    /** All warehouses of a SKU must be listed: each keeps what it has as far as it goes, the first takes the rest. */
    private static function spread(int $quantity, array $warehouses): array
    {
        $shares = [];
        foreach (array_reverse($warehouses, true) as $id => $present) {
            $isFirst = count($shares) === count($warehouses) - 1;
            $share = $isFirst ? $quantity : min($present, $quantity);
            $quantity -= $share;
            $shares[] = ['warehouse_id' => (string) $id, 'quantity' => $share];
        }
        return array_reverse($shares);
    }

    // ---- shipping: look, act, and look again; a ship call has no idempotency key ----

    /** Ships all parcels of an order; doing it again changes nothing. */
    public function ship(string $orderId): void
    {
        $this->store->alone(function () use ($orderId): void {
            [$order, $shop] = $this->locate($orderId);
            if (!in_array($order['status'], [...self::SHIPPABLE, ...self::SHIPPED], true)) {
                throw new CallFailed('mapping', "order $orderId is {$order['status']} and cannot be shipped");
            }
            if ($order['package_ids'] === []) {
                throw new CallFailed('mapping', "order $orderId has no parcel yet; buy a label in the seller centre");
            }
            foreach ($order['package_ids'] as $packageId) {
                $this->shipParcel($orderId, $packageId, $shop);
            }
            $this->readOrders($shop, [$orderId]);
        });
    }

    private function locate(string $orderId): array
    {
        $home = $this->store->get('order', $orderId)['shop_id'] ?? null;
        foreach ($this->shops() as $shop) {
            if (($home === null || $home === $shop['id']) && $this->readOrders($shop, [$orderId]) === null) {
                return [$this->store->get('order', $orderId), $shop];
            }
        }
        throw new CallFailed('mapping', "order $orderId is in none of the shops");
    }

    private function shipParcel(string $orderId, string $packageId, array $shop): void
    {
        $path = "/fulfillment/202309/packages/$packageId";
        $problem = null;
        for ($round = 1; $round <= self::ROUNDS; $round++) {
            $parcel = $this->platform->call('package detail', 'GET', $path, $shop);
            if (in_array($parcel['package_status'] ?? '', self::PARCEL_LEFT, true)) {
                $shipment = ['order_id' => $orderId, 'package_id' => $packageId, 'tracking_number' => $parcel['tracking_number'] ?? ''];
                $this->store->put('shipment', $packageId, $shipment);
                return;
            }
            if ($problem !== null && !$problem->unknown) {
                throw $problem;
            }
            try {
                $this->platform->call('ship', 'POST', "$path/ship", $shop, body: ['handover_method' => 'DROP_OFF'], changes: true);
            } catch (CallFailed $failed) {
                $problem = $failed;
                if ($failed->unknown) {
                    $this->platform->pause($round);
                } elseif (!in_array($failed->apiCode, self::SHIPPED_BEFORE, true)) {
                    throw $failed;
                }
            }
        }
        throw $problem ?? new CallFailed('contract', "parcel $packageId was shipped and does not show it");
    }

    // ---- the inbox: webhooks that wait to be worked off ----

    /** Works it off now, with one try for each call; what fails waits for the next sync. */
    public function lookAtInbox(): void
    {
        try {
            $this->store->alone(fn () => $this->workOffInbox(attempts: 1));
        } catch (CallFailed) {
            // It was told by an alert, and the event is still in the inbox.
        }
    }

    /** A webhook only says that something changed: what is true now is read from the API. */
    private function workOffInbox(?int $attempts = null): void
    {
        $inbox = $this->store->all('inbox');
        $shops = $inbox === [] ? [] : array_column($this->shops(), null, 'id');
        foreach ($inbox as $key => ['shop_id' => $shopId, 'order_ids' => $orderIds]) {
            // Of another shop there is nothing to read.
            $problem = isset($shops[$shopId]) ? $this->readOrders($shops[$shopId], $orderIds, $attempts) : null;
            if ($problem !== null) {
                throw $problem;
            }
            $this->store->remove('inbox', $key);
        }
    }

    // ---- what it knows; answered from the store, whether the platform can be reached or not ----

    public function health(): array
    {
        $failing = $this->store->get('failing') ?? '';
        $waits = count($this->store->all('wish')) + count($this->store->all('inbox'));
        return ['status' => $failing !== '' || $waits > 0 ? 'degraded' : 'ok', 'failing' => $failing, 'waits' => $waits];
    }
}
