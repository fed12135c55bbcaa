// Telegram's entities as DOM nodes. Text only ever becomes text nodes: nothing in a message can become markup.

const tags = {
  bold: 'strong', italic: 'em', underline: 'u', strikethrough: 's', spoiler: 'span', code: 'code', pre: 'pre',
  blockquote: 'blockquote', expandable_blockquote: 'blockquote', text_link: 'a', url: 'a', email: 'a', mention: 'span',
  text_mention: 'span', hashtag: 'span', bot_command: 'button', custom_emoji: 'span', date_time: 'time',
};

const blocks = ['pre', 'blockquote', 'expandable_blockquote'];
const safeSchemes = ['http:', 'https:', 'mailto:', 'tg:'];

/** Builds the nodes of a message. Offsets count UTF-16 units, as JavaScript strings do. */
export function render(text, entities, onCommand) {
  const sorted = [...(entities ?? [])]
    .filter(e => e.offset >= 0 && e.length > 0 && e.offset + e.length <= text.length)
    .sort((a, b) => a.offset - b.offset || b.length - a.length);
  return build(text, sorted, 0, text.length, onCommand);
}

function build(text, entities, start, end, onCommand) {
  const fragment = document.createDocumentFragment();
  let at = start;
  for (let i = 0; i < entities.length;) {
    const entity = entities[i];
    const stop = entity.offset + entity.length;
    let next = i + 1;
    while (next < entities.length && entities[next].offset + entities[next].length <= stop && entities[next].offset < stop) {
      next++;
    }
    if (entity.offset >= at && stop <= end) {
      fragment.append(text.slice(at, entity.offset));
      const node = element(entity, text.slice(entity.offset, stop), onCommand);
      node.append(build(text, entities.slice(i + 1, next), entity.offset, stop, onCommand));
      fragment.append(node);
      // A block ends its line by itself: the line break behind it would show as an empty line.
      at = blocks.includes(entity.type) && text[stop] === '\n' && stop < end ? stop + 1 : stop;
    }
    i = next;
  }
  fragment.append(text.slice(at, end));
  return fragment;
}

function element(entity, content, onCommand) {
  const node = document.createElement(tags[entity.type] ?? 'span');
  node.classList.add('e-' + (tags[entity.type] ? entity.type : 'other'));
  switch (entity.type) {
    case 'text_link':
      link(node, entity.url);
      break;
    case 'url':
      link(node, /^[a-z]+:\/\//i.test(content) ? content : 'https://' + content);
      break;
    case 'email':
      link(node, 'mailto:' + content);
      break;
    case 'pre':
      if (entity.language) {
        node.dataset.language = entity.language;
      }
      break;
    case 'spoiler':
      node.tabIndex = 0;
      node.setAttribute('role', 'button');
      node.setAttribute('aria-label', 'Hidden text');
      node.addEventListener('click', () => { node.classList.add('shown'); node.removeAttribute('aria-label'); });
      node.addEventListener('keydown', e => { if (e.key === 'Enter') node.click(); });
      break;
    case 'bot_command':
      node.type = 'button';
      node.addEventListener('click', () => onCommand?.(content));
      break;
  }
  return node;
}

function link(node, url) {
  try {
    const parsed = new URL(url);
    if (safeSchemes.includes(parsed.protocol)) {
      node.href = parsed.href;
      node.target = '_blank';
      node.rel = 'noopener noreferrer';
    }
  } catch {
    // Not an address: it stays text.
  }
}
