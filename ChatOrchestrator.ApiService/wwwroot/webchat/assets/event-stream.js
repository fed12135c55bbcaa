// Server-Sent Events over fetch: EventSource cannot send an Authorization header.
// Format: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

import { ApiError } from './session.js';

const SILENCE_MS = 40_000; // The server pings every 15 s; two missed pings and the connection counts as dead.
const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 30_000;

/** A push parser: feed it decoded chunks in any cut; it calls back once per event. Comments are silent. */
export function createEventParser(onEvent) {
  let rest = '';
  let type = '';
  let data = [];
  let id;
  let endsWithCr = false;

  function line(text) {
    if (text === '') {
      if (data.length > 0) {
        onEvent({ type: type || 'message', data: data.join('\n'), id });
      }
      type = '';
      data = [];
      id = undefined;
      return;
    }
    const colon = text.indexOf(':');
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') {
      type = value;
    } else if (field === 'data') {
      data.push(value);
    } else if (field === 'id' && !value.includes('\0')) {
      id = value;
    }
  }

  return (chunk) => {
    // A CR at the end of one chunk and an LF at the start of the next are one line end.
    let text = endsWithCr && chunk.startsWith('\n') ? chunk.slice(1) : chunk;
    endsWithCr = chunk.length > 0 ? chunk.endsWith('\r') : endsWithCr;
    text = rest + text;
    const lines = text.split(/\r\n|\r|\n/);
    rest = lines.pop();
    lines.forEach(line);
  };
}

export class EventStream {
  #session;
  #running = false;
  #controller = null;
  #wake = null;
  #failures = 0;

  /** The position to resume from: the id of the last message seen. */
  lastEventId = '0';
  onEvent = () => {};
  /** Called with true when the stream is open, and with false when it broke or could not be opened. */
  onConnection = () => {};

  constructor(session) {
    this.#session = session;
  }

  start() {
    if (!this.#running) {
      this.#running = true;
      void this.#run();
    }
  }

  /** Ends the connection and, if it was running, connects again at once: the network came back or the page was shown. */
  reconnect() {
    this.#failures = 0;
    this.#wake?.();
    this.#controller?.abort();
  }

  /** Wakes a pending retry without touching a connection that works. */
  hurry() {
    this.#failures = 0;
    this.#wake?.();
  }

  async #run() {
    while (this.#running) {
      try {
        await this.#readOnce();
      } catch (error) {
        if (error instanceof ApiError && error.kind === 'missing') {
          this.#failures = Math.max(this.#failures, 5); // The connection was removed: ask rarely.
        }
        this.onConnection(false, error instanceof ApiError ? error : null);
        await this.#pause(error instanceof ApiError ? error.retryAfterMs : null);
        continue;
      }
      this.onConnection(false, null);
      await this.#pause(null);
    }
  }

  async #readOnce() {
    const controller = new AbortController();
    this.#controller = controller;
    let watchdog;
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => controller.abort(), SILENCE_MS);
    };
    try {
      alive();
      const response = await this.#session.request('events', {
        headers: { Accept: 'text/event-stream', 'Last-Event-ID': this.lastEventId },
        signal: controller.signal,
      });
      this.onConnection(true, null);
      const decoder = new TextDecoder();
      const parse = createEventParser((event) => this.#dispatch(event));
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) {
          return;
        }
        alive();
        this.#failures = 0;
        parse(decoder.decode(value, { stream: true }));
      }
    } finally {
      clearTimeout(watchdog);
      controller.abort();
      this.#controller = null;
    }
  }

  #dispatch(event) {
    let data;
    try {
      data = JSON.parse(event.data);
    } catch {
      return; // One unreadable event must not end the stream.
    }
    this.onEvent(event.type, data);
    if (event.id) {
      this.lastEventId = event.id;
    }
  }

  #pause(retryAfterMs) {
    const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** this.#failures++);
    // Half fixed, half random, so that a restarted server is not hit by everybody at once.
    const delay = Math.max(retryAfterMs ?? 0, ceiling / 2 + Math.random() * (ceiling / 2));
    return new Promise((resolve) => {
      const timer = setTimeout(done, delay);
      const wake = done;
      function done() {
        clearTimeout(timer);
        resolve();
      }
      this.#wake = wake;
    }).finally(() => { this.#wake = null; });
  }
}
