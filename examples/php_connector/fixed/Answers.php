<?php

declare(strict_types=1);

/**
 * What an answer means: data, or a failure with its cause and what may be done about it.
 *
 * Success is code 0 in a readable envelope under a 2xx status, and nothing else. Codes come before
 * statuses: a limit or an expired token is told as an HTTP status or inside a 200.
 */
final class Answers
{
    private const TOKEN = ['credentials', Retry::Never, true];
    private const CREDENTIALS = ['credentials', Retry::Never, false];
    private const PERMISSION = ['permission', Retry::Never, false];
    private const ENDPOINT = ['endpoint', Retry::Never, false];
    private const VERSION = ['version', Retry::Never, false];
    private const CLOCK = ['clock', Retry::Never, false];
    private const CONTRACT = ['contract', Retry::Never, false];
    private const UNREADABLE = ['contract', Retry::Reads, false];
    private const RATE_LIMIT = ['rate_limit', Retry::Safe, false];
    private const HOURLY_QUOTA = ['rate_limit', Retry::Never, false]; // no pause between tries outlasts it
    private const OUTAGE = ['outage', Retry::Reads, false];
    private const SLOWNESS = ['slowness', Retry::Reads, false];
    private const PROXY = ['network', Retry::Never, false];

    private const BY_CODE = [
        105001 => self::TOKEN, 105002 => self::TOKEN, 10001 => self::TOKEN, 10002 => self::TOKEN, 401 => self::TOKEN,
        106001 => self::CREDENTIALS, 101000 => self::CREDENTIALS, 10003 => self::CREDENTIALS,
        36004001 => self::CREDENTIALS, 36004004 => self::CREDENTIALS, 36004005 => self::CREDENTIALS,
        36009043 => self::CREDENTIALS, 36009044 => self::CREDENTIALS,
        105005 => self::PERMISSION, 36009033 => self::PERMISSION, 403 => self::PERMISSION,
        36009009 => self::ENDPOINT, 36009010 => self::ENDPOINT, 36009014 => self::VERSION,
        36009002 => self::RATE_LIMIT, 36009037 => self::HOURLY_QUOTA,
        36009003 => self::OUTAGE, 36009007 => self::SLOWNESS,
    ];

    /** One code stands for a dozen failures; its message tells them apart. */
    private const AMBIGUOUS = 36009004;
    private const BY_WORD = [
        'timestamp' => self::CLOCK, 'version' => self::VERSION, 'access_token' => self::TOKEN,
        'access-token' => self::TOKEN, 'app_key' => self::CREDENTIALS, 'sign' => self::CREDENTIALS,
    ];
    private const BY_STATUS = [
        401 => self::TOKEN, 403 => self::PERMISSION, 404 => self::ENDPOINT, 405 => self::ENDPOINT,
        407 => self::PROXY, 408 => self::SLOWNESS, 410 => self::VERSION, 429 => self::RATE_LIMIT,
    ];

    /**
     * Returns the data of a success, null where it has none.
     *
     * @param array<string, string> $headers by lower-case name
     * @return array<mixed>|null
     * @throws CallFailed if it is anything else
     */
    public static function read(int $status, array $headers, string $body): ?array
    {
        $envelope = self::envelope($body);
        if ($envelope !== null && $envelope['code'] === 0 && $status >= 200 && $status < 300) {
            return is_array($envelope['data'] ?? null) ? $envelope['data'] : null;
        }
        [$reason, $retry, $aboutToken] = self::meaning($status, $envelope);
        $said = $envelope === null ? 'no readable envelope' : self::message($envelope) . " (code {$envelope['code']})";
        throw new CallFailed($reason, "$said, HTTP $status", $retry, $aboutToken, $envelope['code'] ?? null, self::retryAfterS($headers));
    }

    private static function meaning(int $status, ?array $envelope): array
    {
        if ($envelope !== null) {
            if ($envelope['code'] === self::AMBIGUOUS) {
                $message = strtolower(self::message($envelope));
                foreach (self::BY_WORD as $word => $meaning) {
                    if (str_contains($message, $word)) {
                        return $meaning;
                    }
                }
                return self::CONTRACT;
            }
            if (isset(self::BY_CODE[$envelope['code']])) {
                return self::BY_CODE[$envelope['code']];
            }
        }
        if ($status >= 500) {
            return self::OUTAGE;
        }
        if (isset(self::BY_STATUS[$status])) {
            return self::BY_STATUS[$status];
        }
        if ($envelope !== null) {
            return self::CONTRACT;
        }
        // A 200 without an envelope is a page of something in between, or half an answer.
        return $status >= 300 ? self::ENDPOINT : self::UNREADABLE;
    }

    private static function envelope(string $body): ?array
    {
        // An unreadable text is null, and so is the text "null": neither has a code.
        $value = json_decode($body, true);
        return is_array($value) && is_int($value['code'] ?? null) ? $value : null;
    }

    private static function message(array $envelope): string
    {
        return is_string($envelope['message'] ?? null) ? $envelope['message'] : 'no message';
    }

    /** Seconds, or a date by the clock of the answer itself. */
    private static function retryAfterS(array $headers): ?float
    {
        $value = $headers['retry-after'] ?? '';
        if (preg_match('/^\d+(\.\d+)?$/', $value)) {
            return (float) $value;
        }
        $until = strtotime($value);
        $now = strtotime($headers['date'] ?? '') ?: time();
        return $value === '' || $until === false ? null : (float) max(0, $until - $now);
    }
}
