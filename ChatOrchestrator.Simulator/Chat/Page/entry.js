// One message as an <li>: author, quote, text, media, time, buttons.

import { render } from './entities.js';
import { onThisServer, openable } from './server.js';

function create(name, className, text) {
  const node = document.createElement(name);
  if (className) {
    node.className = className;
  }
  if (text !== undefined) {
    node.textContent = text;
  }
  return node;
}

/** `actions`: send(text), press(buttonId). `own` is the name that stands above the person's messages where names are shown. */
export function entryNode(entry, names, actions) {
  const item = create('li', entry.from_bot ? 'in' : 'out');
  const bubble = create('div', 'bubble');
  const author = create('div', entry.author ? 'author' : 'author usual', entry.author ?? (entry.from_bot ? names.bot : names.person));
  author.dir = 'auto';
  bubble.append(author);
  if (entry.is_typing) {
    item.classList.add('typing');
    const dots = create('div', 'dots');
    dots.append(create('i'), create('i'), create('i'));
    dots.setAttribute('role', 'img');
    dots.setAttribute('aria-label', 'Typing');
    bubble.append(dots);
    item.append(bubble);
    return item;
  }
  if (entry.quote) {
    bubble.append(create('div', 'reply', entry.quote));
  }
  for (const media of entry.media ?? []) {
    bubble.append(mediaNode(media));
  }
  if (entry.text?.text) {
    const body = create('div', 'text');
    body.dir = 'auto';
    body.append(render(entry.text.text, entry.text.entities, actions.send));
    bubble.append(body);
  }
  if (entry.reactions) {
    const reactions = create('span', 'reactions', entry.reactions);
    reactions.setAttribute('aria-label', `Reactions: ${entry.reactions}`);
    reactions.setAttribute('role', 'img');
    bubble.append(reactions);
  }
  bubble.append(time(entry));
  item.append(bubble);
  const rows = (entry.buttons ?? []).filter((row) => row.length > 0);
  if (rows.length > 0) {
    item.append(keyboard(rows, actions));
  }
  return item;
}

function time(entry) {
  const at = new Date(entry.at);
  const node = create('time');
  const clock = at.getFullYear() > 1970 ? at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }) : '';
  const state = { sent: '✓', delivered: '✓✓', read: '✓✓' }[entry.state] ?? '';
  node.textContent = [entry.edited ? 'edited' : '', clock, state].filter(Boolean).join(' ');
  if (clock) {
    node.dateTime = at.toISOString();
  }
  if (entry.state) {
    node.dataset.state = entry.state;
    node.title = entry.state;
  }
  return node;
}

function mediaNode(media) {
  const here = onThisServer(media.url);
  const figure = create('div', 'media');
  const fallback = () => figure.replaceChildren(fileLink(media, here));
  if (here === null || !['image', 'audio', 'video'].includes(media.kind)) {
    fallback();
  } else if (media.kind === 'image') {
    const link = create('a');
    link.href = here;
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
    const image = create('img');
    image.alt = media.name || 'Picture';
    image.loading = 'lazy';
    image.addEventListener('error', fallback);
    image.src = here;
    link.append(image);
    figure.append(link);
  } else {
    const player = create(media.kind);
    player.controls = true;
    player.preload = 'metadata';
    player.setAttribute('aria-label', media.name || (media.kind === 'audio' ? 'Recording' : 'Video'));
    player.addEventListener('error', fallback);
    player.src = here;
    figure.append(player);
  }
  return figure;
}

function fileLink(media, here) {
  const address = openable(media.url);
  const label = media.name || address?.pathname.split('/').pop() || 'File';
  if (!address) {
    return create('span', `file ${media.kind}`, label);
  }
  const link = create('a', 'file', label);
  link.dataset.kind = media.kind;
  if (here !== null) {
    // Saved, not opened: what a person or a bot sent must not become a page of this server.
    link.href = here;
    link.download = label;
  } else {
    link.href = address.href;
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
    link.append(create('small', '', ` ${address.host}`));
  }
  return link;
}

function keyboard(rows, actions) {
  const node = create('div', 'keyboard');
  node.setAttribute('role', 'group');
  node.setAttribute('aria-label', 'Choices');
  for (const row of rows) {
    const line = create('div');
    for (const key of row) {
      const address = key.url ? openable(key.url) : null;
      if (address) {
        const link = create('a', '', key.label);
        link.href = address.href;
        link.target = '_blank';
        link.rel = 'noopener noreferrer';
        link.title = address.href;
        line.append(link);
      } else {
        const button = create('button', '', key.label);
        button.type = 'button';
        button.addEventListener('click', () => actions.press(key.id));
        line.append(button);
      }
    }
    node.append(line);
  }
  return node;
}
