// The message field. Enter sends, Shift+Enter breaks the line; an Enter that ends an input method's composition does neither.

import { texts } from './texts.js';

const DEFAULT_MAX_LENGTH = 4000;

export class Composer {
  #form = document.getElementById('composer');
  #text = document.getElementById('text');
  #button = document.getElementById('send');
  #counter = document.getElementById('counter');
  #storage;
  #maxLength = DEFAULT_MAX_LENGTH;

  onSend = () => {};

  constructor(storage) {
    this.#storage = storage;
    this.#text.value = storage.get('draft') ?? '';
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#text.addEventListener('keydown', (event) => {
      // Safari ends the composition before the keydown arrives: 229 is the only trace.
      if (event.key === 'Enter' && !event.shiftKey && !event.altKey && !event.isComposing && event.keyCode !== 229) {
        event.preventDefault();
        this.#send();
      }
    });
    this.#text.addEventListener('input', () => this.#changed());
    this.#changed();
  }

  /** UTF-16 units, as the server counts them. */
  set maxLength(value) {
    this.#maxLength = value > 0 ? value : DEFAULT_MAX_LENGTH;
    this.#changed();
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  /** Puts a text back to be changed; what stands in the field stays behind it. */
  restore(text) {
    this.#text.value = this.#text.value.trim() ? `${text}\n${this.#text.value}` : text;
    this.#changed();
    this.focus();
  }

  #send() {
    const text = this.#text.value.trimEnd();
    if (text.trim() === '' || text.length > this.#maxLength) {
      return;
    }
    this.#text.value = '';
    this.#changed();
    this.focus();
    this.onSend(text);
  }

  #changed() {
    const { value } = this.#text;
    const length = value.trimEnd().length;
    const left = this.#maxLength - length;
    const over = left < 0;
    this.#counter.textContent = over
      ? texts.charactersOver(-left)
      : left <= Math.max(50, Math.min(500, this.#maxLength * 0.1)) ? texts.charactersLeft(left) : '';
    this.#form.classList.toggle('over', over);
    this.#text.setAttribute('aria-invalid', String(over));
    this.#button.disabled = over || value.trim() === '';
    if (value) {
      this.#storage.set('draft', value);
    } else {
      this.#storage.remove('draft');
    }
    if (!CSS.supports('field-sizing', 'content')) {
      this.#text.style.height = 'auto';
      this.#text.style.height = `${this.#text.scrollHeight + 2}px`;
    }
  }
}
