// What may be opened from a message, and where bare addresses stand in a text.

/** Longer ones stay text: browsers and servers stop at about this length, and the search for their end stays short. */
export const MAX_ADDRESS = 2048;

/** The absolute address if it is safe to link to (http, https, mailto), otherwise null. */
export function safeHref(address) {
  try {
    const url = new URL(address);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

const REPLY = /^reply:/i;

/** The payload of a choice (`reply:yes`), empty for "as the label says"; null: it is an address like any other. */
export function replyPayload(address) {
  if (!REPLY.test(address)) {
    return null;
  }
  const payload = address.slice('reply:'.length);
  try {
    return decodeURIComponent(payload);
  } catch {
    return payload;
  }
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"\u0000-\u001F]+/gi;

/** Cuts plain text at bare http(s) addresses: strings and `{href, text}`. */
export function splitAddresses(text) {
  const parts = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = trimAddress(found.slice(0, MAX_ADDRESS));
    const href = safeHref(address);
    if (href) {
      if (index > from) {
        parts.push(text.slice(from, index));
      }
      parts.push({ href, text: address });
      from = index + address.length;
    }
  }
  if (from < text.length) {
    parts.push(text.slice(from));
  }
  return parts;
}

/** "See https://example.org/a_(b)." ends before the full stop but after the parenthesis. */
function trimAddress(address) {
  let closing = 0;
  for (const c of address) {
    closing += c === ')' ? 1 : c === '(' ? -1 : 0;
  }
  let end = address.length;
  while (end > 0) {
    const c = address[end - 1];
    if (c === ')' && closing > 0) {
      closing--;
    } else if (!'.,:;!?\'"*_~]}'.includes(c)) {
      break;
    }
    end--;
  }
  return address.slice(0, end);
}
