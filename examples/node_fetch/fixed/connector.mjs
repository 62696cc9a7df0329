// The connector as its owner sees it: sync orders, push stock, ship, receive webhooks.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import { Problem } from './answers.mjs';
import { isKnownStatus, isNewer, readOrder } from './orders.mjs';

const OVERLAP_S = 900; // read again what changed lately: clocks differ, and orders show up late
const PAGE_SIZE = '100';
const MOST_PAGES = 1000;
const DETAIL_SIZE = 50;
const STOCK_SIZE = 300;
const ROUNDS = 4;
const SEEN_FOR_S = 7 * 86_400; // the platform repeats a webhook for less than a day

const SHIPPABLE = ['AWAITING_SHIPMENT', 'PARTIALLY_SHIPPING'];
const SHIPPED = ['AWAITING_COLLECTION', 'IN_TRANSIT', 'DELIVERED', 'COMPLETED'];
const PARCEL_LEFT = ['FULFILLING', 'COMPLETED'];
const SHIPPED_BEFORE = new Set([11006021, 21008099, 21011006, 21011020, 21011040, 21023046, 21042056]);
const DEAUTHORISED = 6;
const AUTHORISATION_ENDS = 7;

export class Connector {
  #last = Promise.resolve();

  constructor(settings, platform, store, alerts) {
    Object.assign(this, { settings, platform, store, alerts });
  }

  // Whatever talks to the platform does so one after the other: one refresh, one sync, one flush.
  #alone(work) {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => {});
    return turn;
  }

  // ---- orders ----

  syncOrders() {
    return this.#alone(async () => {
      try {
        let problem = null;
        for (const shop of await this.#shops()) {
          // The trouble of one must not keep the others waiting.
          await this.#syncShop(shop).catch((error) => (problem ??= error));
        }
        if (problem) throw problem;
        await this.#workOffInbox();
        this.store.state.failing = '';
        this.store.save();
      } catch (problem) {
        this.store.state.failing = problem.cause;
        this.store.save();
        throw problem;
      }
    });
  }

  // One token may cover several shops, and each has its own cipher.
  async #shops() {
    const data = await this.platform.call('shops', 'GET', '/authorization/202309/shops');
    const shops = (data.shops ?? []).map(({ id, cipher }) => ({ id, cipher }));
    if (shops.length === 0) throw new Problem('permission', 'no shop has authorised this app');
    this.store.state.shops = this.store.seal(shops);
    this.alerts.secrets.push(...shops.map((shop) => shop.cipher));
    return shops;
  }

  async #knownShops() {
    const sealed = this.store.state.shops;
    return typeof sealed === 'string' ? this.store.unseal(sealed) : this.#shops();
  }

  async #syncShop(shop) {
    const { state } = this.store;
    const started = Math.floor(Date.now() / 1000);
    const since = Math.max(0, (state.watermarks[shop.id] ?? 0) - OVERLAP_S);
    const seen = new Set();
    let problem = null;
    let token = '';
    for (let page = 1; ; page++) {
      const found = await this.platform.call('order search', 'POST', '/order/202309/orders/search', {
        shop,
        // Oldest first and open at the end: an order that changes meanwhile keeps its place.
        query: { page_size: PAGE_SIZE, sort_field: 'create_time', sort_order: 'ASC', ...(token && { page_token: token }) },
        body: { update_time_ge: since },
      });
      const ids = idsOf(found).filter((id) => !seen.has(id));
      ids.forEach((id) => seen.add(id));
      problem = (await this.#readOrders(shop, ids)) ?? problem;
      if (!found.next_page_token) {
        if (seen.size < (found.total_count ?? 0)) problem ??= new Problem('contract', `${found.total_count} orders are counted and ${seen.size} shown`);
        break;
      }
      if (found.next_page_token === token || page === MOST_PAGES) throw new Problem('contract', 'the pages of orders do not end');
      token = found.next_page_token;
    }
    if (problem) {
      this.alerts.raise(problem.cause, `orders of shop ${shop.id}`, problem.message);
      throw problem;
    }
    // Only now: a page that was not read must be asked for again.
    state.watermarks[shop.id] = started;
    this.store.save();
    const skus = Object.values(state.orders).filter((order) => order.shop_id === shop.id).flatMap((order) => order.lines.map((line) => line.sku_id));
    await this.#readStock(shop, [...new Set(skus)]);
  }

  // Keep all orders that can be read; returns the first problem with the others.
  async #readOrders(shop, ids, attempts) {
    const { state } = this.store;
    let problem = null;
    for (let start = 0; start < ids.length; start += DETAIL_SIZE) {
      const missing = new Set(ids.slice(start, start + DETAIL_SIZE));
      const found = await this.platform.call('order detail', 'GET', '/order/202507/orders', { shop, query: { ids: [...missing].join(',') }, attempts });
      for (const raw of Array.isArray(found.orders) ? found.orders : []) {
        try {
          const order = readOrder(raw, shop.id);
          missing.delete(order.id);
          if (!isKnownStatus(order.status)) this.alerts.raise('contract', 'orders', `the status ${order.status} is unknown; it is kept as it is`);
          if (isNewer(order, state.orders[order.id])) state.orders[order.id] = order;
        } catch (error) {
          problem ??= error;
        }
      }
      if (missing.size > 0) problem ??= new Problem('mapping', `${missing.size} orders are missing from their details`);
      this.store.save();
    }
    return problem;
  }

  // ---- stock: a wish is kept before anything is sent, and leaves when the platform was seen to hold it ----

  pushStock(changes) {
    for (const [sku, quantity] of Object.entries(changes)) {
      if (!Number.isInteger(quantity) || quantity < 0) throw new Problem('mapping', `the quantity of SKU ${sku} is no whole number`);
      this.store.state.wishes[sku] = { quantity, committedBefore: null };
    }
    this.store.save();
    return this.flush();
  }

  flush() {
    return this.#alone(async () => {
      const { wishes } = this.store.state;
      const refused = new Set(); // not asked again before the next flush
      let problem = null;
      for (let round = 1; round <= ROUNDS && Object.keys(wishes).some((sku) => !refused.has(sku)); round++) {
        for (const shop of await this.#knownShops()) {
          const levels = await this.#readStock(shop, Object.keys(wishes));
          this.#settle(levels);
          try {
            problem = (await this.#write(shop, levels, refused)) ?? problem;
          } catch (error) {
            if (!error.unknown) throw error;
            // Nobody knows whether it was applied: the next round's read will tell.
            problem = error;
            await this.platform.pause(round);
          }
        }
      }
      const waiting = Object.keys(wishes);
      if (waiting.length === 0) return;
      problem ??= new Problem('mapping', 'no shop sells them, or the platform does not keep them');
      this.alerts.raise(problem.cause, 'stock', `SKU ${waiting} wait: ${problem.message}`);
      throw problem;
    });
  }

  async #readStock(shop, skus) {
    const levels = new Map();
    for (let start = 0; start < skus.length; start += STOCK_SIZE) {
      const found = await this.platform.call('inventory search', 'POST', '/product/202309/inventory/search', { shop, body: { sku_ids: skus.slice(start, start + STOCK_SIZE) } });
      for (const product of found.inventory ?? []) {
        for (const sku of product.skus) {
          levels.set(sku.id, {
            productId: product.product_id,
            quantity: sku.total_available_quantity,
            committed: sku.total_committed_quantity,
            warehouses: sku.warehouse_inventory.map((row) => [row.warehouse_id, row.available_quantity]),
          });
          this.store.state.stock[sku.id] = sku.total_available_quantity;
        }
      }
    }
    this.store.save();
    return levels;
  }

  #settle(levels) {
    const { wishes } = this.store.state;
    for (const [sku, level] of levels) {
      const wish = wishes[sku];
      if (!wish) continue;
      // What was sold since the write is gone from the shelf, and was there before.
      const sold = wish.committedBefore === null ? 0 : Math.max(0, level.committed - wish.committedBefore);
      if (level.quantity === wish.quantity || level.quantity + sold === wish.quantity) delete wishes[sku];
    }
    this.store.save();
  }

  // Returns why SKUs were refused, null where none was.
  async #write(shop, levels, refused) {
    const { wishes } = this.store.state;
    let refusal = null;
    for (const [sku, level] of levels) {
      const wish = wishes[sku];
      if (!wish || refused.has(sku)) continue;
      wish.committedBefore ??= level.committed;
      this.store.save();
      const found = await this.platform.call('inventory update', 'POST', `/product/202309/products/${level.productId}/inventory/update`, {
        shop,
        body: { skus: [{ id: sku, inventory: spread(wish.quantity, level.warehouses) }] },
        changes: true,
      });
      // Code 0 is no success yet: each SKU may be refused on its own.
      const [error] = found.errors ?? [];
      if (!error) continue;
      refused.add(sku);
      refusal = new Problem('contract', `SKU ${sku} is refused: ${error.message} (code ${error.code})`);
    }
    return refusal;
  }

  // ---- shipping: look, act, and look again; a ship call has no idempotency key ----

  ship(orderId) {
    return this.#alone(async () => {
      const [order, shop] = await this.#locate(orderId);
      if (!SHIPPED.includes(order.status)) {
        if (!SHIPPABLE.includes(order.status)) throw new Problem('mapping', `order ${orderId} is ${order.status} and cannot be shipped`);
        if (order.package_ids.length === 0) throw new Problem('mapping', `order ${orderId} has no parcel yet; buy a label in the seller centre`);
      }
      for (const packageId of order.package_ids) await this.#shipParcel(orderId, packageId, shop);
      await this.#readOrders(shop, [orderId]);
      return Object.values(this.store.state.shipments).filter((shipment) => shipment.order_id === orderId);
    });
  }

  async #locate(orderId) {
    const home = this.store.state.orders[orderId]?.shop_id;
    for (const shop of await this.#knownShops()) {
      if (home && home !== shop.id) continue;
      const problem = await this.#readOrders(shop, [orderId]);
      if (!problem) return [this.store.state.orders[orderId], shop];
    }
    throw new Problem('mapping', `order ${orderId} is in none of the shops`);
  }

  async #shipParcel(orderId, packageId, shop) {
    const { shipments } = this.store.state;
    let problem = null;
    for (let round = 1; round <= ROUNDS; round++) {
      const parcel = await this.platform.call('package detail', 'GET', `/fulfillment/202309/packages/${packageId}`, { shop });
      if (PARCEL_LEFT.includes(parcel.package_status)) {
        shipments[packageId] = { order_id: orderId, package_id: packageId, tracking_number: parcel.tracking_number ?? '' };
        this.store.save();
        return;
      }
      if (problem && !problem.unknown) throw problem;
      try {
        await this.platform.call('ship', 'POST', `/fulfillment/202309/packages/${packageId}/ship`, { shop, body: { handover_method: 'DROP_OFF' }, changes: true });
        problem = null;
      } catch (error) {
        if (!error.unknown && !SHIPPED_BEFORE.has(error.code)) throw error;
        problem = error;
        if (error.unknown) await this.platform.pause(round);
      }
    }
    throw problem ?? new Problem('contract', `parcel ${packageId} was shipped and does not show it`);
  }

  // ---- webhooks: checked, kept, answered; worked on afterwards, as the platform waits three seconds ----

  receiveWebhook(headers, body) {
    if (!this.#isGenuine(headers.authorization ?? '', body)) {
      this.alerts.raise('webhook', 'webhooks', 'a webhook without a genuine signature was refused');
      return 401;
    }
    const { state } = this.store;
    const event = readEvent(body);
    if (!(event.id in state.seen)) {
      const now = Math.floor(Date.now() / 1000);
      for (const [id, at] of Object.entries(state.seen)) if (now - at > SEEN_FOR_S) delete state.seen[id];
      state.seen[event.id] = now;
      if (event.orderIds.length > 0) state.inbox[event.id] = { shopId: event.shopId, orderIds: event.orderIds };
      this.store.save();
      if (event.type === DEAUTHORISED) this.alerts.raise('credentials', 'authorisation', 'the seller removed this app');
      if (event.type === AUTHORISATION_ENDS) this.alerts.raise('credentials', 'authorisation', 'the authorisation ends soon; renew it');
      // A failure is told by an alert, and the event waits in the inbox for the next sync.
      this.#alone(() => this.#workOffInbox(1)).catch(() => {});
    }
    return 200;
  }

  #isGenuine(signature, body) {
    const expected = createHmac('sha256', this.settings.appSecret).update(this.settings.appKey).update(body).digest('hex');
    return signature.length === expected.length && timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
  }

  // A webhook only says that something changed: what is true now is read from the API.
  async #workOffInbox(attempts) {
    const { inbox } = this.store.state;
    const shops = Object.keys(inbox).length > 0 ? await this.#knownShops() : [];
    for (const [id, { shopId, orderIds }] of Object.entries(inbox)) {
      const shop = shops.find((each) => each.id === shopId); // of another shop there is nothing to read
      const problem = shop ? await this.#readOrders(shop, orderIds, attempts) : null;
      if (problem) throw problem;
      delete inbox[id];
      this.store.save();
    }
  }

  // ---- what it knows; answered from the store, whether the platform can be reached or not ----

  health() {
    const { failing, wishes, inbox } = this.store.state;
    const waits = Object.keys(wishes).length + Object.keys(inbox).length;
    return { status: failing || waits ? 'degraded' : 'ok', failing, waits };
  }
}

function idsOf(page) {
  // An empty page counts its orders all the same; one that says nothing is no empty page.
  const rows = page.orders ?? ('total_count' in page ? [] : null);
  if (!Array.isArray(rows) || rows.some((row) => !/^\d+$/.test(row?.id) || typeof row.id !== 'string')) {
    throw new Problem('mapping', 'a page of orders is missing or holds an order without a usable id');
  }
  return rows.map((row) => row.id);
}

// All warehouses of a SKU must be listed: each keeps what it has as far as it goes, the first takes the rest.
function spread(quantity, warehouses) {
  let left = quantity;
  const shares = [...warehouses].reverse().map(([id, present]) => {
    const share = Math.min(present, left);
    left -= share;
    return { warehouse_id: id, quantity: share };
  });
  shares.at(-1).quantity += left;
  return shares.reverse();
}

function readEvent(body) {
  const nothing = { id: createHash('sha256').update(body).digest('hex'), type: -1, shopId: '', orderIds: [] };
  let event;
  try {
    event = JSON.parse(body);
  } catch {
    return nothing;
  }
  const ids = [event?.data?.order_id, ...(event?.data?.package_list ?? []).flatMap((parcel) => parcel?.order_id_list ?? [])];
  return {
    id: event?.tts_notification_id ? `${event.shop_id} ${event.tts_notification_id}` : nothing.id,
    type: event?.type ?? -1,
    shopId: String(event?.shop_id ?? ''),
    orderIds: [...new Set(ids.filter((id) => /^\d+$/.test(id)).map(String))],
  };
}
