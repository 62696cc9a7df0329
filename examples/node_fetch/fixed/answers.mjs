// What an answer means: data, or a problem with its cause and what may be done about it.
//
// Success is code 0 in a readable envelope under a 2xx status, and nothing else. Codes come before
// statuses: a limit or an expired token is told as an HTTP status or inside a 200.

export class Problem extends Error {
  // retry: 'never' | 'safe' (certainly not carried out) | 'reads' (perhaps carried out)
  constructor(cause, message, { retry = 'never', code = null, aboutToken = false, waitMs = null } = {}) {
    super(message);
    Object.assign(this, { cause, retry, code, aboutToken, waitMs });
  }
}

const TOKEN = { cause: 'credentials', aboutToken: true };
const CREDENTIALS = { cause: 'credentials' };
const PERMISSION = { cause: 'permission' };
const ENDPOINT = { cause: 'endpoint' };
const VERSION = { cause: 'version' };
const CONTRACT = { cause: 'contract' };
const RATE_LIMIT = { cause: 'rate_limit', retry: 'safe' };
const OUTAGE = { cause: 'outage', retry: 'reads' };
const SLOWNESS = { cause: 'slowness', retry: 'reads' };

const BY_CODE = {
  105001: TOKEN, 105002: TOKEN, 10001: TOKEN, 10002: TOKEN, 401: TOKEN,
  106001: CREDENTIALS, 101000: CREDENTIALS, 10003: CREDENTIALS,
  36004001: CREDENTIALS, 36004004: CREDENTIALS, 36004005: CREDENTIALS, 36009043: CREDENTIALS, 36009044: CREDENTIALS,
  105005: PERMISSION, 36009033: PERMISSION, 403: PERMISSION,
  36009009: ENDPOINT, 36009010: ENDPOINT, 36009014: VERSION,
  36009002: RATE_LIMIT, 36009037: { cause: 'rate_limit' }, // an hour's quota: no pause between tries outlasts it
  36009003: OUTAGE, 36009007: SLOWNESS,
};

// One code stands for a dozen failures; its message tells them apart.
const AMBIGUOUS = 36009004;
const BY_WORD = [
  ['timestamp', { cause: 'clock' }], ['version', VERSION], ['access_token', TOKEN], ['access-token', TOKEN],
  ['app_key', CREDENTIALS], ['sign', CREDENTIALS],
];

const BY_STATUS = { 401: TOKEN, 403: PERMISSION, 404: ENDPOINT, 405: ENDPOINT, 408: SLOWNESS, 410: VERSION, 429: RATE_LIMIT };

export function readAnswer(status, headers, text) {
  const envelope = readEnvelope(text);
  if (envelope?.code === 0 && status >= 200 && status < 300) return envelope.data ?? null;
  const { cause, ...rest } = meaningOf(status, envelope);
  const what = envelope ? `${envelope.message ?? 'no message'} (code ${envelope.code}, HTTP ${status})` : `no readable envelope (HTTP ${status})`;
  throw new Problem(cause, what, { ...rest, code: envelope?.code ?? null, waitMs: readRetryAfter(headers) });
}

function meaningOf(status, envelope) {
  if (envelope) {
    if (envelope.code === AMBIGUOUS) {
      const message = String(envelope.message).toLowerCase();
      return BY_WORD.find(([word]) => message.includes(word))?.[1] ?? CONTRACT;
    }
    const known = BY_CODE[envelope.code];
    if (known) return known;
  }
  if (status >= 500) return OUTAGE;
  if (status >= 300) return BY_STATUS[status] ?? (envelope ? CONTRACT : ENDPOINT);
  // A 200 without an envelope: a page of something in between, or half an answer.
  return envelope ? CONTRACT : { ...CONTRACT, retry: 'reads' };
}

function readEnvelope(text) {
  try {
    const value = JSON.parse(text);
    return Number.isInteger(value?.code) ? value : null;
  } catch {
    return null;
  }
}

// Seconds, or a date by the clock of the answer itself.
function readRetryAfter(headers) {
  const value = headers.get('retry-after');
  if (!value) return null;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const until = Date.parse(value) - (Date.parse(headers.get('date')) || Date.now());
  return Number.isNaN(until) ? null : Math.max(0, until);
}
