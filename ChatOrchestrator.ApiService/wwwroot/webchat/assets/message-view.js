// One message as an <li>: day line, author, bubble, time and state.

import { renderMarkdown, renderPlain } from './markdown/render.js';
import { texts } from './texts.js';

const GROUP_GAP_MS = 5 * 60_000;

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dayWithYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });

function create(name, className, text) {
  const node = document.createElement(name);
  node.className = className;
  if (text !== undefined) {
    node.textContent = text;
  }
  return node;
}

function dayLabel(date) {
  const now = new Date();
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) {
    return texts.today;
  }
  if (days === 1) {
    return texts.yesterday;
  }
  return (date.getFullYear() === now.getFullYear() ? day : dayWithYear).format(date);
}

function dateOf(entry) {
  const date = entry?.createdAt ? new Date(entry.createdAt) : null;
  return date && !Number.isNaN(date.getTime()) ? date : null;
}

function failureText(reason) {
  switch (reason) {
    case 'invalid': return texts.failedInvalid;
    case 'ended': return texts.failedEnded;
    case 'missing': return texts.failedMissing;
    case 'unavailable': return texts.failedUnavailable;
    default: return texts.failed;
  }
}

function stateText(entry) {
  switch (entry.state) {
    case 'sending': return entry.error === 'limited' ? texts.stateLimited : texts.stateSending;
    case 'queued': return texts.stateQueued;
    case 'failed': return failureText(entry.error);
    case 'sent': case 'stored': return entry.role === 'user' ? texts.stateSent : '';
    default: return '';
  }
}

export class MessageView {
  #entry;
  #botName;
  #actions;
  #content;
  #meta;
  #day = null;
  #who = null;
  #shownText = null;
  #shownStreaming = null;
  #isLast = false;

  /**
   * `actions`: retry(), edit(entry) and remove(entry), for a message that could not be sent; choose(label, payload) for a
   * button of the bot's.
   */
  constructor(entry, botName, actions) {
    this.#entry = entry;
    this.#botName = botName;
    this.#actions = actions;
    this.element = create('li', 'message');
    this.#content = create('div', 'bubble');
    this.#meta = create('div', 'meta');
    this.element.append(this.#content, this.#meta);
    this.#content.addEventListener('click', ({ target }) => {
      const button = target.closest('button.choice');
      if (button && !button.disabled) {
        actions.choose(button.textContent, button.dataset.payload);
      }
    });
  }

  /** Who wrote it, in words. */
  get author() {
    return { user: texts.you, agent: texts.agent }[this.#entry.role] ?? this.#botName();
  }

  /** Brings text and state up to date. */
  update() {
    const entry = this.#entry;
    const { element } = this;
    element.dataset.role = entry.role;
    element.dataset.state = entry.state;
    if (entry.id) {
      element.dataset.id = entry.id;
    }
    if (entry.text !== this.#shownText || entry.streaming !== this.#shownStreaming) {
      if (entry.role === 'user') {
        this.#content.classList.add('plain');
        this.#content.dir = 'auto';
        renderPlain(this.#content, entry.text);
      } else {
        renderMarkdown(this.#content, entry.text, { streaming: entry.streaming });
      }
      this.#shownText = entry.text;
      this.#shownStreaming = entry.streaming;
    }
    element.classList.toggle('streaming', entry.streaming);
    element.hidden = entry.streaming && entry.text.trim() === '';
    this.#enableChoices();
    this.#updateMeta();
  }

  #updateMeta() {
    const entry = this.#entry;
    const date = dateOf(entry);
    const parts = [];
    if (date && entry.state !== 'greeting' && entry.state !== 'failed' && entry.state !== 'queued') {
      const time = create('time', '', clock.format(date));
      time.dateTime = date.toISOString();
      time.title = full.format(date);
      parts.push(time);
    }
    const state = stateText(entry);
    if (state) {
      parts.push(create('span', 'state', state));
    }
    if (entry.state === 'failed') {
      parts.push(entry.error === 'invalid'
        ? this.#button(texts.edit, () => this.#actions.edit(entry))
        : this.#button(texts.retry, () => this.#actions.retry(entry)));
      parts.push(this.#button(texts.remove, () => this.#actions.remove(entry)));
    }
    this.#meta.replaceChildren(...parts);
  }

  #button(label, action) {
    const button = create('button', 'link-button', label);
    button.type = 'button';
    button.addEventListener('click', action);
    return button;
  }

  /** Day line, author and spacing depend on the neighbours. */
  arrange(previous, next) {
    const entry = this.#entry;
    const date = dateOf(entry);
    const newDay = date !== null && (!dateOf(previous) || dateOf(previous).toDateString() !== date.toDateString());
    const first = newDay || !MessageView.#sameGroup(previous, entry);
    const last = !MessageView.#sameGroup(entry, next);
    this.#isLast = !next;
    this.#enableChoices();
    this.element.classList.toggle('first', first);
    this.element.classList.toggle('last', last);
    this.#day = this.#toggle(this.#day, newDay ? dayLabel(date) : null, 'day');
    // The visitor's own side needs no name to be seen, but to be heard.
    const author = first ? this.author : null;
    this.#who = this.#toggle(this.#who, author, entry.role === 'user' ? 'who visually-hidden' : 'who');
  }

  /** A choice is open until anything stands below it: the press itself, or what made the question out of date. */
  #enableChoices() {
    for (const button of this.#content.querySelectorAll('button.choice')) {
      button.disabled = !this.#isLast || this.#entry.streaming;
    }
  }

  #toggle(node, text, className) {
    if (text === null) {
      node?.remove();
      return null;
    }
    const result = node ?? create('div', className, text);
    if (result.textContent !== text) {
      result.textContent = text;
    }
    if (!node) {
      result.dir = 'auto';
      this.element.insertBefore(result, className === 'day' ? this.element.firstChild : this.#content);
    }
    return result;
  }

  static #sameGroup(a, b) {
    if (!a || !b || a.role !== b.role) {
      return false;
    }
    const [from, to] = [dateOf(a), dateOf(b)];
    return !from || !to || (to - from < GROUP_GAP_MS && from.toDateString() === to.toDateString());
  }
}
