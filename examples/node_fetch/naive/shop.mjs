// An order and stock sync for TikTok Shop, as one writes it in an afternoon.
//
// Nothing here is wrong on a good day: requests are signed, pages are followed, webhooks are checked.
// What happens on a bad day is what `pytest --tts-chaos` shows.

import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';

const { TTS_API_URL, TTS_TOKEN_URL, TTS_APP_KEY, TTS_APP_SECRET, TTS_SHOP_CIPHER, PORT } = process.env;
let { TTS_ACCESS_TOKEN: accessToken, TTS_REFRESH_TOKEN: refreshToken } = process.env;

const orders = {};
const stock = {};
const shipments = [];
let lastSync = 0;

async function call(method, path, query = {}, body = undefined) {
  const text = body ? JSON.stringify(body) : '';
  const params = { ...query, app_key: TTS_APP_KEY, shop_cipher: TTS_SHOP_CIPHER, timestamp: Math.floor(Date.now() / 1000) };
  const pairs = Object.keys(params).sort().map((key) => key + params[key]).join('');
  params.sign = createHmac('sha256', TTS_APP_SECRET).update(TTS_APP_SECRET + path + pairs + text + TTS_APP_SECRET).digest('hex');
  const url = `${TTS_API_URL}${path}?${new URLSearchParams(params)}`;
  const headers = { 'content-type': 'application/json', 'x-tts-access-token': accessToken };
  const answer = await fetchWithRetry(url, { method, headers, body: text || undefined });
  return answer.data ?? {};
}

// The network is flaky sometimes.
async function fetchWithRetry(url, options, tries = 12) {
  try {
    const response = await fetch(url, options);
    if (response.status === 429 || response.status >= 500) throw new Error(`status ${response.status}`);
    return await response.json();
  } catch (error) {
    if (tries > 1) return fetchWithRetry(url, options, tries - 1);
    throw error;
  }
}

// Run by a cron job once a week.
export async function refreshTokens() {
  const params = { app_key: TTS_APP_KEY, app_secret: TTS_APP_SECRET, refresh_token: refreshToken, grant_type: 'refresh_token' };
  const { data } = await (await fetch(`${TTS_TOKEN_URL}/api/v2/token/refresh?${new URLSearchParams(params)}`)).json();
  accessToken = data.access_token;
  refreshToken = data.refresh_token;
}

async function searchOrders(pageToken) {
  const query = { page_size: 50, ...(pageToken && { page_token: pageToken }) };
  try {
    return await call('POST', '/order/202309/orders/search', query, { update_time_ge: lastSync });
  } catch (error) {
    console.log('could not list orders', error.message);
    return { orders: [] };
  }
}

async function syncOrders() {
  const started = Math.floor(Date.now() / 1000);
  let pageToken = '';
  do {
    const page = await searchOrders(pageToken);
    for (const order of page.orders ?? []) {
      orders[order.id] = toOrder(order);
    }
    pageToken = page.next_page_token;
  } while (pageToken);
  lastSync = started;
}

function toOrder(order) {
  return {
    id: order.id,
    status: order.status,
    currency: order.payment.currency,
    total_amount: order.payment.total_amount,
    lines: order.line_items.map((line) => ({ id: line.id, sku_id: line.sku_id, sale_price: line.sale_price })),
  };
}

async function pushStock(changes) {
  const found = await call('POST', '/product/202309/inventory/search', {}, { sku_ids: Object.keys(changes) });
  for (const product of found.inventory ?? []) {
    const skus = product.skus.map((sku) => ({
      id: sku.id,
      inventory: [{ warehouse_id: sku.warehouse_inventory[0].warehouse_id, quantity: changes[sku.id] }],
    }));
    await call('POST', `/product/202309/products/${product.product_id}/inventory/update`, {}, { skus });
  }
  Object.assign(stock, changes);
}

async function ship(orderId) {
  const found = await call('GET', '/order/202507/orders', { ids: orderId });
  for (const parcel of found.orders[0].packages) {
    await call('POST', `/fulfillment/202309/packages/${parcel.id}/ship`, {}, { handover_method: 'DROP_OFF' });
    shipments.push({ order_id: orderId, package_id: parcel.id });
  }
}

async function webhook(headers, body) {
  const signature = headers.authorization;
  if (signature && signature !== createHmac('sha256', TTS_APP_SECRET).update(TTS_APP_KEY + body).digest('hex')) return 401;
  const { data } = JSON.parse(body);
  if (!data.order_id) return 200;
  if (orders[data.order_id]) {
    orders[data.order_id].status = data.order_status;
  } else {
    const found = await call('GET', '/order/202507/orders', { ids: data.order_id });
    for (const order of found.orders ?? []) orders[order.id] = toOrder(order);
  }
  return 200;
}

const ROUTES = {
  'GET /health': () => ({ status: 'ok' }),
  'POST /sync': () => syncOrders(),
  'GET /orders': () => Object.values(orders),
  'GET /stock': () => stock,
  'PUT /stock': (body) => pushStock(JSON.parse(body)),
  'POST /ship': (body) => ship(JSON.parse(body).order_id),
  'GET /shipments': () => shipments,
};

createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const body = Buffer.concat(pieces).toString();
  try {
    if (request.url === '/webhook') return response.writeHead(await webhook(request.headers, body)).end();
    const value = await ROUTES[`${request.method} ${request.url}`](body);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value ?? {}));
  } catch (error) {
    console.log(error);
    response.writeHead(500).end(JSON.stringify({ error: error.message }));
  }
}).listen(PORT, '127.0.0.1');
