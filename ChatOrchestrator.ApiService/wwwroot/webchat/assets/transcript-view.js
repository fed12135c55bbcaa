// The scrolling log: keeps the DOM in step with the transcript, stays at the end only if the reader is there, loads
// earlier messages at the top, and speaks finished messages to assistive technology.

import { MessageView } from './message-view.js';
import { texts } from './texts.js';

const BOTTOM_SLACK_PX = 60;
const OLDER_AT_PX = 300;
const ANNOUNCED_MAX = 600; // Characters read aloud of one message; the rest can be read in the log.

const byId = (id) => document.getElementById(id);

export class TranscriptView {
  #transcript;
  #views = new Map();
  #dirty = new Set();
  #frame = null;
  #frameCost = 0;
  #atBottom = true;
  #unseen = 0;
  #loadingOlder = false;
  #botName = '';
  #pinning = false;

  log = byId('log');
  #list = byId('messages');
  #typing = byId('typing');
  #pill = byId('pill');
  #older = byId('older');
  #empty = byId('empty');
  #announcer = byId('announcer');

  /** Asked for earlier messages; resolves when they are in the transcript, rejects if they could not be loaded. */
  loadOlder = async () => {};
  hasOlder = false;
  /** A message was seen for the first time by this page, and it is not the visitor's. */
  onUnseen = () => {};

  constructor(transcript, actions) {
    this.#transcript = transcript;
    this.actions = actions;
    transcript.onChange = (kind, entry) => this.#changed(kind, entry);
    for (const entry of transcript.entries) {
      this.#changed('add', entry);
    }
    this.log.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.log.addEventListener('scrollend', () => {
      this.#pinning = false;
      this.#scrolled();
    });
    this.#pill.addEventListener('click', () => {
      this.scrollToEnd(true);
      this.log.focus({ preventScroll: true });
    });
    // The keyboard of a phone, a rotated screen, an image of a font: the end stays the end.
    new ResizeObserver(() => this.#pin()).observe(this.log);
    new ResizeObserver(() => this.#pin()).observe(this.#list);
  }

  set botName(name) {
    this.#botName = name;
    byId('empty-title').textContent = texts.emptyTitle(name);
    this.#views.forEach((view, entry) => this.#arrangeAround(entry));
  }

  /** Shows or hides the empty state; called when the history is known. */
  settle() {
    this.#empty.hidden = !this.#transcript.isEmpty;
    this.#pin();
    this.#maybeLoadOlder();
  }

  /** Runs an action that inserts above what is read, without moving what is read. */
  keepPosition(action) {
    const fromEnd = this.log.scrollHeight - this.log.scrollTop;
    action();
    this.#flush();
    this.log.scrollTop = this.log.scrollHeight - fromEnd;
  }

  showTyping(on) {
    const visible = on && !this.#transcript.entries.some((entry) => entry.streaming && entry.text.trim() !== '' && !entry.stale);
    if (this.#typing.hidden === visible) {
      this.#typing.hidden = !visible;
      this.#pin();
    }
  }

  announce(entry) {
    const view = this.#views.get(entry);
    if (!view) {
      return;
    }
    const words = view.element.querySelector('.bubble').textContent.slice(0, ANNOUNCED_MAX);
    const line = document.createElement('p');
    line.textContent = texts.announce(view.author, words);
    this.#announcer.append(line);
    while (this.#announcer.childElementCount > 5) {
      this.#announcer.firstElementChild.remove();
    }
  }

  /** Something arrived: follow it, or offer to. */
  arrived(entry) {
    this.#flush();
    if (this.#atBottom) {
      this.scrollToEnd();
    } else if (entry.role !== 'user') {
      this.#unseen++;
      this.#showPill();
    }
    if (entry.role !== 'user') {
      this.announce(entry);
      this.onUnseen(entry);
    }
  }

  scrollToEnd(smooth = false) {
    this.#atBottom = true;
    this.#unseen = 0;
    // Without a scrollend event nobody would tell when a smooth scroll is over.
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches || !('onscrollend' in window);
    this.#pinning = smooth && !still;
    this.log.scrollTo({ top: this.log.scrollHeight, behavior: this.#pinning ? 'smooth' : 'instant' });
    this.#showPill();
  }

  #changed(kind, entry) {
    if (kind === 'remove') {
      const view = this.#views.get(entry);
      const next = this.#entryAfter(view?.element);
      view?.element.remove();
      this.#views.delete(entry);
      this.#dirty.delete(entry);
      const neighbour = next ?? this.#transcript.entries.at(-1);
      if (neighbour) {
        this.#arrangeAround(neighbour);
      }
      return;
    }
    if (kind === 'update' && entry.streaming) {
      this.#schedule(entry);
      return;
    }
    let view = this.#views.get(entry);
    if (!view) {
      view = new MessageView(entry, () => this.#botName, this.actions);
      this.#views.set(entry, view);
    }
    this.#dirty.delete(entry);
    this.#empty.hidden = true;
    view.update();
    if (kind !== 'update') {
      const hadFocus = view.element.contains(document.activeElement);
      const index = this.#transcript.entries.indexOf(entry);
      const following = this.#transcript.entries.slice(index + 1).find((other) => this.#views.has(other));
      const formerNext = this.#entryAfter(view.element);
      this.#list.insertBefore(view.element, following ? this.#views.get(following).element : null);
      if (hadFocus && !view.element.contains(document.activeElement)) {
        this.log.focus({ preventScroll: true });
      }
      if (formerNext) {
        this.#arrangeAround(formerNext);
      }
    }
    this.#arrangeAround(entry);
  }

  #entryAfter(element) {
    const next = element?.nextElementSibling;
    return next ? this.#transcript.entries.find((entry) => this.#views.get(entry)?.element === next) : null;
  }

  #arrangeAround(entry) {
    const { entries } = this.#transcript;
    const index = entries.indexOf(entry);
    for (const i of [index - 1, index, index + 1]) {
      if (i >= 0 && i < entries.length) {
        this.#views.get(entries[i])?.arrange(entries[i - 1], entries[i + 1]);
      }
    }
  }

  // Tokens are drawn once per frame, and less often when drawing takes long.
  #schedule(entry) {
    this.#dirty.add(entry);
    this.#frame ??= setTimeout(() => requestAnimationFrame(() => this.#draw()), Math.min(1000, this.#frameCost * 3));
  }

  #draw() {
    const begin = performance.now();
    this.#flush();
    this.#frame = null;
    this.#frameCost = performance.now() - begin;
  }

  #flush() {
    for (const entry of this.#dirty) {
      this.#views.get(entry)?.update();
    }
    if (this.#dirty.size > 0) {
      this.#dirty.clear();
      this.#typing.hidden = true;
      this.#pin();
    }
  }

  #pin() {
    if (this.#atBottom && !this.#pinning) {
      this.log.scrollTop = this.log.scrollHeight;
    }
  }

  #scrolled() {
    const distance = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight;
    const bottom = distance <= BOTTOM_SLACK_PX;
    if (this.#pinning && !bottom) {
      return; // On the way down by our own doing.
    }
    this.#pinning = false;
    this.#atBottom = bottom;
    if (bottom) {
      this.#unseen = 0;
    }
    this.#showPill(distance);
    this.#maybeLoadOlder();
  }

  #showPill(distance = 0) {
    const far = distance > this.log.clientHeight;
    this.#pill.hidden = this.#atBottom || (this.#unseen === 0 && !far && this.#pill.hidden);
    byId('pill-text').textContent = this.#unseen > 0 ? texts.newMessages(this.#unseen) : texts.latest;
  }

  #maybeLoadOlder() {
    if (this.hasOlder && !this.#loadingOlder && this.log.scrollTop < OLDER_AT_PX && !this.#older.querySelector('button')) {
      void this.#loadOlderNow();
    }
  }

  async #loadOlderNow() {
    this.#loadingOlder = true;
    this.#older.hidden = false;
    this.#older.textContent = texts.loadingOlder;
    try {
      await this.loadOlder();
      this.#older.hidden = true;
    } catch {
      const again = document.createElement('button');
      again.type = 'button';
      again.className = 'link-button';
      again.textContent = texts.tryAgain;
      again.addEventListener('click', () => this.#loadOlderNow());
      this.#older.replaceChildren(`${texts.olderFailed} `, again);
    } finally {
      this.#loadingOlder = false;
    }
    this.#maybeLoadOlder();
  }
}
