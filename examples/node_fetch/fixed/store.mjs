// What the connector must not forget: one JSON file, replaced as a whole and never half written.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

const EMPTY = {
  tokens: null, // sealed: tokens must not lie about in plain text
  shops: {}, // id -> cipher, sealed as well
  watermarks: {}, // shop id -> Unix seconds up to which all orders were read
  orders: {},
  stock: {},
  wishes: {}, // SKU id -> what the platform shall sell, until it was seen to
  shipments: {}, // package id -> shipment
  inbox: {}, // webhooks that wait to be worked off
  seen: {}, // webhook id -> when it came
  alerts: [],
  pauses: {}, // call -> time before which the platform does not want it again
  failing: '', // cause of the last failed sync
};

export class Store {
  constructor(path, key) {
    this.path = path;
    this.key = Buffer.from(key, 'hex');
    this.state = { ...structuredClone(EMPTY), ...(existsSync(path) ? JSON.parse(readFileSync(path)) : {}) };
  }

  // Write beside, wait for the disk, then rename: whoever is killed here leaves the old file or the new one.
  save() {
    const beside = `${this.path}.new`;
    const file = openSync(beside, 'w', 0o600);
    writeSync(file, JSON.stringify(this.state));
    fsyncSync(file);
    closeSync(file);
    renameSync(beside, this.path);
  }

  seal(value) {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce);
    const text = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
  }

  unseal(sealed) {
    const bytes = Buffer.from(sealed, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]));
  }
}
