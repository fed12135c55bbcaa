// Puts the page together: session, history, event stream, outbox and views.

import { Composer } from './composer.js';
import { EventStream } from './event-stream.js';
import { embed } from './embed.js';
import { allowImages } from './markdown/special.js';
import { Outbox } from './outbox.js';
import { ApiError, Session } from './session.js';
import { openStorage } from './storage.js';
import { texts } from './texts.js';
import { Transcript } from './transcript.js';
import { TranscriptView } from './transcript-view.js';

const PAGE_SIZE = 50;
const TYPING_MAX_MS = 60_000; // A typing state whose end was missed must not stay for ever.
const STALE_MAX_MS = 45_000;
const BANNER_AFTER_MS = 2_000;

const byId = (id) => document.getElementById(id);
const base = location.pathname.replace(/\/+$/, '');
const local = openStorage('localStorage', `webchat:${base}:`);
const perTab = openStorage('sessionStorage', `webchat:${base}:`);

const frame = embed();
const session = new Session(base, local);
const transcript = new Transcript();
const composer = new Composer(perTab);
const outbox = new Outbox(session, transcript, perTab, () => connected || navigator.onLine);
const view = new TranscriptView(transcript, {
  retry: () => outbox.retry(),
  remove: (entry) => {
    outbox.discard(entry.clientMessageId);
    composer.focus();
  },
  edit: (entry) => {
    outbox.discard(entry.clientMessageId);
    composer.restore(entry.text);
  },
  choose: (label, payload) => {
    outbox.add(label, payload);
    view.scrollToEnd();
    view.log.focus({ preventScroll: true }); // The button that had it is used up.
  },
});
const stream = new EventStream(session);

let bot = { name: 'Chat', greeting: null };
let conversationId = null;
let connected = false;
let ready = false;
let lastError = null;
let nextCursor = null;
let bannerTimer = null;
let typingTimer = null;
let staleTimer = null;
let unread = 0;

function showBot() {
  const name = frame.title ?? bot.name;
  byId('bot-name').textContent = name;
  for (const id of ['avatar', 'empty-avatar']) {
    byId(id).textContent = [...name.trim()][0]?.toUpperCase() ?? '';
  }
  view.botName = bot.name;
  showTitle();
}

function showTitle() {
  document.title = unread > 0 ? `(${unread}) ${frame.title ?? bot.name}` : frame.title ?? bot.name;
}

function problemText() {
  switch (lastError?.kind) {
    case 'missing': case 'rejected': case 'ended': case 'unauthorized': return texts.bannerMissing;
    case 'unavailable': return texts.bannerUnavailable;
    case 'limited': return texts.bannerBusy;
    default: return ready ? texts.bannerReconnecting : texts.bannerUnavailable;
  }
}

/** The header's light at once; the banner only when it lasts, so that a short break does not flicker. */
function showConnection() {
  // A server on this very machine answers without any network, so the stream's word counts first.
  const state = connected ? 'online' : !navigator.onLine ? 'offline' : ready || lastError ? 'reconnecting' : 'connecting';
  byId('connection').dataset.state = state;
  byId('connection-text').textContent = texts[state];
  clearTimeout(bannerTimer);
  const banner = byId('banner');
  if (state === 'online') {
    banner.hidden = true;
  } else if (state === 'offline') {
    setText(banner, texts.bannerOffline);
  } else if (banner.hidden) {
    bannerTimer = setTimeout(() => setText(banner, problemText()), BANNER_AFTER_MS);
  } else {
    setText(banner, problemText());
  }
}

function setText(node, text) {
  node.hidden = false;
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

function showTyping(on) {
  clearTimeout(typingTimer);
  view.showTyping(on);
  if (on) {
    typingTimer = setTimeout(() => view.showTyping(false), TYPING_MAX_MS);
  }
}

function showState(state) {
  const text = { handed_off: texts.handedOff, ended: texts.ended }[state];
  byId('notice').hidden = !text;
  byId('notice').textContent = text ?? '';
}

session.onOpened = (opened) => {
  bot = { name: opened.bot?.name || 'Chat', greeting: opened.bot?.greeting || null };
  composer.maxLength = opened.limits?.maxTextLength;
  allowImages(opened.imageOrigins ?? []);
  showBot();
  const changed = conversationId !== null && opened.conversationId !== conversationId;
  conversationId = opened.conversationId;
  if (changed && ready) {
    void startOver();
  }
};

/** The old conversation is gone on the server: show the new one, keep what was not sent. */
async function startOver() {
  transcript.reset();
  stream.lastEventId = '0';
  setText(byId('notice'), texts.newConversation);
  await persist(() => loadHistory());
  stream.reconnect();
}

function take(page) {
  for (const message of page.items) {
    transcript.merge(message);
    outbox.confirm(message.clientMessageId);
  }
  nextCursor = page.nextCursor ?? null;
  view.hasOlder = nextCursor !== null;
  if (nextCursor === null && bot.greeting) {
    transcript.greet(bot.greeting); // The beginning is on the page, and this is how it began.
  }
}

async function loadHistory() {
  take(await session.history(null, PAGE_SIZE));
  const last = String(transcript.lastSequence);
  if (stream.lastEventId === '0') {
    stream.lastEventId = last;
  }
  view.settle();
}

view.loadOlder = async () => {
  const page = await session.history(nextCursor, PAGE_SIZE);
  view.keepPosition(() => take(page));
};

view.onUnseen = () => {
  frame.announceMessage();
  if (document.hidden) {
    unread++;
    showTitle();
  }
};

stream.onEvent = (type, data) => {
  switch (type) {
    case 'message': {
      const isNew = transcript.merge(data);
      outbox.confirm(data.clientMessageId);
      if (data.role !== 'user') {
        showTyping(false);
      }
      if (isNew) {
        view.arrived(transcript.entries.find((entry) => entry.id === data.id));
      }
      break;
    }
    case 'delta':
      transcript.appendDelta(data);
      break;
    case 'typing':
      showTyping(data.on === true);
      break;
    case 'state':
      showState(data.state);
      break;
    case 'failed':
      transcript.dropTurn(data.turnId);
      showTyping(false);
      break;
  }
};

stream.onConnection = (open, error) => {
  connected = open;
  lastError = open ? null : error;
  clearTimeout(staleTimer);
  if (open) {
    outbox.resume();
    staleTimer = setTimeout(() => transcript.dropStale(), STALE_MAX_MS);
  } else {
    transcript.markStreamsStale();
    showTyping(false);
  }
  showConnection();
};

composer.onSend = (text) => {
  outbox.add(text);
  view.scrollToEnd();
};

/** Tries until it works: 1 s, 2 s, 4 s … 30 s, or at once when the network comes back. */
async function persist(action) {
  for (let failures = 0; ; failures++) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof ApiError)) {
        throw error;
      }
      lastError = error;
      showConnection();
      await pause(Math.max(error.retryAfterMs ?? 0, Math.min(30_000, 1000 * 2 ** failures) * (0.5 + Math.random() / 2)));
    }
  }
}

let wake = null;

function pause(ms) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

window.addEventListener('online', () => {
  wake?.();
  stream.reconnect();
  showConnection();
  outbox.resume();
});
window.addEventListener('offline', () => {
  stream.reconnect(); // Ends the dead connection; the next tries fail until the network is back.
  showConnection();
});
window.addEventListener('pageshow', (event) => {
  if (event.persisted) {
    stream.reconnect(); // Back from the back/forward cache: the old connection is dead.
  }
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) {
    unread = 0;
    showTitle();
    wake?.();
    stream.hurry();
  }
});
// iOS does not resize the page for its keyboard; the visual viewport tells. A pinch zoom also resizes that one.
window.visualViewport?.addEventListener('resize', ({ target }) => {
  const keyboard = Math.abs(target.scale - 1) < 0.01 && window.innerHeight - target.height > 80;
  if (keyboard) {
    document.documentElement.style.setProperty('--app-height', `${target.height}px`);
    window.scrollTo(0, 0);
  } else {
    document.documentElement.style.removeProperty('--app-height');
  }
});

if (!frame.embedded && matchMedia('(hover: hover)').matches) {
  composer.focus(); // Not on a phone, where it would open the keyboard.
}
frame.onFocus = () => composer.focus();
showConnection();
await persist(() => session.open());
await persist(() => loadHistory());
ready = true;
stream.start();
outbox.start();
