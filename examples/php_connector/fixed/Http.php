<?php

declare(strict_types=1);

/** One exchange by curl: bounded in time and size as a whole, on a connection of its own. */
final class Http
{
    private const MOST_BYTES = 32 * 1024 * 1024;

    /** Numbers of curl for failures before anything of a request was sent. */
    private const NEVER_SENT = [CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT];
    private const UNUSABLE = [CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT];
    private const BROKEN_BODY = [CURLE_WRITE_ERROR, CURLE_BAD_CONTENT_ENCODING];

    public function __construct(private readonly Settings $settings)
    {
    }

    /**
     * Returns the data of the answer, null where it has none.
     *
     * @param list<string> $headers
     * @throws CallFailed whose text holds no address: in that of a refresh is the app secret
     */
    public function exchange(string $method, string $url, array $headers = [], string $text = ''): ?array
    {
        $received = '';
        $found = [];
        $curl = curl_init($url);
        curl_setopt_array($curl, [
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_HTTPHEADER => $headers,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTPS,
            // A signature holds for one path, and a token must not travel to another host.
            CURLOPT_FOLLOWLOCATION => false,
            // On a kept connection that breaks, curl sends again by itself, with the old signature.
            CURLOPT_FRESH_CONNECT => true,
            CURLOPT_FORBID_REUSE => true,
            CURLOPT_CONNECTTIMEOUT_MS => intdiv($this->settings->timeoutMs, 2),
            CURLOPT_TIMEOUT_MS => $this->settings->timeoutMs,
            CURLOPT_ENCODING => '',
            CURLOPT_HEADERFUNCTION => function (CurlHandle $curl, string $line) use (&$found): int {
                [$name, $value] = explode(':', $line, 2) + [1 => ''];
                $found[strtolower(trim($name))] = trim($value);
                return strlen($line);
            },
            CURLOPT_WRITEFUNCTION => function (CurlHandle $curl, string $piece) use (&$received): int {
                $received .= $piece;
                return strlen($received) > self::MOST_BYTES ? -1 : strlen($piece);
            },
        ]);
        if ($text !== '') {
            curl_setopt($curl, CURLOPT_POSTFIELDS, $text);
        }
        if ($this->settings->caFile !== '') {
            curl_setopt($curl, CURLOPT_CAINFO, $this->settings->caFile);
        }
        if (curl_exec($curl) === false) {
            throw self::describe($curl);
        }
        return Answers::read(curl_getinfo($curl, CURLINFO_RESPONSE_CODE), $found, $received);
    }

    private static function describe(CurlHandle $curl): CallFailed
    {
        $number = curl_errno($curl);
        $what = curl_strerror($number); // curl_error() would hold the host, and sometimes more
        if ($number === CURLE_OPERATION_TIMEDOUT) {
            $isConnected = curl_getinfo($curl, CURLINFO_APPCONNECT_TIME) > 0;
            return $isConnected
                ? new CallFailed('slowness', 'no whole answer in time', Retry::Reads)
                : new CallFailed('network', 'no connection in time', Retry::Safe);
        }
        return match (true) {
            in_array($number, self::NEVER_SENT, true) => new CallFailed('network', "no connection ($what)", Retry::Safe),
            in_array($number, self::UNUSABLE, true) => new CallFailed('endpoint', 'the address is unusable'),
            in_array($number, self::BROKEN_BODY, true) => new CallFailed('contract', "the body is broken ($what)", Retry::Reads),
            default => new CallFailed('network', "the connection broke ($what)", Retry::Reads),
        };
    }
}
