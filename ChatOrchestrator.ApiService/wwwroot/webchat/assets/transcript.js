// The conversation as the page knows it: one entry per message, whatever order the POST answer, the event stream and the
// history arrive in. No DOM in here.

const RANK = { greeting: 0, stored: 1, pending: 2, streaming: 3, held: 4 };

/** Messages that have a place in the conversation come first; then what is on its way; then what waits to be sent. */
function rankOf(entry) {
  if (entry.state === 'greeting') {
    return RANK.greeting;
  }
  if (entry.sequence !== null) {
    return RANK.stored;
  }
  if (entry.streaming) {
    return RANK.streaming;
  }
  return entry.state === 'queued' || entry.state === 'failed' ? RANK.held : RANK.pending;
}

function compare(a, b) {
  return rankOf(a) - rankOf(b) || (a.sequence ?? 0) - (b.sequence ?? 0) || a.order - b.order;
}

export class Transcript {
  /** In display order. */
  entries = [];
  #byId = new Map();
  #byClientId = new Map();
  #byTurn = new Map();
  #finishedTurns = new Set();
  #order = 0;

  /** onChange(kind, entry): `add`, `update`, `move` (content may have changed too) or `remove`. */
  onChange = () => {};

  /** The highest sequence known, for Last-Event-ID; 0 when there is none. */
  get lastSequence() {
    return this.entries.reduce((last, entry) => Math.max(last, entry.sequence ?? 0), 0);
  }

  get isEmpty() {
    return this.entries.length === 0;
  }

  /** Takes in a message from the server. Returns true if it was not known before. */
  merge(message) {
    const known = this.#byId.get(message.id);
    const mine = message.clientMessageId ? this.#byClientId.get(message.clientMessageId) : undefined;
    const turn = message.turnId ? this.#byTurn.get(message.turnId) : undefined;
    if (message.turnId) {
      this.#byTurn.delete(message.turnId);
      this.#finishedTurns.add(message.turnId);
    }
    const entry = known ?? mine ?? turn;
    for (const other of [mine, turn]) {
      if (other && other !== entry) {
        this.#remove(other);
      }
    }
    const values = {
      id: message.id,
      sequence: message.sequence ?? null,
      role: message.role,
      text: message.text,
      createdAt: message.createdAt,
      clientMessageId: message.clientMessageId ?? null,
      state: 'stored',
      streaming: false,
      stale: false,
      error: null,
    };
    if (entry) {
      // An edit of the same message keeps its sequence if the server does not name one.
      values.sequence ??= entry.sequence;
      Object.assign(entry, values);
      this.#index(entry);
      this.#place(entry);
      return entry === turn;
    }
    this.#add(values);
    return true;
  }

  /** The bot's greeting stands first; it is no message of the server's. */
  greet(text) {
    if (!this.entries.some((entry) => entry.state === 'greeting')) {
      this.#add({ role: 'bot', text, state: 'greeting', createdAt: this.entries[0]?.createdAt ?? new Date().toISOString() });
    }
  }

  addPending({ clientMessageId, text, createdAt, state = 'sending' }) {
    const known = this.#byClientId.get(clientMessageId);
    return known ?? this.#add({ role: 'user', text, clientMessageId, createdAt, state });
  }

  /** Moves a message of this page through sending, queued and failed; a stored one stays stored. */
  setState(clientMessageId, state, error = null) {
    const entry = this.#byClientId.get(clientMessageId);
    if (entry && entry.state !== 'stored' && (entry.state !== state || entry.error !== error)) {
      entry.state = state;
      entry.error = error;
      this.#place(entry);
    }
  }

  /** The server has the message: its stream or history may have said so before the POST's own answer. */
  acknowledge(clientMessageId, { id, createdAt }) {
    const entry = this.#byClientId.get(clientMessageId);
    if (!entry || entry.state === 'stored') {
      return;
    }
    const twin = this.#byId.get(id);
    if (twin && twin !== entry) {
      this.#remove(entry);
      return;
    }
    Object.assign(entry, { id, createdAt: createdAt ?? entry.createdAt, state: 'sent', error: null });
    this.#index(entry);
    this.#place(entry);
  }

  discard(clientMessageId) {
    const entry = this.#byClientId.get(clientMessageId);
    if (entry && entry.state !== 'stored' && entry.state !== 'sent') {
      this.#remove(entry);
    }
  }

  /** Appends streamed text. `offset` (UTF-16 units before this text), where the server sends it, shows a gap. */
  appendDelta({ turnId, text, offset }) {
    if (!turnId || this.#finishedTurns.has(turnId)) {
      return;
    }
    let entry = this.#byTurn.get(turnId);
    if (!entry) {
      if (offset > 0) {
        return; // This page came in the middle of an answer: the finished message brings it whole.
      }
      entry = this.#add({ role: 'bot', text: '', turnId, createdAt: null, state: 'streaming', streaming: true });
      this.#byTurn.set(turnId, entry);
    }
    if (Number.isInteger(offset)) {
      if (offset > entry.text.length) {
        entry.stale = true;
        return;
      }
      entry.text = entry.text.slice(0, offset);
      entry.stale = false;
    } else if (entry.stale) {
      return; // What was said while the connection was down is missing here.
    }
    entry.text += text ?? '';
    this.onChange('update', entry);
  }

  dropTurn(turnId) {
    this.#finishedTurns.add(turnId);
    const entry = this.#byTurn.get(turnId);
    if (entry) {
      this.#byTurn.delete(turnId);
      this.#remove(entry);
    }
  }

  /** The stream broke: what streams now may have holes and waits for its finished message. */
  markStreamsStale() {
    for (const entry of this.#byTurn.values()) {
      entry.stale = true;
    }
  }

  /** Removes streaming entries whose end was missed, for instance because `failed` was sent while we were away. */
  dropStale() {
    for (const [turnId, entry] of [...this.#byTurn]) {
      if (entry.stale) {
        this.dropTurn(turnId);
      }
    }
  }

  /** Forgets the old conversation but keeps what was not sent yet. */
  reset() {
    for (const entry of [...this.entries]) {
      if (entry.state !== 'sending' && entry.state !== 'queued' && entry.state !== 'failed') {
        this.#remove(entry);
      }
    }
    this.#byTurn.clear();
    this.#finishedTurns.clear();
  }

  #add(values) {
    const entry = {
      key: `m${++this.#order}`, order: this.#order, id: null, sequence: null, clientMessageId: null, turnId: null,
      streaming: false, stale: false, error: null, ...values,
    };
    this.#index(entry);
    this.entries.splice(this.#positionOf(entry), 0, entry);
    this.onChange('add', entry);
    return entry;
  }

  #index(entry) {
    if (entry.id) {
      this.#byId.set(entry.id, entry);
    }
    if (entry.clientMessageId) {
      this.#byClientId.set(entry.clientMessageId, entry);
    }
  }

  #place(entry) {
    const from = this.entries.indexOf(entry);
    this.entries.splice(from, 1);
    const to = this.#positionOf(entry);
    this.entries.splice(to, 0, entry);
    this.onChange(from === to ? 'update' : 'move', entry);
  }

  // From the end, where new messages belong.
  #positionOf(entry) {
    let index = this.entries.length;
    while (index > 0 && compare(this.entries[index - 1], entry) > 0) {
      index--;
    }
    return index;
  }

  #remove(entry) {
    const index = this.entries.indexOf(entry);
    if (index < 0) {
      return;
    }
    this.entries.splice(index, 1);
    for (const [map, key] of [[this.#byId, entry.id], [this.#byClientId, entry.clientMessageId]]) {
      if (key && map.get(key) === entry) {
        map.delete(key);
      }
    }
    this.onChange('remove', entry);
  }
}
