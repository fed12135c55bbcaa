// The page: a rail of bots with one chat, or (?all) one chat of each platform side by side.

import { Column, platformLabel, showAvatar } from './column.js';
import { Composer } from './composer.js';
import * as server from './server.js';

const $ = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const isAll = query.has('all');

let platforms = [];
/** In the order in which they stand on the page. */
let columns = [];

// ---- one chat ---------------------------------------------------------------------------------

const key = (platform, bot) => `${platform.name}/${bot.id}`;

function showRail() {
  $('no-bots').hidden = platforms.some((platform) => platform.bots.length > 0);
  $('bots').replaceChildren(...platforms.filter((platform) => platform.bots.length > 0).flatMap((platform) => {
    const heading = Object.assign(document.createElement('h2'), { textContent: platformLabel(platform.name), id: `rail-${platform.name}` });
    const list = document.createElement('ul');
    list.setAttribute('aria-labelledby', heading.id);
    list.dataset.platform = platform.name;
    list.append(...platform.bots.map((bot) => railItem(platform, bot)));
    return [heading, list];
  }));
}

function railItem(platform, bot) {
  const { chat } = columns[0];
  const button = document.createElement('button');
  const avatar = Object.assign(document.createElement('span'), { className: 'avatar' });
  avatar.setAttribute('aria-hidden', 'true');
  showAvatar(avatar, bot);
  const names = Object.assign(document.createElement('span'), { className: 'names' });
  names.append(
    Object.assign(document.createElement('strong'), { textContent: bot.name }),
    Object.assign(document.createElement('small'), { textContent: bot.detail }));
  button.type = 'button';
  button.append(avatar, names);
  button.setAttribute('aria-current', String(Boolean(chat) && key(platform, bot) === key(chat.platform, chat.bot)));
  button.addEventListener('click', () => choose(platform, bot));
  const item = document.createElement('li');
  item.append(button);
  return item;
}

async function choose(platform, bot) {
  sessionStorage.setItem('chat', key(platform, bot));
  document.body.classList.add('in-chat');
  const opened = columns[0].open({ platform, bot });
  showRail();
  await opened;
  if (!matchMedia('(pointer: coarse)').matches) {
    columns[0].composer.focus();
  }
}

async function showOne() {
  showRail();
  const all = platforms.flatMap((platform) => platform.bots.map((bot) => ({ platform, bot })));
  const { chat } = columns[0];
  if (chat) {
    const now = all.find((other) => key(other.platform, other.bot) === key(chat.platform, chat.bot));
    if (now) {
      await columns[0].open(now);
    }
    return;
  }
  const asked = query.get('bot') ?? null;
  const stored = sessionStorage.getItem('chat');
  const wanted = all.find(({ platform, bot }) => asked !== null
    ? bot.id === asked && (!query.has('platform') || platform.name === query.get('platform'))
    : key(platform, bot) === stored);
  const isNarrow = matchMedia('(max-width: 640px)').matches;
  const choice = wanted ?? (all.length === 1 && !isNarrow ? all[0] : null);
  if (choice) {
    await choose(choice.platform, choice.bot);
  }
}

// ---- side by side -----------------------------------------------------------------------------

function botOf(platform) {
  const stored = sessionStorage.getItem(`bot:${platform.name}`);
  const wanted = query.get('all');
  return platform.bots.find((bot) => bot.id === stored)
    ?? platform.bots.find((bot) => wanted && bot.name === wanted)
    ?? platform.bots[0];
}

async function showAll() {
  const inUse = platforms.filter((platform) => platform.bots.length > 0);
  $('main').classList.toggle('without-bots', inUse.length === 0 && !webChat());
  await Promise.all(inUse.map((platform) => {
    let column = columns.find((other) => other.chat?.platform.name === platform.name);
    if (!column) {
      column = new Column({
        showsPlatform: true,
        onChoose: (id) => {
          sessionStorage.setItem(`bot:${platform.name}`, id);
          const now = platforms.find((other) => other.name === platform.name);
          void column.open({ platform: now, bot: now.bots.find((bot) => bot.id === id) });
        },
      });
      columns.push(column);
      $('columns').insertBefore(column.element, $('webchat'));
    }
    const kept = platform.bots.find((bot) => bot.id === column.chat?.bot.id);
    return column.open({ platform, bot: kept ?? botOf(platform) });
  }));
}

/** The product's own page in a column. The server lets only what is on this machine be framed (frame-src). */
function webChat() {
  const address = query.get('webchat') ? server.openable(query.get('webchat')) : null;
  if (!address) {
    return null;
  }
  const section = Object.assign(document.createElement('section'), { className: 'column', id: 'webchat' });
  section.dataset.platform = 'webchat';
  section.setAttribute('aria-label', 'Web chat');
  const frame = Object.assign(document.createElement('iframe'), { title: 'Web chat', src: address.href, referrerPolicy: 'no-referrer' });
  // Scripts and its own storage, as on the pages that embed it; never this page's frame.
  frame.sandbox.add('allow-scripts', 'allow-same-origin', 'allow-forms', 'allow-popups', 'allow-popups-to-escape-sandbox');
  section.append(frame);
  return section;
}

// ---- both -------------------------------------------------------------------------------------

let loading = null;
let again = false;

/** Reads which bots there are; while one reading is on its way the next ones become one. */
async function load() {
  if (loading) {
    again = true;
    return loading;
  }
  loading = (async () => {
    do {
      again = false;
      platforms = await server.platforms();
      await (isAll ? showAll() : showOne());
    } while (again);
  })().finally(() => { loading = null; });
  return loading;
}

async function handle(news) {
  if (news.type === 'told') {
    columns.filter((column) => isIn(column, news)).forEach((column) => column.tell(news.text));
    return;
  }
  const isKnown = news.bot_id && platforms.some((platform) => platform.name === news.platform && platform.bots.some((bot) => bot.id === news.bot_id));
  if (!isKnown) {
    await load();
  }
  await Promise.all(columns.filter((column) => news.type === 'ready' || isIn(column, news)).map((column) => column.refresh()));
}

function isIn(column, news) {
  return column.chat?.platform.name === news.platform && (!news.bot_id || column.chat.bot.id === news.bot_id);
}

function showPerson() {
  for (const node of document.querySelectorAll('.person-name')) {
    node.textContent = server.person.name;
  }
}

for (const button of document.querySelectorAll('.edit-person')) {
  button.addEventListener('click', () => {
    $('person-first').value = server.person.name;
    $('person-id').value = String(server.person.id);
    $('person-dialog').showModal();
  });
}
$('person-dialog').addEventListener('close', () => {
  if ($('person-dialog').returnValue === 'save') {
    server.person.name = $('person-first').value.trim() || server.person.name;
    server.person.id = Number($('person-id').value);
    server.savePerson(server.person);
    showPerson();
    columns.forEach((column) => void column.refresh());
  }
});

if (isAll) {
  document.body.classList.add('all');
  $('bar').hidden = false;
  $('sidebar').hidden = true;
  const row = Object.assign(document.createElement('div'), { id: 'columns' });
  const chat = webChat();
  if (chat) {
    row.append(chat);
  }
  const composer = new Composer('Message to all', async (text, files) => {
    const sent = await Promise.all(columns.map((column) => column.send(text, files)));
    return sent.length === 0 || sent.some(Boolean); // What failed says so in its column; what was sent must not be sent twice.
  });
  composer.element.id = 'to-all';
  const none = Object.assign(document.createElement('p'), { id: 'none', textContent: 'No bot is connected yet.' });
  $('main').append(row, none, composer.element);
} else {
  const column = new Column({ onBack: () => document.body.classList.remove('in-chat') });
  column.element.setAttribute('aria-label', 'Chat');
  for (const [part, id] of [['messages', 'messages'], ['status', 'chat-status']]) {
    column.part[part].id = id;
  }
  columns = [column];
  $('main').append(column.element);
}
$('api-root').textContent = location.origin;
showPerson();
server.listen((news) => handle(news).catch((error) => columns.forEach((column) => column.tell(error.message))), () => columns.forEach((column) => column.showLost()));
