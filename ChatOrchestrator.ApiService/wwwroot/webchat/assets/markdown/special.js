// The two kinds of paragraphs that mean more than text, as the server's AnswerBlocks reads them: one of nothing but images
// shows the files, one of nothing but links of which one leads to `reply:` is a row of buttons.

import { safeHref } from './addresses.js';

const MAX_PAYLOAD = 1000; // As the server takes it.
const CONTROL = /[\u0000-\u001F\u007F-\u009F]/;

const KINDS = [
  ['audio', /\.(?:mp3|m4a|aac|wav|flac)$/i],
  ['voice', /\.(?:ogg|oga|opus)$/i],
  ['video', /\.(?:mp4|mov|webm|mkv)$/i],
  ['document', /\.(?:pdf|docx?|xlsx?|pptx?|txt|csv|zip)$/i],
];

let imageOrigins = [];

/** Where pictures may come from beside this server: origins, or `*` for every https address. */
export function allowImages(origins) {
  imageOrigins = origins.flatMap((origin) => (origin === '*' ? [origin] : safeHref(origin) ? [new URL(origin).origin] : []));
}

function isAllowed(href) {
  const { origin, protocol } = new URL(href);
  return origin === location.origin || imageOrigins.includes(origin) || (protocol === 'https:' && imageOrigins.includes('*'));
}

/** The text of an inline tree. */
export function plainText(tree) {
  return tree.map((item) => item.value ?? (item.children ? plainText(item.children) : ' ')).join('');
}

/** `[{label, payload}|{label, href}]` of a row of buttons; null: the paragraph is something else. */
export function readChoices(tree) {
  const choices = [];
  for (const item of tree) {
    if (isBlank(item)) {
      continue;
    }
    const label = item.children ? plainText(item.children).trim() : '';
    if (item.type === 'reply' && label) {
      const isSendable = item.payload.trim() && item.payload.length <= MAX_PAYLOAD && !CONTROL.test(item.payload);
      choices.push({ label, payload: isSendable ? item.payload : label });
    } else if (item.type === 'link' && !item.image && label && /^https?:/.test(item.href)) {
      choices.push({ label, href: item.href });
    } else {
      return null;
    }
  }
  return choices.some((choice) => 'payload' in choice) ? choices : null;
}

/** `[{kind, href, alt, shown}]` of a paragraph of files; null: it is something else. */
export function readMedia(tree) {
  const files = [];
  for (const item of tree) {
    if (isBlank(item)) {
      continue;
    }
    if (item.type !== 'link' || !item.image || !/^https?:/.test(item.href)) {
      return null;
    }
    const kind = kindOf(item.href, item.title);
    files.push({ kind, href: item.href, alt: plainText(item.children), shown: kind === 'image' && isAllowed(item.href) });
  }
  return files.length > 0 ? files : null;
}

function isBlank(item) {
  return item.type === 'break' || (item.type === 'text' && item.value.trim() === '');
}

function kindOf(href, title) {
  const word = title.trim().toLowerCase();
  if (['image', 'audio', 'voice', 'video', 'document'].includes(word)) {
    return word;
  }
  const { pathname } = new URL(href);
  return KINDS.find(([, ending]) => ending.test(pathname))?.[0] ?? 'image';
}
