<?php

declare(strict_types=1);

/** Reading orders from the API's words. What the business needs is demanded; the rest may come and go. */
final class Orders
{
    private const LIFE = [
        'UNPAID', 'ON_HOLD', 'AWAITING_SHIPMENT', 'PARTIALLY_SHIPPING', 'AWAITING_COLLECTION',
        'IN_TRANSIT', 'DELIVERED', 'COMPLETED', 'CANCELLED',
    ];
    private const ID = '/^\d{1,30}$/D';
    private const WORD = '/^[A-Z_]{2,60}$/D';
    private const AMOUNT = '/^-?\d{1,15}(\.\d{1,6})?$/D';

    /** @return array<string, mixed> what is needed of one order; money stays text: a float loses cents */
    public static function read(mixed $raw, string $shopId): array
    {
        $lines = is_array($raw) ? $raw['line_items'] ?? null : null;
        if (!is_array($lines) || !array_is_list($lines) || $lines === []) {
            throw new CallFailed('mapping', 'an order has no line_items');
        }
        $payment = $raw['payment'] ?? null;
        return [
            'id' => self::demand($raw, 'id', self::ID),
            'shop_id' => $shopId,
            'status' => self::demand($raw, 'status', self::WORD),
            'update_time' => is_int($raw['update_time'] ?? null) ? $raw['update_time'] : 0,
            'currency' => self::demand($payment, 'currency', self::WORD),
            'total_amount' => self::demand($payment, 'total_amount', self::AMOUNT),
            // One line is one unit: two units of one SKU are two lines.
            'lines' => array_map(fn (mixed $line): array => [
                'id' => self::demand($line, 'id', self::ID),
                'sku_id' => self::demand($line, 'sku_id', self::ID),
                'sale_price' => self::demand($line, 'sale_price', self::AMOUNT),
            ], $lines),
            'package_ids' => array_values(array_unique(array_column($raw['packages'] ?? [], 'id'))),
        ];
    }

    /** @return list<string> ids of a page of the search */
    public static function ids(array $page): array
    {
        // An empty page counts its orders all the same; one that says nothing is no empty page.
        $rows = $page['orders'] ?? (isset($page['total_count']) ? [] : null);
        if (!is_array($rows) || !array_is_list($rows)) {
            throw new CallFailed('mapping', 'a page holds no list of orders');
        }
        return array_map(fn (mixed $row): string => self::demand($row, 'id', self::ID), $rows);
    }

    /** Whether an order may replace the known one: webhooks and pages come in any order, an order only moves on. */
    public static function isNewer(array $order, ?array $known): bool
    {
        if ($known === null) {
            return true;
        }
        [$step, $knownStep] = [array_search($order['status'], self::LIFE, true), array_search($known['status'], self::LIFE, true)];
        if ($step === $knownStep || $step === false || $knownStep === false) {
            return $order['update_time'] >= $known['update_time'];
        }
        return $step > $knownStep || $order['update_time'] > $known['update_time'];
    }

    public static function isKnownStatus(string $status): bool
    {
        return in_array($status, self::LIFE, true);
    }

    private static function demand(mixed $source, string $name, string $form): string
    {
        $value = is_array($source) ? $source[$name] ?? null : null;
        if (!is_string($value) || !preg_match($form, $value)) {
            // The message names the field and never what was in it: that may be personal.
            throw new CallFailed('mapping', "an order's field $name is missing or of another form");
        }
        return $value;
    }
}
