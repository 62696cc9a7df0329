<?php
// An order and stock sync for TikTok Shop, as one writes it in an afternoon.
//
// It signs, follows pages, refreshes its token, retries and checks its webhooks. What happens on a
// bad day is what `pytest --tts-chaos` shows.

const STATE = ['orders' => [], 'stock' => [], 'shipments' => [], 'last_sync' => 0, 'tokens' => null];

$file = getenv('SHOP_STATE') ?: 'state.json';
$state = is_file($file) ? json_decode(file_get_contents($file), true) : STATE;
$tokens = $state['tokens'] ?? ['access_token' => getenv('TTS_ACCESS_TOKEN'), 'refresh_token' => getenv('TTS_REFRESH_TOKEN')];

function save() {
    global $file, $state;
    file_put_contents($file, json_encode($state));
}

function call($method, $path, $query = [], $body = null) {
    global $tokens;
    $text = $body === null ? '' : json_encode($body);
    $query += ['app_key' => getenv('TTS_APP_KEY'), 'shop_cipher' => getenv('TTS_SHOP_CIPHER'), 'timestamp' => time()];
    ksort($query);
    $pairs = '';
    foreach ($query as $key => $value) {
        $pairs .= $key . $value;
    }
    $secret = getenv('TTS_APP_SECRET');
    $query['sign'] = hash_hmac('sha256', $secret . $path . $pairs . $text . $secret, $secret);
    $url = getenv('TTS_API_URL') . $path . '?' . http_build_query($query);
    $headers = "content-type: application/json\r\nx-tts-access-token: " . $tokens['access_token'];
    $options = ['http' => ['method' => $method, 'header' => $headers, 'content' => $text]];
    // The network is flaky sometimes.
    for ($try = 1; $try <= 5; $try++) {
        $answer = json_decode(file_get_contents($url, false, stream_context_create($options)), true);
        if ($answer) {
            break;
        }
        usleep(200000);
    }
    if (isset($answer['code']) && $answer['code'] == 105002) {
        refresh();
        return call($method, $path, array_diff_key($query, ['sign' => 1, 'timestamp' => 1]), $body);
    }
    return $answer['data'] ?? [];
}

function refresh() {
    global $state, $tokens;
    $query = http_build_query([
        'app_key' => getenv('TTS_APP_KEY'),
        'app_secret' => getenv('TTS_APP_SECRET'),
        'refresh_token' => $tokens['refresh_token'],
        'grant_type' => 'refresh_token',
    ]);
    $answer = json_decode(file_get_contents(getenv('TTS_TOKEN_URL') . '/api/v2/token/refresh?' . $query), true);
    $state['tokens'] = $tokens = $answer['data'];
    save();
}

function sync() {
    global $state;
    $started = time();
    $token = '';
    do {
        $query = ['page_size' => 50] + ($token ? ['page_token' => $token] : []);
        $page = call('POST', '/order/202309/orders/search', $query, ['update_time_ge' => $state['last_sync']]);
        fetch(array_column($page['orders'] ?? [], 'id'));
        $token = $page['next_page_token'] ?? '';
    } while ($token);
    $state['last_sync'] = $started;
    save();
}

function fetch($ids) {
    global $state;
    if (!$ids) {
        return;
    }
    $found = call('GET', '/order/202507/orders', ['ids' => implode(',', $ids)]);
    foreach ($found['orders'] ?? [] as $order) {
        $state['orders'][$order['id']] = [
            'id' => $order['id'],
            'status' => $order['status'],
            'currency' => $order['payment']['currency'],
            'total_amount' => $order['payment']['total_amount'],
            'lines' => array_map(fn ($line) => ['id' => $line['id'], 'sku_id' => $line['sku_id'], 'sale_price' => $line['sale_price']], $order['line_items']),
        ];
    }
}

function push_stock($changes) {
    global $state;
    $skus = array_map('strval', array_keys($changes));
    $found = call('POST', '/product/202309/inventory/search', [], ['sku_ids' => $skus]);
    foreach ($found['inventory'] ?? [] as $product) {
        foreach ($product['skus'] as $sku) {
            $row = ['warehouse_id' => $sku['warehouse_inventory'][0]['warehouse_id'], 'quantity' => $changes[$sku['id']]];
            $body = ['skus' => [['id' => $sku['id'], 'inventory' => [$row]]]];
            call('POST', "/product/202309/products/{$product['product_id']}/inventory/update", [], $body);
        }
    }
    $state['stock'] = $changes + $state['stock'];
    save();
}

function ship($order_id) {
    global $state;
    $found = call('GET', '/order/202507/orders', ['ids' => $order_id]);
    foreach ($found['orders'][0]['packages'] as $parcel) {
        call('POST', "/fulfillment/202309/packages/{$parcel['id']}/ship", [], ['handover_method' => 'DROP_OFF']);
        $state['shipments'][] = ['order_id' => $order_id, 'package_id' => $parcel['id']];
    }
    save();
}

function webhook($body) {
    global $state;
    $expected = hash_hmac('sha256', getenv('TTS_APP_KEY') . $body, getenv('TTS_APP_SECRET'));
    if ($expected != ($_SERVER['HTTP_AUTHORIZATION'] ?? '')) {
        http_response_code(401);
        return;
    }
    $data = json_decode($body, true)['data'];
    if (isset($state['orders'][$data['order_id']])) {
        $state['orders'][$data['order_id']]['status'] = $data['order_status'];
    } else {
        fetch([$data['order_id']]);
    }
    save();
}

$body = file_get_contents('php://input');
$answer = match ($_SERVER['REQUEST_METHOD'] . ' ' . $_SERVER['REQUEST_URI']) {
    'GET /health' => ['status' => 'ok'],
    'POST /sync' => sync(),
    'GET /orders' => array_values($state['orders']),
    'GET /stock' => (object) $state['stock'],
    'PUT /stock' => push_stock(json_decode($body, true)),
    'POST /ship' => ship(json_decode($body, true)['order_id']),
    'GET /shipments' => $state['shipments'],
    'POST /webhook' => webhook($body),
};
header('content-type: application/json');
echo json_encode($answer);
