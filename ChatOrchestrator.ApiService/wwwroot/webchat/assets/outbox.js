// Messages on their way to the server, in the order in which they were written. Kept per tab over a reload. Sending one
// again is harmless: the server knows it by its clientMessageId.

const RETRY_DELAYS_MS = [500, 1000, 2000]; // Unavailable server: this often unseen, then the visitor decides.
const NETWORK_RETRY_MAX_MS = 30_000;

/** crypto.randomUUID exists only on HTTPS and localhost; the page also runs on plain HTTP in a local network. */
function newId() {
  if (crypto.randomUUID) {
    return crypto.randomUUID();
  }
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export class Outbox {
  #session;
  #transcript;
  #storage;
  #isReachable;
  #items;
  #ready = false;
  #sending = false;
  #wake = null;
  #networkFailures = 0;

  constructor(session, transcript, storage, isReachable) {
    this.#isReachable = isReachable;
    this.#session = session;
    this.#transcript = transcript;
    this.#storage = storage;
    this.#items = this.#load();
    for (const item of this.#items) {
      transcript.addPending({ ...item, state: item.failed ? 'failed' : 'queued' });
      if (item.failed) {
        transcript.setState(item.clientMessageId, 'failed', item.failed);
      }
    }
  }

  /** `payload`: of the button that was pressed, whose label is the text. */
  add(text, payload) {
    const item = { clientMessageId: newId(), text, payload, createdAt: new Date().toISOString() };
    this.#items.push(item);
    this.#save();
    this.#transcript.addPending({ ...item, state: this.#canSend ? 'sending' : 'queued' });
    void this.#flush();
  }

  /** The session is open and the history is there: from now on messages go out. */
  start() {
    this.#ready = true;
    this.resume();
  }

  /** The network or the server is back: no more waiting. */
  resume() {
    this.#networkFailures = 0;
    this.#wake?.();
    void this.#flush();
  }

  /** Sends again what failed for a passing reason, in the order in which it was written. */
  retry() {
    for (const item of this.#items) {
      if (item.failed && item.failed !== 'invalid') {
        delete item.failed;
        this.#transcript.setState(item.clientMessageId, this.#canSend ? 'sending' : 'queued');
      }
    }
    this.#save();
    void this.#flush();
  }

  discard(clientMessageId) {
    this.#settle(clientMessageId);
    this.#transcript.discard(clientMessageId);
  }

  /** The server's stream or history shows the message: it needs no more sending. */
  confirm(clientMessageId) {
    if (clientMessageId && this.#items.some((item) => item.clientMessageId === clientMessageId)) {
      this.#settle(clientMessageId);
    }
  }

  get #canSend() {
    return this.#ready && this.#isReachable();
  }

  async #flush() {
    if (this.#sending) {
      return;
    }
    this.#sending = true;
    try {
      for (let item; this.#canSend && (item = this.#items.find((i) => !i.failed));) {
        await this.#sendOne(item);
      }
    } finally {
      this.#sending = false;
    }
    for (const item of this.#items) {
      if (!item.failed) {
        this.#transcript.setState(item.clientMessageId, 'queued');
      }
    }
  }

  async #sendOne(item) {
    const { clientMessageId, text, payload } = item;
    for (let attempt = 0; this.#items.includes(item); attempt++) {
      if (!this.#canSend) {
        return;
      }
      this.#transcript.setState(clientMessageId, 'sending');
      try {
        const answer = await this.#session.post(text, clientMessageId, payload);
        this.#networkFailures = 0;
        this.#transcript.acknowledge(clientMessageId, answer);
        this.#settle(clientMessageId);
        return;
      } catch (error) {
        if (!this.#items.includes(item)) {
          return; // Confirmed by the stream although the answer was lost.
        }
        if (error.kind === 'network') {
          this.#transcript.setState(clientMessageId, 'queued');
          await this.#pause(Math.min(NETWORK_RETRY_MAX_MS, 1000 * 2 ** this.#networkFailures++));
        } else if (error.kind === 'limited') {
          this.#transcript.setState(clientMessageId, 'sending', 'limited');
          await this.#pause(Math.max(error.retryAfterMs ?? 2000, 500), false);
        } else if (error.kind === 'unavailable' && attempt < RETRY_DELAYS_MS.length) {
          await this.#pause(Math.max(RETRY_DELAYS_MS[attempt], Math.min(error.retryAfterMs ?? 0, 10_000)));
        } else if (error.kind === 'invalid') {
          this.#fail(item, 'invalid');
          return;
        } else {
          // Those behind it wait for the visitor too, otherwise they would overtake it.
          this.#items.filter((other) => !other.failed).forEach((other) => this.#fail(other, error.kind ?? 'unavailable'));
          return;
        }
      }
    }
  }

  #fail(item, reason) {
    item.failed = reason;
    this.#save();
    this.#transcript.setState(item.clientMessageId, 'failed', reason);
  }

  #settle(clientMessageId) {
    this.#items = this.#items.filter((item) => item.clientMessageId !== clientMessageId);
    this.#save();
  }

  /** A limit is waited out even if the network comes back in between. */
  #pause(ms, wakeable = true) {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      function done() {
        clearTimeout(timer);
        resolve();
      }
      this.#wake = wakeable ? done : null;
    }).finally(() => { this.#wake = null; });
  }

  #save() {
    if (this.#items.length > 0) {
      this.#storage.set('outbox', JSON.stringify(this.#items));
    } else {
      this.#storage.remove('outbox');
    }
  }

  #load() {
    try {
      const items = JSON.parse(this.#storage.get('outbox') ?? '[]');
      return Array.isArray(items) ? items.filter((i) => typeof i?.text === 'string' && typeof i.clientMessageId === 'string') : [];
    } catch {
      return [];
    }
  }
}
