// The simulator's chat API (/simulator/chat), who the person is, and what of a message's media comes from this server.

const api = '/simulator/chat';

export const person = loadPerson();

function loadPerson() {
  try {
    const stored = JSON.parse(localStorage.getItem('person'));
    if (stored?.user_id > 0) {
      return { id: stored.user_id, name: stored.first_name || 'Alex' };
    }
  } catch {
    // Nobody yet.
  }
  const created = { id: 100000000 + Math.floor(Math.random() * 800000000), name: 'Alex' };
  savePerson(created);
  return created;
}

export function savePerson({ id, name }) {
  localStorage.setItem('person', JSON.stringify({ user_id: id, first_name: name }));
}

async function call(path, init) {
  const response = await fetch(api + path, init);
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail ?? problem.title ?? `The simulator answered ${response.status}.`);
  }
  return response.status === 204 ? null : response.json();
}

function post(path, body) {
  return call(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

function reference({ platform, bot }) {
  return { platform: platform.name, bot_id: bot.id, person_id: person.id, person_name: person.name };
}

export const platforms = () => call('/platforms');

export function messages({ platform, bot }) {
  return call(`/messages?${new URLSearchParams({ platform: platform.name, botId: bot.id, personId: String(person.id), personName: person.name })}`);
}

export function send(chat, text, files) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...reference(chat), text })) {
    form.append(name, value);
  }
  for (const file of files) {
    form.append('file', file, file.name);
  }
  return call('/messages', { method: 'POST', body: form });
}

export const press = (chat, messageId, buttonId) => post('/presses', { ...reference(chat), message_id: messageId, button_id: buttonId });

export const clear = (chat) => post('/clear', reference(chat));

/** Every change, as `{type, platform, bot_id, text}`; reconnects by itself and says `ready` then. */
export function listen(onNews, onLost) {
  const stream = new EventSource(`${api}/events`);
  stream.onmessage = (event) => onNews(JSON.parse(event.data));
  stream.onerror = onLost;
}

const isLoopback = (host) => host === 'localhost' || host === '127.0.0.1' || host === '[::1]';

/**
 * The address on this server, or null: the same origin, or this machine by another of its names. Only that is loaded to be
 * shown: a picture elsewhere would tell its server that, when and from where the answer was read.
 */
export function onThisServer(url) {
  try {
    const { protocol, origin, hostname, port, pathname, search } = new URL(url, location.href);
    const same = origin === location.origin
      || (protocol === location.protocol && port === location.port && isLoopback(hostname) && isLoopback(location.hostname));
    return same ? pathname + search : null;
  } catch {
    return null;
  }
}

/** The address if it may be opened, or null. */
export function openable(url) {
  try {
    const parsed = new URL(url, location.href);
    return ['http:', 'https:'].includes(parsed.protocol) ? parsed : null;
  } catch {
    return null;
  }
}
