// The front door: what a scheduler, a warehouse and TikTok Shop itself call.

import { createServer } from 'node:http';

import { Alerts } from './alerts.mjs';
import { Connector } from './connector.mjs';
import { Platform } from './platform.mjs';
import { Store } from './store.mjs';

const MOST_BYTES = 1024 * 1024;
const { env } = process;
const settings = {
  apiUrl: env.TTS_API_URL ?? 'https://open-api.tiktokglobalshop.com',
  tokenUrl: env.TTS_TOKEN_URL ?? 'https://auth.tiktok-shops.com',
  appKey: env.TTS_APP_KEY,
  appSecret: env.TTS_APP_SECRET,
  accessToken: env.TTS_ACCESS_TOKEN,
  refreshToken: env.TTS_REFRESH_TOKEN,
  timeoutMs: Number(env.SHOP_TIMEOUT_MS ?? 20_000),
  retryBaseMs: Number(env.SHOP_RETRY_BASE_MS ?? 1000),
};

const store = new Store(env.SHOP_STORE ?? 'shop.json', env.SHOP_KEY);
const alerts = new Alerts(store, [settings.appSecret, settings.accessToken, settings.refreshToken]);
const connector = new Connector(settings, new Platform(settings, store, alerts), store, alerts);
const { state } = store;

const ROUTES = {
  'GET /health': () => connector.health(),
  'POST /sync': () => connector.syncOrders(),
  'GET /orders': () => Object.values(state.orders),
  'GET /stock': () => state.stock,
  'PUT /stock': (body) => connector.pushStock(JSON.parse(body)),
  'POST /flush': () => connector.flush(),
  'POST /ship': (body) => connector.ship(JSON.parse(body).order_id),
  'GET /shipments': () => Object.values(state.shipments),
  'GET /alerts': () => state.alerts,
};

createServer(async (request, response) => {
  const body = await readBody(request);
  const route = `${request.method} ${request.url}`;
  if (body === null) return answer(response, 413, { error: 'the body is too large' });
  if (route === 'POST /webhook') return response.writeHead(connector.receiveWebhook(request.headers, body)).end();
  if (!(route in ROUTES)) return answer(response, 404, { error: 'there is nothing here' });
  try {
    answer(response, 200, (await ROUTES[route](body)) ?? {});
  } catch (problem) {
    answer(response, 503, { error: alerts.scrub(problem.message), cause: problem.cause });
  }
}).listen(Number(env.PORT ?? 8080), '127.0.0.1', () => console.log('listening'));

async function readBody(request) {
  const pieces = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size <= MOST_BYTES) pieces.push(piece);
  }
  return size > MOST_BYTES ? null : Buffer.concat(pieces);
}

function answer(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
