<?php

declare(strict_types=1);

/** What the connector is told from outside. */
final class Settings
{
    public function __construct(
        public readonly string $apiUrl,
        public readonly string $tokenUrl,
        public readonly string $appKey,
        public readonly string $appSecret,
        public readonly string $accessToken,
        public readonly string $refreshToken,
        public readonly string $caFile,
        public readonly int $timeoutMs,
        public readonly int $retryBaseMs,
    ) {
    }

    public static function fromEnvironment(): self
    {
        $of = fn (string $name, string $otherwise = ''): string => getenv($name) ?: $otherwise;
        return new self(
            apiUrl: $of('TTS_API_URL', 'https://open-api.tiktokglobalshop.com'),
            tokenUrl: $of('TTS_TOKEN_URL', 'https://auth.tiktok-shops.com'),
            appKey: $of('TTS_APP_KEY'),
            appSecret: $of('TTS_APP_SECRET'),
            accessToken: $of('TTS_ACCESS_TOKEN'),
            refreshToken: $of('TTS_REFRESH_TOKEN'),
            caFile: $of('SHOP_CA_FILE'),
            timeoutMs: (int) $of('SHOP_TIMEOUT_MS', '20000'),
            retryBaseMs: (int) $of('SHOP_RETRY_BASE_MS', '1000'),
        );
    }
}
