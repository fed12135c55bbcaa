// One chat with one bot: header, messages, composer. The page has one of them, or one for each platform.

import { Composer } from './composer.js';
import { entryNode } from './entry.js';
import * as server from './server.js';

const typingSeconds = 5;
const names = { telegram: 'Telegram', messenger: 'Messenger', whatsapp: 'WhatsApp', slack: 'Slack', discord: 'Discord' };

export const platformLabel = (name) => names[name] ?? name[0].toUpperCase() + name.slice(1);

export function showAvatar(node, bot) {
  node.textContent = [...bot.name][0]?.toUpperCase() ?? '?';
  node.dataset.colour = String([...bot.id].reduce((sum, c) => sum + c.codePointAt(0), 0) % 6);
}

export class Column {
  /** `{platform, bot}`, or null before one is chosen. */
  chat = null;
  #shown = new Map();
  #loading = false;
  #again = false;
  #typingTimer = 0;
  #toastTimer = 0;
  #isAtEnd = true;

  /** `onChoose(botId)`: another bot was chosen in the header, where that is possible. */
  constructor({ showsPlatform = false, onChoose = () => {}, onBack = () => {} } = {}) {
    this.showsPlatform = showsPlatform;
    this.element = document.getElementById('column-template').content.firstElementChild.cloneNode(true);
    this.part = Object.fromEntries(['avatar', 'name', 'status', 'messages', 'empty', 'toast', 'clear', 'back', 'bot-choice']
      .map((name) => [name, this.element.querySelector(`.${name}`)]));
    this.composer = new Composer('Message', (text, files) => this.send(text, files));
    this.composer.element.hidden = true;
    this.element.append(this.composer.element);
    // Whoever reads the end goes on reading it when a file is attached, a picture has come or the keyboard opens.
    const list = this.part.messages;
    list.addEventListener('scroll', () => { this.#isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80; }, { passive: true });
    new ResizeObserver(() => this.#isAtEnd && this.#toEnd()).observe(list);
    this.part.back.addEventListener('click', onBack);
    this.part.clear.addEventListener('click', () => this.#guarded(() => server.clear(this.chat)));
    this.part['bot-choice'].addEventListener('change', (event) => onChoose(event.target.value));
    this.#showEmpty();
  }

  async open(chat) {
    const { part } = this;
    const isOther = chat.platform.name !== this.chat?.platform.name || chat.bot.id !== this.chat?.bot.id;
    this.chat = chat;
    this.element.dataset.platform = chat.platform.name;
    this.element.setAttribute('aria-label', `${chat.bot.name} on ${platformLabel(chat.platform.name)}`);
    part.name.textContent = this.showsPlatform ? platformLabel(chat.platform.name) : chat.bot.name;
    part.clear.hidden = !chat.platform.clears;
    this.composer.element.hidden = false;
    this.composer.label = this.showsPlatform ? `Message on ${platformLabel(chat.platform.name)}` : 'Message';
    showAvatar(part.avatar, this.showsPlatform ? { ...chat.bot, name: platformLabel(chat.platform.name) } : chat.bot);
    this.#showChoice();
    if (isOther) {
      this.#shown.clear();
      part.messages.replaceChildren();
      this.#isAtEnd = true;
      this.#setTyping(false);
      await this.refresh();
    } else if (!part.status.classList.contains('typing')) {
      this.#setTyping(false);
    }
  }

  /** Reads the chat again; while one reading is on its way the next ones become one. */
  async refresh() {
    if (!this.chat || this.#loading) {
      this.#again = this.#loading;
      return;
    }
    this.#loading = true;
    try {
      do {
        this.#again = false;
        const { chat } = this;
        const read = await this.#guarded(() => server.messages(chat));
        if (read && chat === this.chat) {
          this.#show(read);
        } else {
          this.#again ||= chat !== this.chat;
        }
      } while (this.#again);
    } finally {
      this.#loading = false;
    }
  }

  /** False: it was not sent. */
  async send(text, files = []) {
    if (!this.chat) {
      return false;
    }
    this.#toEnd();
    return await this.#guarded(async () => {
      await server.send(this.chat, text, files);
      return true;
    }) ?? false;
  }

  tell(text) {
    const { toast } = this.part;
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(this.#toastTimer);
    this.#toastTimer = setTimeout(() => { toast.hidden = true; }, 5000);
  }

  showLost() {
    if (this.chat) {
      this.part.status.textContent = 'connecting…';
    }
  }

  async #guarded(work) {
    try {
      return await work();
    } catch (error) {
      this.tell(error.message);
      return undefined;
    }
  }

  #showChoice() {
    const select = this.part['bot-choice'];
    const { platform, bot } = this.chat;
    select.hidden = !this.showsPlatform || platform.bots.length < 2;
    select.replaceChildren(...platform.bots.map((other) => new Option(other.name, other.id, false, other.id === bot.id)));
    select.setAttribute('aria-label', `Bot on ${platformLabel(platform.name)}`);
  }

  #show({ messages, commands }) {
    this.composer.commands = commands;
    const list = this.part.messages;
    const hadFocus = list.contains(document.activeElement) && document.activeElement !== list;
    const before = this.#shown;
    this.#shown = new Map();
    let place = list.firstElementChild;
    let isNew = false;
    for (const entry of messages) {
      const key = JSON.stringify(entry);
      const old = before.get(entry.id);
      before.delete(entry.id);
      const node = old?.key === key ? old.node : this.#node(entry);
      isNew ||= !old && !entry.from_bot;
      if (old && old.node !== node) {
        place = place === old.node ? node : place;
        old.node.replaceWith(node);
      }
      if (place === node) {
        place = node.nextElementSibling;
      } else {
        list.insertBefore(node, place);
      }
      this.#shown.set(entry.id, { key, node });
    }
    for (const { node } of before.values()) {
      node.remove();
    }
    if (hadFocus && !list.contains(document.activeElement)) {
      list.focus({ preventScroll: true });
    }
    this.#setTyping(messages.some((entry) => entry.is_typing));
    this.#showEmpty();
    if (this.#isAtEnd || isNew) {
      this.#toEnd();
    }
  }

  #node(entry) {
    const node = entryNode(entry, { bot: this.chat.bot.name, person: server.person.name }, {
      send: (text) => this.send(text),
      press: (buttonId) => this.#guarded(() => server.press(this.chat, entry.id, buttonId)),
    });
    for (const image of node.querySelectorAll('img')) {
      image.addEventListener('load', () => this.#isAtEnd && this.#toEnd());
    }
    return node;
  }

  #toEnd() {
    this.#isAtEnd = true;
    this.part.messages.scrollTop = this.part.messages.scrollHeight;
  }

  #setTyping(on) {
    clearTimeout(this.#typingTimer);
    const { status } = this.part;
    status.textContent = on ? 'typing…' : this.showsPlatform ? `${this.chat.bot.name} · ${this.chat.bot.detail}` : this.chat.bot.detail;
    status.title = on ? '' : status.textContent;
    status.classList.toggle('typing', on);
    if (on) {
      // Typing ends by itself, and nobody says so.
      this.#typingTimer = setTimeout(() => this.refresh(), typingSeconds * 1000);
    }
  }

  #showEmpty() {
    this.part.empty.hidden = this.#shown.size > 0;
    this.part.empty.textContent = this.chat ? 'Say hello, or begin with /start.' : 'Choose a bot on the left and write to it.';
  }
}
