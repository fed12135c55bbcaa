// The visitor's session and every HTTP call of the page. A token that has run out is renewed once, unseen.

const REQUEST_TIMEOUT_MS = 20_000;

/** What a failed call means to the page. `kind`: network, unavailable, limited, invalid, missing, ended, rejected, unauthorized. */
export class ApiError extends Error {
  constructor(kind, { status = 0, retryAfterMs = null, fields = null } = {}) {
    super(kind);
    this.kind = kind;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
    this.fields = fields;
  }

  /** True if the same call may succeed later without the visitor changing anything. */
  get isTransient() {
    return this.kind === 'network' || this.kind === 'unavailable' || this.kind === 'limited';
  }
}

function kindOf(status) {
  switch (status) {
    case 400: case 413: case 422: return 'invalid';
    case 401: case 403: return 'unauthorized';
    case 404: return 'missing';
    case 409: case 410: return 'ended';
    case 429: return 'limited';
    default: return status >= 500 || status === 408 || status === 425 ? 'unavailable' : 'rejected';
  }
}

/** Retry-After in seconds or as an HTTP date (RFC 9110 §10.2.3); milliseconds, or null. */
function retryAfter(response) {
  const value = response.headers.get('Retry-After');
  if (!value) {
    return null;
  }
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

async function errorOf(response) {
  let fields = null;
  try {
    fields = (await response.json()).errors ?? null;
  } catch {
    // Not a ProblemDetails body; the status says enough.
  }
  return new ApiError(kindOf(response.status), { status: response.status, retryAfterMs: retryAfter(response), fields });
}

async function send(url, init) {
  try {
    return await fetch(url, { credentials: 'omit', cache: 'no-store', redirect: 'error', ...init });
  } catch {
    throw new ApiError('network');
  }
}

export class Session {
  #base;
  #storage;
  #token;
  #opening = null;

  /** Called with the answer of the server whenever a session was opened or renewed. */
  onOpened = () => {};

  constructor(base, storage) {
    this.#base = base;
    this.#storage = storage;
    this.#token = storage.get('token');
  }

  /** Opens a session, or renews the stored one; at most one such call is under way, in all tabs where the browser has locks. */
  open() {
    this.#opening ??= this.#locked(() => this.#openNow()).finally(() => { this.#opening = null; });
    return this.#opening;
  }

  /** Two tabs that start together must not become two conversations. */
  async #locked(action) {
    let begun = false;
    try {
      return await navigator.locks.request(`webchat:${this.#base}`, () => {
        begun = true;
        return action();
      });
    } catch (error) {
      if (begun) {
        throw error;
      }
      return action(); // No locks on plain HTTP; denied in a frame whose storage is blocked.
    }
  }

  async #openNow() {
    const stored = this.#storage.get('token') ?? this.#token;
    let response = stored ? await this.#post(stored) : await this.#post(null);
    if (stored && [400, 401, 403, 404, 410, 422].includes(response.status)) {
      response = await this.#post(null);
    }
    if (!response.ok) {
      throw await errorOf(response);
    }
    const session = await response.json().catch(() => { throw new ApiError('network'); });
    this.#token = session.token;
    this.#storage.set('token', session.token);
    this.onOpened(session);
    return session;
  }

  #post(token) {
    return send(`${this.#base}/sessions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify(token ? { token } : {}),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
  }

  /** Sends a request with the session's token; renews it once on 401. Rejects with an ApiError unless the answer is 2xx. */
  async request(path, { method = 'GET', headers = {}, body, signal } = {}) {
    for (let attempt = 0; ; attempt++) {
      const token = this.#token;
      const response = await send(`${this.#base}/${path}`, {
        method,
        headers: { ...headers, Authorization: `Bearer ${token}` },
        body,
        signal: signal ?? AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      if (response.ok) {
        return response;
      }
      if (response.status !== 401 || attempt > 0) {
        throw await errorOf(response);
      }
      if (token === this.#token) {
        await this.open();
      }
    }
  }

  async json(path, init) {
    const response = await this.request(path, init);
    try {
      return await response.json();
    } catch {
      throw new ApiError('network'); // The body broke off.
    }
  }

  history(before, limit) {
    const query = new URLSearchParams({ limit: String(limit) });
    if (before) {
      query.set('before', before);
    }
    return this.json(`messages?${query}`, { headers: { Accept: 'application/json' } });
  }

  post(text, clientMessageId, payload) {
    return this.json('messages', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ text, clientMessageId, payload }),
    });
  }
}
