<?php

/** The front door: what a scheduler, a warehouse and TikTok Shop itself call. One request, one run of this file. */

declare(strict_types=1);

const MOST_BYTES = 1024 * 1024;

ini_set('display_errors', '0'); // PHP would show them to whoever asks, with the arguments of each call
ini_set('zend.exception_ignore_args', '1');
ignore_user_abort(true); // a caller that hangs up must not end work half-way
set_error_handler(fn (int $level, string $text, string $file, int $line) => throw new ErrorException($text, 0, $level, $file, $line));
spl_autoload_register(function (string $class): void {
    require __DIR__ . '/' . ($class === 'Retry' ? 'CallFailed' : $class) . '.php';
});

/** Answers now; what this file does after it, nobody waits for. */
function respond(int $status, mixed $value = null): void
{
    $text = $value === null ? '' : json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES);
    http_response_code($status);
    header('Content-Type: application/json');
    header('Content-Length: ' . strlen($text));
    echo $text;
    function_exists('fastcgi_finish_request') ? fastcgi_finish_request() : flush();
}

function body(): string
{
    return file_get_contents('php://input', length: MOST_BYTES + 1);
}

function json(): array
{
    $value = json_decode(body(), true);
    return is_array($value) ? $value : throw new CallFailed('mapping', 'the body is no JSON object');
}

$route = $_SERVER['REQUEST_METHOD'] . ' ' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$settings = Settings::fromEnvironment();
$store = new Store(getenv('SHOP_STORE') ?: 'shop.sqlite', getenv('SHOP_KEY') ?: '');
$alerts = new Alerts($store, [$settings->appSecret, $settings->accessToken, $settings->refreshToken]);
$connector = new Connector(new Platform($settings, $store, $alerts), $store, $alerts);

$routes = [
    'GET /health' => fn () => $connector->health(),
    'POST /sync' => fn () => $connector->syncOrders(),
    'GET /orders' => fn () => array_values($store->all('order')),
    'GET /stock' => fn () => (object) $store->all('stock'),
    'PUT /stock' => fn () => $connector->pushStock(json()),
    'POST /flush' => fn () => $connector->flush(),
    'POST /ship' => fn () => $connector->ship((string) (json()['order_id'] ?? '')),
    'GET /shipments' => fn () => array_values($store->all('shipment')),
    'GET /alerts' => fn () => array_values($store->all('alert')),
];

try {
    if ((int) ($_SERVER['CONTENT_LENGTH'] ?? 0) > MOST_BYTES) {
        respond(413, ['error' => 'the body is too large']);
    } elseif ($route === 'POST /webhook') {
        $status = (new Webhooks($settings, $store, $alerts))->receive($_SERVER['HTTP_AUTHORIZATION'] ?? '', body());
        respond($status);
        $status === 200 && $connector->lookAtInbox();
    } elseif (isset($routes[$route])) {
        respond(200, $routes[$route]() ?? (object) []);
    } else {
        respond(404, ['error' => 'there is nothing here']);
    }
} catch (CallFailed $failed) {
    respond(503, ['error' => $alerts->scrub($failed->getMessage()), 'cause' => $failed->reason]);
} catch (Throwable $error) {
    // What was thrown may hold a secret or personal data: only its kind and place are told.
    error_log($error::class . ' at ' . basename($error->getFile()) . ':' . $error->getLine());
    respond(500, ['error' => $error::class]);
}
