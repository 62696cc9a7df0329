// Calls of the Open API: signed afresh for each try, repeated only where that is safe.

import { createHash, createHmac } from 'node:crypto';

import { Problem, readAnswer } from './answers.mjs';

const ATTEMPTS = 5;
const REFRESH_ATTEMPTS = 3;
const LONGEST_WAIT_MS = 10_000;
const REFRESH_AHEAD_S = 600;
const DEAD_REFRESH_TOKEN = new Set([36004001, 36004004, 36004005, 10001, 10002]);

export class Platform {
  constructor(settings, store, alerts) {
    Object.assign(this, { settings, store, alerts });
    this.#takeTokensOfSettings();
  }

  // changes: whether the call changes anything; then it is not sent again when nobody knows
  // whether it took effect.
  async call(title, method, path, { shop, query = {}, body, changes = false, attempts = ATTEMPTS } = {}) {
    const name = shop ? `${title} of shop ${shop.id}` : title; // each shop has its own limits
    let mayRefresh = true;
    for (let attempt = 1; ; attempt++) {
      await this.#waitForTurn(name);
      const { access } = await this.#usableTokens();
      try {
        const data = await this.#send(method, path, access, { shop, query, body });
        if (!data && !changes) throw new Problem('contract', 'the answer holds no data', { retry: 'reads' });
        return data ?? {};
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        if (problem.waitMs !== null) this.#noteWait(name, problem.waitMs);
        if (problem.aboutToken) this.#keepTokens({ ...this.#tokens(), refused: true });
        if (problem.aboutToken && mayRefresh) {
          mayRefresh = false;
          attempt--;
          continue;
        }
        const mayRepeat = problem.retry === 'safe' || (problem.retry === 'reads' && !changes);
        if (!mayRepeat || attempt >= attempts) {
          this.alerts.raise(problem.cause, name, problem.message);
          problem.unknown = changes && problem.retry === 'reads';
          throw problem;
        }
        if (problem.waitMs === null) await this.pause(attempt);
      }
    }
  }

  // Random, up to a bound that doubles: many clients must not come back at the same moment.
  async pause(attempt) {
    const base = this.settings.retryBaseMs;
    const bound = Math.min(60 * base, base * 2 ** attempt);
    await sleep(base + Math.random() * (bound - base));
  }

  async #send(method, path, access, { shop, query, body }) {
    // The bytes that are signed are the bytes that are sent; the time stamp is of this try.
    const text = body === undefined ? '' : JSON.stringify(body);
    const signed = { ...query, app_key: this.settings.appKey, timestamp: String(Math.floor(Date.now() / 1000)) };
    if (shop) signed.shop_cipher = shop.cipher;
    signed.sign = sign(this.settings.appSecret, path, signed, text);
    const headers = { 'content-type': 'application/json', 'x-tts-access-token': access };
    return this.#exchange(`${this.settings.apiUrl}${path}?${encode(signed)}`, { method, headers, body: text || undefined });
  }

  // One exchange, bounded in time as a whole: against silence and against answers that only trickle.
  async #exchange(url, options) {
    const control = new AbortController();
    let response;
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new DOMException('too late', 'TimeoutError')), this.settings.timeoutMs);
    });
    const answered = async () => {
      // A signature holds for one path, and a token must not travel to another host.
      response = await fetch(url, { ...options, redirect: 'manual', signal: control.signal });
      return readAnswer(response.status, response.headers, await response.text());
    };
    try {
      // A signal alone is not enough: of some bodies that cannot be unpacked, text() never hears it.
      return await Promise.race([answered(), late]);
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw describeFailure(error, response);
    } finally {
      clearTimeout(timer);
      control.abort();
    }
  }

  // ---- tokens: both are kept before either is used, and nothing is sent with a dead one ----

  #tokens() {
    return this.store.unseal(this.store.state.tokens);
  }

  #keepTokens(tokens) {
    this.store.state.tokens = this.store.seal(tokens);
    this.store.save();
  }

  // The stored pair is newer than the one of the settings, unless an operator has set another.
  #takeTokensOfSettings() {
    const { accessToken, refreshToken } = this.settings;
    const origin = createHash('sha256').update(accessToken + refreshToken).digest('hex');
    if (this.store.state.tokens && this.#tokens().origin === origin) return;
    this.#keepTokens({ access: accessToken, refresh: refreshToken, expiresAt: null, origin, refused: false, dead: false, notBefore: 0 });
  }

  async #usableTokens() {
    const tokens = this.#tokens();
    const now = Date.now() / 1000;
    if (!tokens.refused && (tokens.expiresAt === null || now < tokens.expiresAt - REFRESH_AHEAD_S)) return tokens;
    try {
      return await this.#refresh(tokens);
    } catch (problem) {
      // Ahead of time nothing is lost yet: the token at hand still works.
      if (!tokens.refused && now < tokens.expiresAt) return tokens;
      throw problem;
    }
  }

  // Only one refresh runs at a time, as the connector does one thing at a time (connector.mjs).
  async #refresh(tokens) {
    if (tokens.dead) throw new Problem('credentials', 'the refresh token is refused for good; authorise the app anew');
    if (Date.now() < tokens.notBefore) throw new Problem('credentials', 'the last refresh failed; it is tried again later');
    const query = { app_key: this.settings.appKey, app_secret: this.settings.appSecret, refresh_token: tokens.refresh, grant_type: 'refresh_token' };
    for (let attempt = 1; ; attempt++) {
      try {
        const data = await this.#exchange(`${this.settings.tokenUrl}/api/v2/token/refresh?${encode(query)}`, { method: 'GET' });
        if (!data?.access_token || !data.refresh_token) throw new Problem('contract', 'the answer to the refresh holds no tokens', { retry: 'safe' });
        const fresh = { access: data.access_token, refresh: data.refresh_token, expiresAt: data.access_token_expire_in };
        this.alerts.secrets.push(fresh.access, fresh.refresh);
        this.#keepTokens({ ...tokens, ...fresh, refused: false, notBefore: 0 });
        return fresh;
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        if (problem.retry !== 'never' && attempt < REFRESH_ATTEMPTS) {
          await (problem.waitMs === null ? this.pause(attempt) : sleep(Math.min(problem.waitMs, LONGEST_WAIT_MS)));
          continue;
        }
        const notBefore = Date.now() + Math.max(problem.waitMs ?? 0, 60 * this.settings.retryBaseMs);
        this.#keepTokens({ ...tokens, dead: DEAD_REFRESH_TOKEN.has(problem.code), notBefore });
        this.alerts.raise('credentials', 'tokens', `the access token could not be refreshed: ${problem.message}`);
        throw new Problem('credentials', `the access token could not be refreshed: ${problem.message}`);
      }
    }
  }

  // ---- pauses that the platform asked for; they hold for later calls and over a restart ----

  #noteWait(name, waitMs) {
    this.store.state.pauses[name] = Date.now() + waitMs + this.settings.retryBaseMs * (1 + Math.random());
    this.store.save();
  }

  async #waitForTurn(name) {
    const left = (this.store.state.pauses[name] ?? 0) - Date.now();
    if (left > LONGEST_WAIT_MS) throw new Problem('rate_limit', `the platform asked for a pause; ${Math.ceil(left / 1000)} s are left of it`);
    if (left > 0) await sleep(left);
  }
}

export function sign(secret, path, query, body) {
  const pairs = Object.keys(query).sort().map((key) => key + query[key]).join('');
  return createHmac('sha256', secret).update(secret + path + pairs + body + secret).digest('hex');
}

function encode(query) {
  return Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
}

// Texts of fetch hold no address, and so no secret.
function describeFailure(error, response) {
  if (error.name === 'TimeoutError') {
    return response
      ? new Problem('slowness', 'the answer stopped half-way', { retry: 'reads' })
      : new Problem('network', 'no answer in time', { retry: 'reads' });
  }
  // By the rules of fetch a 407 is no answer but an error without a word: a proxy wants a password.
  if (error.cause?.message === '') return new Problem('network', 'something on the way refuses (perhaps a proxy, with 407)');
  const code = error.cause?.code ?? error.message;
  const neverSent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'].includes(code);
  return new Problem('network', `the connection failed (${code})`, { retry: neverSent ? 'safe' : 'reads' });
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
