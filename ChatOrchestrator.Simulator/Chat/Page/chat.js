import { render } from './entities.js';

const api = '/simulator/telegram';
const $ = id => document.getElementById(id);
const list = $('messages');
const typingSeconds = 5; // https://core.telegram.org/bots/api#sendchataction

const person = loadPerson();
let bots = [];
let current = null;
let stream = null;
let typingTimer = 0;
const shown = new Map();

function loadPerson() {
  try {
    const stored = JSON.parse(localStorage.getItem('person'));
    if (stored?.user_id > 0) {
      return stored;
    }
  } catch {
    // Nobody yet.
  }
  const created = { user_id: 100000000 + Math.floor(Math.random() * 800000000), first_name: 'Alex', username: '' };
  localStorage.setItem('person', JSON.stringify(created));
  return created;
}

async function call(method, path, body) {
  const response = await fetch(api + path, {
    method,
    headers: body ? { 'Content-Type': 'application/json' } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail ?? problem.title ?? `The simulator answered ${response.status}.`);
  }
  return response.status === 204 || response.headers.get('content-length') === '0' ? null : response.json();
}

function act(path, extra) {
  return call('POST', path, {
    user_id: person.user_id, first_name: person.first_name, username: person.username || undefined,
    bot_id: current.bot.id, ...extra,
  });
}

function toast(text) {
  $('toast').textContent = text;
  $('toast').hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { $('toast').hidden = true; }, 5000);
}

async function guarded(work) {
  try {
    return await work();
  } catch (error) {
    toast(error.message);
    return undefined;
  }
}

// ---- bots -------------------------------------------------------------------------------------

async function loadBots() {
  bots = await call('GET', '/bots');
  $('no-bots').hidden = bots.length > 0;
  const wanted = Number(new URLSearchParams(location.search).get('bot')) || Number(sessionStorage.getItem('bot'));
  $('bots').replaceChildren(...bots.map(state => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(avatar(state.bot), Object.assign(document.createElement('span'), { className: 'names' }));
    button.lastChild.append(
      Object.assign(document.createElement('strong'), { textContent: state.bot.first_name }),
      Object.assign(document.createElement('small'), { textContent: `@${state.bot.username} · ${state.mode}` }));
    button.setAttribute('aria-current', String(current?.bot.id === state.bot.id));
    button.addEventListener('click', () => open(state));
    const item = document.createElement('li');
    item.append(button);
    return item;
  }));
  if (current) {
    current = bots.find(state => state.bot.id === current.bot.id) ?? current;
    showTitle();
  } else if (!matchMedia('(max-width: 640px)').matches || wanted) {
    const choice = bots.find(state => state.bot.id === wanted) ?? (bots.length === 1 ? bots[0] : null);
    if (choice) {
      await open(choice);
    }
  }
}

function avatar(bot) {
  const node = document.createElement('span');
  node.className = 'avatar';
  node.setAttribute('aria-hidden', 'true');
  node.textContent = [...bot.first_name][0] ?? '?';
  node.dataset.colour = String(bot.id % 6);
  return node;
}

function showTitle() {
  $('chat-title').textContent = current.bot.first_name;
  $('chat-avatar').replaceWith(Object.assign(avatar(current.bot), { id: 'chat-avatar' }));
  setTyping(false);
}

async function open(state) {
  current = state;
  sessionStorage.setItem('bot', String(state.bot.id));
  document.body.classList.add('in-chat');
  $('composer').hidden = false;
  $('clear').hidden = false;
  for (const button of $('bots').querySelectorAll('button')) {
    button.setAttribute('aria-current', 'false');
  }
  $('bots').querySelectorAll('button')[bots.indexOf(state)]?.setAttribute('aria-current', 'true');
  showTitle();
  await guarded(loadMessages);
  if (!matchMedia('(pointer: coarse)').matches) {
    $('text').focus();
  }
}

// ---- messages ---------------------------------------------------------------------------------

async function loadMessages() {
  const messages = await call('GET', `/messages?botId=${current.bot.id}&chatId=${person.user_id}`);
  shown.clear();
  list.replaceChildren();
  for (const message of messages) {
    show(message);
  }
  updateEmpty();
  list.scrollTop = list.scrollHeight;
}

function updateEmpty() {
  const start = shown.size === 0;
  $('empty').hidden = !start;
  $('empty').textContent = current ? 'Say hello, or begin with /start.' : 'Choose a bot on the left and write to it.';
}

function show(message) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const item = document.createElement('li');
  item.className = message.from?.is_bot ? 'in' : 'out';
  item.dataset.id = String(message.message_id);
  const bubble = document.createElement('div');
  bubble.className = 'bubble';
  if (message.reply_to_message) {
    const quote = document.createElement('div');
    quote.className = 'reply';
    quote.textContent = message.reply_to_message.text ?? '';
    bubble.append(quote);
  }
  const body = document.createElement('div');
  body.className = 'text';
  body.dir = 'auto';
  body.append(render(message.text ?? '', message.entities, send));
  bubble.append(body, time(message));
  item.append(bubble);
  const rows = message.reply_markup?.inline_keyboard ?? message.reply_markup?.keyboard;
  if (Array.isArray(rows)) {
    item.append(keyboard(message, rows));
  }

  const old = shown.get(message.message_id);
  if (old) {
    old.replaceWith(item);
  } else {
    list.append(item);
  }
  shown.set(message.message_id, item);
  updateEmpty();
  if (atEnd || item.className === 'out') {
    list.scrollTop = list.scrollHeight;
  }
}

function time(message) {
  const node = document.createElement('time');
  node.textContent = (message.edit_date ? 'edited ' : '') +
    new Date(message.date * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return node;
}

function keyboard(message, rows) {
  const node = document.createElement('div');
  node.className = 'keyboard';
  for (const row of rows) {
    const line = document.createElement('div');
    for (const key of row) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = typeof key === 'string' ? key : key.text;
      button.addEventListener('click', () => guarded(async () => {
        if (key.url) {
          if (/^https?:\/\//i.test(key.url)) {
            window.open(key.url, '_blank', 'noopener,noreferrer');
          }
        } else if (key.callback_data !== undefined) {
          await act('/callbacks', { message_id: message.message_id, data: key.callback_data });
        } else {
          await send(button.textContent);
        }
      }));
      line.append(button);
    }
    node.append(line);
  }
  return node;
}

async function send(text) {
  return guarded(() => act('/messages', { text }));
}

function setTyping(on, action = 'typing') {
  clearTimeout(typingTimer);
  $('chat-status').textContent = on ? (action === 'typing' ? 'typing…' : action.replaceAll('_', ' ') + '…') : `@${current.bot.username}`;
  $('chat-status').classList.toggle('typing', on);
  if (on) {
    typingTimer = setTimeout(() => setTyping(false), typingSeconds * 1000);
  }
}

// ---- live -------------------------------------------------------------------------------------

function listen() {
  stream?.close();
  stream = new EventSource(`${api}/events`);
  stream.onmessage = event => guarded(() => handle(JSON.parse(event.data)));
  stream.onerror = () => { if (current) $('chat-status').textContent = 'connecting…'; };
}

async function handle(event) {
  if (event.type === 'ready' || event.type === 'bots') {
    await loadBots();
    if (event.type === 'ready' && current) {
      await loadMessages();
    }
    return;
  }
  if (event.type === 'clear' && event.bot_id === undefined) {
    shown.clear();
    list.replaceChildren();
    await loadBots();
    updateEmpty();
    return;
  }
  if (!current || event.bot_id !== current.bot.id || (event.chat_id !== undefined && event.chat_id !== person.user_id)) {
    return;
  }
  switch (event.type) {
    case 'message':
      if (event.data.from?.is_bot) setTyping(false);
      show(event.data);
      break;
    case 'edit':
      show(event.data);
      break;
    case 'delete':
      shown.get(event.data.message_id)?.remove();
      shown.delete(event.data.message_id);
      updateEmpty();
      break;
    case 'action':
      setTyping(true, event.data.action);
      break;
    case 'callback_answer':
      if (event.data.text) toast(event.data.text);
      break;
    case 'commands':
      current.commands = event.data;
      break;
    case 'clear':
      await loadMessages();
      break;
  }
}

// ---- composing --------------------------------------------------------------------------------

const text = $('text');

function resize() {
  text.style.height = 'auto';
  text.style.height = Math.min(text.scrollHeight, 160) + 'px';
}

function suggest() {
  const typed = /^\/(\w*)$/.exec(text.value);
  const matches = typed && Array.isArray(current?.commands)
    ? current.commands.filter(c => c.command.startsWith(typed[1].toLowerCase())) : [];
  $('commands').hidden = matches.length === 0;
  $('commands').replaceChildren(...matches.map(c => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(Object.assign(document.createElement('strong'), { textContent: '/' + c.command }), ' ' + c.description);
    button.addEventListener('click', () => { text.value = ''; suggest(); resize(); send('/' + c.command); text.focus(); });
    const item = document.createElement('li');
    item.append(button);
    return item;
  }));
}

text.addEventListener('input', () => { resize(); suggest(); });
text.addEventListener('keydown', event => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $('composer').requestSubmit();
  }
});
$('composer').addEventListener('submit', async event => {
  event.preventDefault();
  const value = text.value;
  if (!value.trim() || !current) {
    return;
  }
  text.value = '';
  resize();
  suggest();
  if (await send(value) === undefined) {
    text.value = value; // Nothing that was typed is lost.
    resize();
  }
});
$('back').addEventListener('click', () => { document.body.classList.remove('in-chat'); });
$('clear').addEventListener('click', () => guarded(() =>
  call('DELETE', `/messages?botId=${current.bot.id}&chatId=${person.user_id}`)));

// ---- the person -------------------------------------------------------------------------------

function showPerson() {
  $('person-name').textContent = person.first_name;
}

$('edit-person').addEventListener('click', () => {
  $('person-first').value = person.first_name;
  $('person-username').value = person.username ?? '';
  $('person-id').value = String(person.user_id);
  $('person-dialog').showModal();
});
$('person-dialog').addEventListener('close', () => guarded(async () => {
  if ($('person-dialog').returnValue !== 'save') {
    return;
  }
  person.first_name = $('person-first').value.trim() || person.first_name;
  person.username = $('person-username').value.trim();
  person.user_id = Number($('person-id').value);
  localStorage.setItem('person', JSON.stringify(person));
  showPerson();
  if (current) {
    await loadMessages();
  }
}));

$('api-root').textContent = location.origin;
showPerson();
updateEmpty();
listen();
