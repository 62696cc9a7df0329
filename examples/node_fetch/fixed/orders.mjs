// Reading one order from the API's words. What the business needs is demanded; the rest may come and go.

import { Problem } from './answers.mjs';

const LIFE = [
  'UNPAID', 'ON_HOLD', 'AWAITING_SHIPMENT', 'PARTIALLY_SHIPPING', 'AWAITING_COLLECTION',
  'IN_TRANSIT', 'DELIVERED', 'COMPLETED', 'CANCELLED',
];

export function readOrder(raw, shopId) {
  const id = demand(raw, 'id', /^\d+$/);
  const lines = raw.line_items;
  if (!Array.isArray(lines) || lines.length === 0) throw new Problem('mapping', `order ${id} has no line_items`);
  return {
    id,
    shop_id: shopId,
    status: demand(raw, 'status', /^[A-Z_]+$/),
    update_time: raw.update_time,
    currency: demand(raw.payment, 'currency', /^[A-Z]{3}$/),
    total_amount: demand(raw.payment, 'total_amount', /^-?\d+(\.\d+)?$/), // money stays text
    // One line is one unit: two units of one SKU are two lines.
    lines: lines.map((line) => ({
      id: demand(line, 'id', /^\d+$/),
      sku_id: demand(line, 'sku_id', /^\d+$/),
      sale_price: demand(line, 'sale_price', /^-?\d+(\.\d+)?$/),
    })),
    package_ids: [...new Set((raw.packages ?? []).map((parcel) => parcel.id))],
  };
}

// Webhooks and pages come in any order: an order only ever moves on.
export function isNewer(order, known) {
  if (!known) return true;
  const [step, knownStep] = [LIFE.indexOf(order.status), LIFE.indexOf(known.status)];
  if (step === knownStep || step < 0 || knownStep < 0) return order.update_time >= known.update_time;
  return step > knownStep || order.update_time > known.update_time;
}

export function isKnownStatus(status) {
  return LIFE.includes(status);
}

function demand(object, name, pattern) {
  const value = object?.[name];
  // The message names the field and never what was in it: that may be personal.
  if (typeof value !== 'string' || !pattern.test(value)) throw new Problem('mapping', `an order's field ${name} is missing or of another form`);
  return value;
}
