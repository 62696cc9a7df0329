<?php

declare(strict_types=1);

/** Receives webhooks: checked, kept, answered; worked on afterwards, as the platform waits three seconds. */
final class Webhooks
{
    private const SEEN_FOR_S = 7 * 86_400; // the platform repeats a webhook for less than a day
    private const TOLD = [6 => 'the seller removed this app', 7 => 'the authorisation ends soon; renew it'];

    public function __construct(private readonly Settings $settings, private readonly Store $store, private readonly Alerts $alerts)
    {
    }

    /** Returns the HTTP status to answer. */
    public function receive(string $signature, string $body): int
    {
        $expected = hash_hmac('sha256', $this->settings->appKey . $body, $this->settings->appSecret);
        if (!hash_equals($expected, $signature)) {
            $this->alerts->raise('webhook', 'webhooks', 'a webhook without a genuine signature was refused');
            return 401;
        }
        $event = self::read($body);
        $isNew = $this->store->together(function () use ($event): bool {
            foreach ($this->store->all('seen') as $key => $at) {
                if (time() - $at > self::SEEN_FOR_S) {
                    $this->store->remove('seen', $key);
                }
            }
            $isNew = $this->store->add('seen', $event['key'], time());
            if ($isNew && $event['order_ids'] !== []) {
                $this->store->put('inbox', $event['key'], $event);
            }
            return $isNew;
        });
        if ($isNew && isset(self::TOLD[$event['type']])) {
            $this->alerts->raise('credentials', 'authorisation', self::TOLD[$event['type']]);
        }
        return 200;
    }

    /** Ids may come as numbers; what cannot be read is known by its digest. */
    private static function read(string $body): array
    {
        $event = json_decode($body, true, flags: JSON_BIGINT_AS_STRING);
        $event = is_array($event) ? $event : [];
        $data = is_array($event['data'] ?? null) ? $event['data'] : [];
        $parcels = is_array($data['package_list'] ?? null) ? array_filter($data['package_list'], is_array(...)) : [];
        $ids = array_merge([$data['order_id'] ?? ''], ...array_map(fn (array $parcel): array => (array) ($parcel['order_id_list'] ?? []), array_values($parcels)));
        $isId = fn (mixed $id): bool => (is_string($id) || is_int($id)) && preg_match('/^\d+$/D', (string) $id) === 1;
        $shopId = is_scalar($event['shop_id'] ?? null) ? (string) $event['shop_id'] : '';
        $notification = is_scalar($event['tts_notification_id'] ?? null) ? (string) $event['tts_notification_id'] : '';
        return [
            'key' => $notification === '' ? hash('sha256', $body) : "$shopId $notification",
            'type' => is_int($event['type'] ?? null) ? $event['type'] : -1,
            'shop_id' => $shopId,
            'order_ids' => array_values(array_unique(array_map(strval(...), array_filter($ids, $isId)))),
        ];
    }
}
