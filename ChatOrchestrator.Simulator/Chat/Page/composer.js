// The message field: text, files, and a bot's commands while one is typed.

const maxFiles = 10;

export class Composer {
  #text;
  #files = [];
  #commandList;
  #chosenList;
  #input;

  commands = [];

  /** `onSend(text, files)` resolves to false when it failed: nothing that was typed is lost then. */
  constructor(label, onSend) {
    this.element = document.getElementById('composer-template').content.firstElementChild.cloneNode(true);
    const find = (selector) => this.element.querySelector(selector);
    this.#text = find('textarea');
    this.#text.setAttribute('aria-label', label);
    this.#text.placeholder = label;
    this.#commandList = find('.commands');
    this.#chosenList = find('.chosen');
    this.#input = find('.files');
    find('.attach').addEventListener('click', () => this.#input.click());
    this.#input.addEventListener('change', () => {
      this.#attach(this.#input.files);
      this.#input.value = '';
    });
    this.#text.addEventListener('input', () => this.#changed());
    this.#text.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.element.requestSubmit();
      }
    });
    this.#text.addEventListener('paste', (event) => {
      if (event.clipboardData.files.length > 0) {
        event.preventDefault();
        this.#attach(event.clipboardData.files);
      }
    });
    this.element.addEventListener('dragover', (event) => event.preventDefault());
    this.element.addEventListener('drop', (event) => {
      event.preventDefault();
      this.#attach(event.dataTransfer.files);
    });
    this.element.addEventListener('submit', async (event) => {
      event.preventDefault();
      await this.#send(onSend);
    });
    this.#onSend = onSend;
  }

  #onSend;

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  set label(value) {
    this.#text.setAttribute('aria-label', value);
  }

  async #send(onSend) {
    const [text, files] = [this.#text.value, this.#files];
    if (!text.trim() && files.length === 0) {
      return;
    }
    this.#text.value = '';
    this.#files = [];
    this.#changed();
    this.#showFiles();
    if (await onSend(text, files) === false) {
      this.#text.value = this.#text.value ? `${text}\n${this.#text.value}` : text;
      this.#files = [...files, ...this.#files];
      this.#changed();
      this.#showFiles();
    }
  }

  #attach(files) {
    this.#files = [...this.#files, ...files].slice(0, maxFiles);
    this.#showFiles();
    this.focus();
  }

  #showFiles() {
    this.#chosenList.hidden = this.#files.length === 0;
    this.#chosenList.replaceChildren(...this.#files.map((file) => {
      const item = document.createElement('li');
      const remove = document.createElement('button');
      remove.type = 'button';
      remove.textContent = '×';
      remove.setAttribute('aria-label', `Remove ${file.name}`);
      remove.addEventListener('click', () => {
        this.#files = this.#files.filter((other) => other !== file);
        this.#showFiles();
        this.focus();
      });
      item.append(file.name, remove);
      return item;
    }));
  }

  #changed() {
    this.#text.style.height = 'auto';
    this.#text.style.height = `${Math.min(this.#text.scrollHeight + 2, 160)}px`;
    const typed = /^\/(\w*)$/.exec(this.#text.value);
    const matches = typed ? this.commands.filter((command) => command.name.startsWith(typed[1].toLowerCase())) : [];
    this.#commandList.hidden = matches.length === 0;
    this.#commandList.replaceChildren(...matches.map((command) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(Object.assign(document.createElement('strong'), { textContent: `/${command.name}` }), ` ${command.description}`);
      button.addEventListener('click', () => {
        this.#text.value = '';
        this.#changed();
        void this.#onSend(`/${command.name}`, []);
        this.focus();
      });
      const item = document.createElement('li');
      item.append(button);
      return item;
    }));
  }
}
