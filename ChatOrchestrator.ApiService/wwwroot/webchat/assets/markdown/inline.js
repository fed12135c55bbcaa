// Markdown inside a block: emphasis by CommonMark's delimiter algorithm, code, links, escapes, bare addresses.
// The result is a tree of plain objects; nothing here touches the DOM. Linear in the length of the text.

import { MAX_ADDRESS, replyPayload, safeHref } from './addresses.js';

const MAX_NESTING = 20;
const SPECIAL = /[\\`*_~[\]!<&\n]/g;
const ESCAPABLE = /[!-/:-@[-`{-~]/;
const PUNCTUATION = /[\p{P}\p{S}]/u;
const ENTITY = /&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#[xX][\da-fA-F]{1,6});/y;
const ANGLE_LINK = /<((?:https?:\/\/|mailto:)[^\s<>]{1,2048})>/y;
const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00A0' };

/** `open`: the text is still being written, so that emphasis, code and links not closed yet reach to its end. */
export function parseInline(text, { open = false } = {}) {
  const tokens = tokenize(text, open);
  return buildTree(tokens, open);
}

function tokenize(text, open) {
  const tokens = [];
  const brackets = [];
  const runs = codeRuns(text);
  let position = 0;
  const push = (value) => { if (value) { tokens.push({ type: 'text', value }); } };

  while (position < text.length) {
    SPECIAL.lastIndex = position;
    const match = SPECIAL.exec(text);
    if (!match) {
      break;
    }
    const at = match.index;
    push(text.slice(position, at));
    position = at + 1;
    const c = match[0];
    if (c === '\n') {
      tokens.push({ type: 'break' });
    } else if (c === '\\') {
      const next = text[position];
      if (next === '\n') {
        tokens.push({ type: 'break' });
        position++;
      } else if (next && ESCAPABLE.test(next)) {
        push(next);
        position++;
      } else {
        push(c);
      }
    } else if (c === '`') {
      position = code(text, at, runs, tokens, open);
    } else if (c === '*' || c === '_' || c === '~') {
      position = delimiter(text, at, c, tokens);
    } else if (c === '<') {
      ANGLE_LINK.lastIndex = at;
      const link = ANGLE_LINK.exec(text);
      if (link && safeHref(link[1])) {
        tokens.push(linkTo(link[1], [{ type: 'text', value: link[1].replace(/^mailto:/, '') }]));
        position = at + link[0].length;
      } else {
        push(c);
      }
    } else if (c === '&') {
      ENTITY.lastIndex = at;
      const entity = ENTITY.exec(text);
      push(entity ? decode(entity[0].slice(1, -1)) : c);
      position = entity ? at + entity[0].length : position;
    } else if (c === '!' && text[position] === '[') {
      brackets.push({ index: tokens.length, image: true });
      tokens.push({ type: 'text', value: '![' });
      position++;
    } else if (c === '[') {
      brackets.push({ index: tokens.length, image: false });
      tokens.push({ type: 'text', value: '[' });
    } else if (c === ']') {
      position = closeBracket(text, position, tokens, brackets, open);
    } else {
      push(c);
    }
  }
  push(text.slice(position));
  return tokens;
}

function decode(name) {
  if (name[0] !== '#') {
    return NAMED[name];
  }
  const value = /^#[xX]/.test(name) ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
  const valid = value > 0 && value <= 0x10ffff && !(value >= 0xd800 && value <= 0xdfff);
  return valid ? String.fromCodePoint(value) : '\uFFFD';
}

/** Where the runs of n backticks stand, in order, so that no search is repeated. */
function codeRuns(text) {
  const runs = new Map();
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    const list = runs.get(run.length) ?? { at: [], next: 0 };
    list.at.push(index);
    runs.set(run.length, list);
  }
  return runs;
}

function code(text, at, runs, tokens, open) {
  let length = 1;
  while (text[at + length] === '`') {
    length++;
  }
  const list = runs.get(length) ?? { at: [], next: 0 };
  while (list.next < list.at.length && list.at[list.next] <= at) {
    list.next++;
  }
  const end = list.at[list.next];
  if (end === undefined && !(open && at + length < text.length)) {
    tokens.push({ type: 'text', value: open ? '' : '`'.repeat(length) });
    return at + length;
  }
  let value = text.slice(at + length, end).replaceAll('\n', ' ');
  if (value.startsWith(' ') && value.endsWith(' ') && value.trim() !== '') {
    value = value.slice(1, -1);
  }
  tokens.push({ type: 'code', value });
  return end === undefined ? text.length : end + length;
}

function delimiter(text, at, c, tokens) {
  let end = at + 1;
  while (text[end] === c) {
    end++;
  }
  const before = at === 0 ? ' ' : text[at - 1];
  const after = end >= text.length ? ' ' : text[end];
  const spaceBefore = /\s/.test(before);
  const spaceAfter = /\s/.test(after);
  const markBefore = PUNCTUATION.test(before);
  const markAfter = PUNCTUATION.test(after);
  const left = !spaceAfter && (!markAfter || spaceBefore || markBefore);
  const right = !spaceBefore && (!markBefore || spaceAfter || markAfter);
  const length = end - at;
  const usable = c !== '~' || length === 2; // One tilde is "about", as in ~5.
  tokens.push({
    type: 'delimiter', c, length, left: length, opens: [], closes: 0, atEnd: end >= text.length,
    canOpen: usable && left && (c !== '_' || !right || markBefore),
    canClose: usable && right && (c !== '_' || !left || markAfter),
  });
  return end;
}

function closeBracket(text, position, tokens, brackets, open) {
  const bracket = brackets.pop();
  const destination = bracket && text[position] === '(' ? destinationOf(text, position + 1) : null;
  if (bracket && destination) {
    const inner = tokens.splice(bracket.index).slice(1);
    const href = safeHref(destination.address);
    const payload = bracket.image ? null : replyPayload(destination.address);
    if (payload !== null) {
      tokens.push({ type: 'reply', payload, children: buildTree(inner, false) });
      brackets.length = 0;
    } else if (href) {
      const label = inner.length > 0 ? buildTree(inner, false) : [{ type: 'text', value: destination.address }];
      tokens.push(linkTo(href, label, bracket.image, destination.title));
      if (!bracket.image) {
        brackets.length = 0; // No links within links.
      }
    } else {
      // Not an address that may be opened: what was written stays to be read.
      tokens.push({ type: 'text', value: bracket.image ? '![' : '[' });
      inner.forEach((token) => tokens.push(token));
      tokens.push({ type: 'text', value: text.slice(position - 1, destination.end) });
    }
    return destination.end;
  }
  if (bracket && open && text[position] === '(' && text.length - position < MAX_ADDRESS && !/[\s)]/.test(text.slice(position))) {
    tokens[bracket.index].value = '';
    return text.length; // The address is still being written.
  }
  tokens.push({ type: 'text', value: ']' });
  return position;
}

function linkTo(href, children, image = false, title = '') {
  return { type: 'link', href, image, title, children };
}

/** `address "title")` from here on; null if it is not one. Looks at most MAX_ADDRESS characters far. */
function destinationOf(text, start) {
  const limit = Math.min(text.length, start + MAX_ADDRESS);
  let i = start;
  let parentheses = 0;
  const angle = text[i] === '<';
  if (angle) {
    i++;
  }
  const from = i;
  // By code units, not expressions: "[a](" twenty thousand times over comes here as often.
  for (; i < limit; i++) {
    const c = text.charCodeAt(i);
    if (angle ? c === 0x3e || c === 0x0a : c <= 0x20) {
      break;
    }
    if (!angle && c === 0x28) {
      parentheses++;
    } else if (!angle && c === 0x29 && parentheses-- === 0) {
      break;
    }
  }
  const address = text.slice(from, i);
  let title = '';
  if (angle) {
    if (text[i] !== '>') {
      return null;
    }
    i++;
  }
  while (i < limit && /\s/.test(text[i])) {
    i++;
  }
  if (text[i] === '"' || text[i] === "'") {
    const close = text.slice(i + 1, limit).indexOf(text[i]);
    if (close < 0) {
      return null;
    }
    title = text.slice(i + 1, i + 1 + close);
    i += close + 2;
    while (i < limit && /\s/.test(text[i])) {
      i++;
    }
  }
  return text[i] === ')' && address !== '' ? { address, title, end: i + 1 } : null;
}

/** CommonMark "process emphasis": https://spec.commonmark.org/0.31.2/#phase-2-inline-structure */
function matchDelimiters(tokens, open) {
  let previous = null;
  for (const token of tokens) {
    if (token.type === 'delimiter') {
      token.previous = previous;
      token.next = null;
      if (previous) {
        previous.next = token;
      }
      previous = token;
    }
  }
  const last = previous;
  let closer = last;
  while (closer?.previous) {
    closer = closer.previous;
  }
  const unlink = (token) => {
    if (token.previous) {
      token.previous.next = token.next;
    }
    if (token.next) {
      token.next.previous = token.previous;
    }
    token.gone = true;
  };
  const bottoms = new Map();
  while (closer) {
    if (!closer.canClose) {
      closer = closer.next;
      continue;
    }
    const key = `${closer.c}${closer.canOpen}${closer.length % 3}`;
    const bottom = bottoms.get(key) ?? null;
    let opener = closer.previous;
    while (opener && opener !== bottom && !matches(opener, closer)) {
      opener = opener.previous;
    }
    if (!opener || opener === bottom) {
      bottoms.set(key, closer.previous);
      const next = closer.next;
      if (!closer.canOpen) {
        unlink(closer);
      }
      closer = next;
      continue;
    }
    const width = opener.left >= 2 && closer.left >= 2 ? 2 : 1;
    for (let between = opener.next; between !== closer; between = between.next) {
      between.gone = true;
    }
    opener.next = closer;
    closer.previous = opener;
    opener.opens.push(typeOf(opener.c, width));
    opener.left -= width;
    closer.closes++;
    closer.left -= width;
    if (opener.left === 0) {
      unlink(opener);
    }
    if (closer.left === 0) {
      const next = closer.next;
      unlink(closer);
      closer = next;
    }
  }
  if (open) {
    for (const token of tokens) {
      if (token.type === 'delimiter' && !token.gone && token.canOpen && token.left > 0) {
        const width = token.left >= 2 ? 2 : 1;
        token.opens.push(typeOf(token.c, width));
        token.left -= width;
      } else if (token.type === 'delimiter' && token.atEnd && !token.gone) {
        token.left = 0; // Half of a marker: it will be closed or opened with the next characters.
      }
    }
  }
}

function matches(opener, closer) {
  if (opener.c !== closer.c || !opener.canOpen) {
    return false;
  }
  const both = opener.canClose || closer.canOpen;
  return !(both && (opener.length + closer.length) % 3 === 0 && (opener.length % 3 !== 0 || closer.length % 3 !== 0));
}

function typeOf(c, width) {
  return c === '~' ? 'delete' : width === 2 ? 'strong' : 'emphasis';
}

function buildTree(tokens, open) {
  matchDelimiters(tokens, open);
  const root = [];
  const stack = [root];
  const top = () => stack[stack.length - 1];
  const text = (value) => {
    const last = top().at(-1);
    if (last?.type === 'text') {
      last.value += value;
    } else if (value) {
      top().push({ type: 'text', value });
    }
  };
  for (const token of tokens) {
    if (token.type === 'text') {
      text(token.value);
    } else if (token.type !== 'delimiter') {
      top().push(token);
    } else {
      for (let n = token.closes; n > 0 && stack.length > 1; n--) {
        stack.pop();
      }
      text(token.c.repeat(token.left));
      for (const type of token.opens.reverse()) {
        if (stack.length < MAX_NESTING) {
          const children = [];
          top().push({ type, children });
          stack.push(children);
        } else {
          stack.push(top()); // Deeper than anybody writes: the text stays, the style does not.
        }
      }
    }
  }
  return root;
}
