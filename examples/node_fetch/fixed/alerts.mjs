// Telling people: a cause, a subject, a sentence. The same trouble is told once an hour.

const AGAIN_AFTER_S = 3600;

export class Alerts {
  constructor(store, secrets) {
    this.store = store;
    this.secrets = secrets;
  }

  raise(cause, subject, text) {
    const { alerts } = this.store.state;
    const at = Date.now() / 1000;
    const message = this.scrub(`${subject}: ${text}`);
    if (alerts.some((known) => known.cause === cause && known.subject === subject && at - known.at < AGAIN_AFTER_S)) return;
    alerts.push({ cause, subject, message, at });
    this.store.save();
    console.error(JSON.stringify({ event: 'alert', cause, message })); // in production: a page, a mail
  }

  // Messages of the other side may repeat what they were sent.
  scrub(text) {
    return this.secrets.reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text);
  }
}
