// Elements are made, never parsed: what the description says is text.

/** An element with properties and children; null and undefined children are left out. */
export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) {
      continue;
    }
    if (key in element) {
      element[key] = value;
    } else {
      element.setAttribute(key, value);
    }
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return element;
}

/** Text in which `code` stands between backticks. */
export function prose(text) {
  return text.split('`').map((piece, i) => (i % 2 === 0 ? piece : el('code', {}, piece)));
}

export function json(value) {
  return JSON.stringify(value, null, 2);
}
