// Markdown to DOM, by createElement and text nodes only: there is no path by which text becomes markup.

import { splitAddresses } from './addresses.js';
import { parse } from './blocks.js';
import { parseInline } from './inline.js';
import { readChoices, readMedia } from './special.js';
import { texts } from '../texts.js';

const rendered = new WeakMap();

// A list, not rest arguments: a very long message has more nodes than a call may have arguments.
function element(name, className = '', content = []) {
  const node = document.createElement(name);
  if (className) {
    node.className = className;
  }
  return fill(node, content);
}

function fill(node, content) {
  for (const child of content) {
    node.append(child);
  }
  return node;
}

/**
 * Shows Markdown in the container. Called again with a longer text it keeps the blocks that did not change, so that a
 * streamed answer neither flickers nor costs more with every token.
 */
export function renderMarkdown(container, text, { streaming = false } = {}) {
  const before = rendered.get(container) ?? [];
  const blocks = parse(text);
  const after = [];
  blocks.forEach((block, index) => {
    const open = streaming && index === blocks.length - 1;
    const key = `${open ? 'open' : 'done'}:${block.type}:${block.raw}`;
    const old = before[index];
    if (old?.key === key) {
      after.push(old);
      return;
    }
    if (old?.type === 'code' && block.type === 'code' && old.language === block.language) {
      old.node.querySelector('code').firstChild.data = block.text; // Keeps scroll position and focus of the copy button.
      after.push({ ...old, key });
      return;
    }
    const node = blockNode(block, open, true);
    if (old) {
      old.node.replaceWith(node);
    } else {
      container.append(node);
    }
    after.push({ key, type: block.type, language: block.language, node });
  });
  before.slice(blocks.length).forEach((old) => old.node.remove());
  rendered.set(container, after);
}

/** Plain text with its line breaks and with addresses made links. */
export function renderPlain(container, text) {
  container.replaceChildren();
  fill(container, withLinks(text));
}

function withLinks(text) {
  return splitAddresses(text).map((part) => (typeof part === 'string' ? document.createTextNode(part) : link(part.href, [part.text])));
}

function link(href, content) {
  const node = element('a', '', content);
  node.href = href;
  node.target = '_blank';
  node.rel = 'noopener noreferrer nofollow';
  node.title = href; // Where it really leads, whatever its text says.
  return node;
}

function blockNode(block, open, top) {
  const node = createBlock(block, open, top);
  if (top && block.type !== 'code' && block.type !== 'rule') {
    node.dir = 'auto';
    if (block.type === 'table') {
      node.firstChild.dir = 'auto';
    }
  }
  return node;
}

function createBlock(block, open, top) {
  switch (block.type) {
    case 'heading':
      // The page has h1 and h2; a message's headings stand below them.
      return element(`h${Math.min(6, block.level + 2)}`, `heading-${block.level}`, inline(block.text, open));
    case 'rule':
      return element('hr');
    case 'quote':
      return element('blockquote', '', children(block.children, open));
    case 'list':
      return listNode(block, open);
    case 'table':
      return tableNode(block);
    case 'code':
      return codeNode(block);
    default:
      return paragraphNode(parseInline(block.text, { open }), open, top);
  }
}

function paragraphNode(tree, open, top) {
  const choices = top ? readChoices(tree) : null;
  if (choices) {
    return choicesNode(choices);
  }
  // A file whose address is still being written is no file yet.
  const files = top && !open ? readMedia(tree) : null;
  return files ? element('div', 'files', files.map(fileNode)) : element('p', '', nodes(tree, false));
}

/** Buttons that are pressed by whoever listens for clicks on the message: `data-payload` is what they mean. */
function choicesNode(choices) {
  const row = element('div', 'choices');
  row.setAttribute('role', 'group');
  row.setAttribute('aria-label', texts.choices);
  choices.forEach((choice, index) => {
    const node = choice.href ? link(choice.href, [choice.label]) : element('button', '', [choice.label]);
    node.classList.add('choice');
    node.dir = 'auto';
    if (!choice.href) {
      node.type = 'button';
      node.disabled = true; // Until the message is known to be the newest one.
      node.dataset.payload = choice.payload;
    }
    row.append(...(index > 0 ? [' ', node] : [node])); // The space is for those who hear or copy it.
  });
  return row;
}

function fileNode(file) {
  const node = link(file.href, [file.alt]);
  node.className = 'image-link';
  node.dataset.kind = file.kind;
  if (file.shown) {
    const image = element('img');
    image.alt = file.alt;
    image.loading = 'lazy';
    image.decoding = 'async';
    image.referrerPolicy = 'no-referrer';
    image.addEventListener('error', () => {
      node.className = 'image-link';
      node.replaceChildren(file.alt);
    });
    image.src = file.href;
    node.className = 'picture';
    node.replaceChildren(image);
  }
  return node;
}

function children(blocks, open) {
  return blocks.map((block, index) => blockNode(block, open && index === blocks.length - 1, false));
}

function listNode(block, open) {
  const list = element(block.ordered ? 'ol' : 'ul', block.loose ? 'loose' : '');
  if (block.ordered && block.start !== 1) {
    list.start = block.start;
  }
  block.items.forEach((item, index) => {
    const last = open && index === block.items.length - 1;
    const node = element('li');
    if (item.task !== null) {
      node.className = 'task';
      const box = element('input');
      box.type = 'checkbox';
      box.disabled = true;
      box.checked = item.task;
      box.setAttribute('aria-label', item.task ? texts.taskDone : texts.taskOpen);
      node.append(box);
    }
    if (!block.loose && item.children[0]?.type === 'paragraph') {
      fill(node, inline(item.children[0].text, last && item.children.length === 1));
      fill(node, children(item.children.slice(1), last));
    } else {
      fill(node, children(item.children, last));
    }
    list.append(node);
  });
  return list;
}

function tableNode(block) {
  const row = (name, cells) => element('tr', '', cells.map((cell, column) => {
    const node = element(name, block.align[column] ? `align-${block.align[column]}` : '', inline(cell, false));
    if (name === 'th') {
      node.scope = 'col';
    }
    return node;
  }));
  const table = element('table', '', [
    element('thead', '', [row('th', block.header)]),
    element('tbody', '', block.rows.map((cells) => row('td', cells))),
  ]);
  const scroll = element('div', 'table-scroll', [table]);
  scroll.tabIndex = 0; // Wide tables scroll with the keyboard too.
  scroll.setAttribute('role', 'group');
  scroll.setAttribute('aria-label', texts.table);
  return scroll;
}

function codeNode(block) {
  const content = element('code', '', [document.createTextNode(block.text)]);
  const copy = element('button', 'copy', [texts.copy]);
  copy.type = 'button';
  copy.addEventListener('click', () => copyText(copy, content.textContent));
  const pre = element('pre', '', [content]);
  pre.dir = 'ltr';
  pre.tabIndex = 0;
  pre.setAttribute('aria-label', texts.code);
  pre.setAttribute('role', 'group');
  return element('div', 'code', [element('div', 'code-bar', [element('span', 'language', [block.language]), copy]), pre]);
}

async function copyText(button, text) {
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {
    done = copyBySelection(text); // Plain HTTP, or a frame without the permission.
    button.focus();
  }
  button.textContent = done ? texts.copied : texts.copyFailed;
  setTimeout(() => { button.textContent = texts.copy; }, 2000);
}

function copyBySelection(text) {
  const area = element('textarea', 'visually-hidden');
  area.value = text;
  document.body.append(area);
  area.select();
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  } finally {
    area.remove();
  }
}

function inline(text, open) {
  return nodes(parseInline(text, { open }), false);
}

function nodes(tree, insideLink) {
  return tree.flatMap((item) => {
    switch (item.type) {
      case 'text':
        return insideLink ? [document.createTextNode(item.value)] : withLinks(item.value);
      case 'break':
        return [element('br')];
      case 'code':
        return [element('code', '', [item.value])];
      case 'link': {
        const inner = nodes(item.children, true);
        if (insideLink) {
          return inner;
        }
        const node = link(item.href, inner);
        if (item.image) {
          node.className = 'image-link';
        }
        return [node];
      }
      case 'reply':
        return nodes(item.children, insideLink); // A choice that does not stand in a row of its own leads nowhere.
      case 'strong':
        return [element('strong', '', nodes(item.children, insideLink))];
      case 'emphasis':
        return [element('em', '', nodes(item.children, insideLink))];
      default:
        return [element('del', '', nodes(item.children, insideLink))];
    }
  });
}
