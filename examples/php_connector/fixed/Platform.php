<?php

declare(strict_types=1);

/**
 * Calls of the Open API: signed afresh for each try, repeated only where that is safe.
 *
 * Whoever calls has the turn (`Store::alone`): so only one refresh runs at a time.
 */
final class Platform
{
    private const ATTEMPTS = 5;
    private const REFRESH_ATTEMPTS = 3;
    private const LONGEST_WAIT_S = 10.0;
    private const REFRESH_AHEAD_S = 600;
    private const DEAD_REFRESH_TOKEN = [36004001, 36004004, 36004005, 10001, 10002];

    /** What is known of a new pair. */
    private const FRESH = ['refused' => false, 'dead' => false, 'notBefore' => 0];

    private readonly Http $http;

    public function __construct(private readonly Settings $settings, private readonly Store $store, private readonly Alerts $alerts)
    {
        $this->http = new Http($settings);
        $this->takeTokensOfSettings();
    }

    /**
     * Returns the data of the answer.
     *
     * @param string $title for alerts and pauses
     * @param ?array{id: string, cipher: string} $shop the shop, where the call is about one
     * @param array<string, string> $query further parameters
     * @param ?array<mixed> $body JSON
     * @param bool $changes whether it changes anything; then it is not sent again when nobody knows
     *     whether it took effect
     * @throws CallFailed if it failed for good
     */
    public function call(
        string $title,
        string $method,
        string $path,
        ?array $shop = null,
        array $query = [],
        ?array $body = null,
        bool $changes = false,
        int $attempts = self::ATTEMPTS,
    ): array {
        $name = $shop === null ? $title : "$title of shop {$shop['id']}"; // each shop has its own limits
        $mayRefresh = true;
        for ($attempt = 1; ; $attempt++) {
            $this->waitForTurn($name);
            $tokens = $this->usableTokens();
            try {
                $data = $this->send($method, $path, $tokens['access'], $shop, $query, $body);
                if ($data === null && !$changes) {
                    throw new CallFailed('contract', 'the answer holds no data', Retry::Reads);
                }
                return $data ?? [];
            } catch (CallFailed $failed) {
                if ($failed->waitS !== null) {
                    $this->noteWait($name, $failed->waitS);
                }
                if ($failed->aboutToken) {
                    $this->keepTokens(['refused' => true] + $this->tokens());
                    if ($mayRefresh) {
                        $mayRefresh = false;
                        $attempt--;
                        continue;
                    }
                }
                $mayRepeat = $failed->retry === Retry::Safe || ($failed->retry === Retry::Reads && !$changes);
                if (!$mayRepeat || $attempt >= $attempts) {
                    $this->alerts->raise($failed->reason, $name, $failed->getMessage());
                    $failed->unknown = $changes && $failed->retry === Retry::Reads;
                    throw $failed;
                }
                if ($failed->waitS === null) {
                    $this->pause($attempt);
                }
            }
        }
    }

    /** Random, up to a bound that doubles: many clients must not come back at the same moment. */
    public function pause(int $attempt): void
    {
        $base = $this->settings->retryBaseMs;
        usleep(1000 * random_int($base, min(60 * $base, $base * 2 ** $attempt)));
    }

    private function send(string $method, string $path, string $access, ?array $shop, array $query, ?array $body): ?array
    {
        // The bytes that are signed are the bytes that are sent; the time stamp is of this try.
        $text = $body === null ? '' : json_encode($body, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES);
        $signed = ['app_key' => $this->settings->appKey, 'timestamp' => (string) time()] + $query;
        if ($shop !== null) {
            $signed['shop_cipher'] = $shop['cipher'];
        }
        ksort($signed, SORT_STRING);
        $secret = $this->settings->appSecret;
        $pairs = implode('', array_map(fn (string $name, string $value): string => $name . $value, array_keys($signed), $signed));
        $signed['sign'] = hash_hmac('sha256', "$secret$path$pairs$text$secret", $secret);
        $headers = ['content-type: application/json', "x-tts-access-token: $access"];
        return $this->http->exchange($method, "{$this->settings->apiUrl}$path?" . self::encode($signed), $headers, $text);
    }

    private static function encode(array $query): string
    {
        return http_build_query($query, '', '&', PHP_QUERY_RFC3986);
    }

    // ---- tokens: both are kept before either is used, and nothing is sent with a dead one ----

    private function tokens(): array
    {
        return $this->store->unseal($this->store->get('tokens'));
    }

    private function keepTokens(array $tokens): void
    {
        $this->store->put('tokens', '', $this->store->seal($tokens));
    }

    /** The stored pair is newer than the one of the settings, unless an operator has set another. */
    private function takeTokensOfSettings(): void
    {
        [$access, $refresh] = [$this->settings->accessToken, $this->settings->refreshToken];
        $origin = hash('sha256', "$access $refresh");
        $known = $this->store->get('tokens');
        if ($known === null || $this->store->unseal($known)['origin'] !== $origin) {
            $this->keepTokens(['access' => $access, 'refresh' => $refresh, 'expiresAt' => null, 'origin' => $origin] + self::FRESH);
        }
        $tokens = $this->tokens();
        $this->alerts->hide($tokens['access'], $tokens['refresh']);
    }

    private function usableTokens(): array
    {
        $tokens = $this->tokens();
        $isKnownToLive = $tokens['expiresAt'] === null || time() < $tokens['expiresAt'];
        $isFresh = $tokens['expiresAt'] === null || time() < $tokens['expiresAt'] - self::REFRESH_AHEAD_S;
        if (!$tokens['refused'] && $isFresh) {
            return $tokens;
        }
        try {
            return $this->refresh($tokens);
        } catch (CallFailed $failed) {
            if (!$tokens['refused'] && $isKnownToLive) {
                return $tokens; // ahead of time nothing is lost yet
            }
            throw $failed;
        }
    }

    private function refresh(array $tokens): array
    {
        if ($tokens['dead']) {
            throw new CallFailed('credentials', 'the refresh token is refused for good; authorise the app anew');
        }
        if (time() < $tokens['notBefore']) {
            throw new CallFailed('credentials', 'the last refresh failed; it is tried again later');
        }
        for ($attempt = 1; ; $attempt++) {
            try {
                return $this->refreshOnce($tokens);
            } catch (CallFailed $failed) {
                if ($failed->retry !== Retry::Never && $attempt < self::REFRESH_ATTEMPTS) {
                    $failed->waitS === null ? $this->pause($attempt) : self::sleep(min($failed->waitS, self::LONGEST_WAIT_S));
                    continue;
                }
                $dead = in_array($failed->apiCode, self::DEAD_REFRESH_TOKEN, true);
                $pauseS = max($failed->waitS ?? 0, 60 * $this->settings->retryBaseMs / 1000);
                $this->keepTokens(['dead' => $dead, 'notBefore' => time() + $pauseS] + $tokens);
                $text = "the access token could not be refreshed: {$failed->getMessage()}";
                $this->alerts->raise('credentials', 'tokens', $text);
                throw new CallFailed('credentials', $text);
            }
        }
    }

    private function refreshOnce(array $tokens): array
    {
        $query = self::encode([
            'app_key' => $this->settings->appKey,
            'app_secret' => $this->settings->appSecret,
            'refresh_token' => $tokens['refresh'],
            'grant_type' => 'refresh_token',
        ]);
        $data = $this->http->exchange('GET', "{$this->settings->tokenUrl}/api/v2/token/refresh?$query");
        foreach (['access_token', 'refresh_token', 'access_token_expire_in'] as $name) {
            if (empty($data[$name])) {
                throw new CallFailed('contract', "the answer to the refresh lacks $name", Retry::Safe);
            }
        }
        $this->alerts->hide($data['access_token'], $data['refresh_token']);
        // The expiry is absolute, whatever its name says.
        $pair = ['access' => $data['access_token'], 'refresh' => $data['refresh_token'], 'expiresAt' => $data['access_token_expire_in']];
        $fresh = $pair + self::FRESH + $tokens;
        $this->keepTokens($fresh);
        return $fresh;
    }

    // ---- pauses that the platform asked for; they hold for later calls and over a restart ----

    private function noteWait(string $name, float $waitS): void
    {
        $base = $this->settings->retryBaseMs;
        $this->store->put('pause', $name, microtime(true) + $waitS + random_int($base, 2 * $base) / 1000);
    }

    private function waitForTurn(string $name): void
    {
        $leftS = ($this->store->get('pause', $name) ?? 0) - microtime(true);
        if ($leftS > self::LONGEST_WAIT_S) {
            throw new CallFailed('rate_limit', sprintf('the platform asked for a pause; %d s are left of it', ceil($leftS)));
        }
        self::sleep($leftS);
    }

    private static function sleep(float $seconds): void
    {
        if ($seconds > 0) {
            usleep((int) (1_000_000 * $seconds));
        }
    }
}
