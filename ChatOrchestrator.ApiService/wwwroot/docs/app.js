// The reference of the API, made from its own description.

import { el, prose } from './dom.js';
import { operationView } from './operation.js';
import { Schemas } from './schema.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** The operations by tag, in the order of the description. */
function byTag(description) {
  const tags = new Map();
  for (const [path, item] of Object.entries(description.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const tag = item[method].tags?.[0] ?? 'Other';
      tags.set(tag, [...(tags.get(tag) ?? []), { method, path, operation: item[method] }]);
    }
  }
  return tags;
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}

function show(description) {
  const schemas = new Schemas(description.components);
  document.getElementById('title').textContent = `${description.info.title} API ${description.info.version}`;
  document.getElementById('description').append(...prose(description.info.description ?? ''));
  const found = [];
  for (const [tag, operations] of byTag(description)) {
    const index = el('ul', {});
    const section = el('section', { className: 'tag' }, el('h2', {}, tag));
    const heading = el('h2', {}, tag);
    for (const { method, path, operation } of operations) {
      const view = operationView(method, path, operation, schemas);
      const link = el('li', {}, el('a', { href: `#${operation.operationId}`, title: operation.summary ?? '' }, el('span', { className: `method ${method}` }, method.toUpperCase()), path.replace('/api/v1', '')));
      section.append(view);
      index.append(link);
      found.push({ words: `${tag} ${method} ${path} ${operation.summary ?? ''} ${operation.operationId}`.toLowerCase(), elements: [view, link], groups: [section, index, heading] });
    }
    document.getElementById('index').append(heading, index);
    document.getElementById('operations').append(section);
  }
  document.getElementById('find').addEventListener('input', (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/);
    const shown = new Set();
    for (const entry of found) {
      const matches = words.every((word) => entry.words.includes(word));
      entry.elements.forEach((element) => { element.hidden = !matches; });
      if (matches) {
        entry.groups.forEach((group) => shown.add(group));
      }
    }
    found.flatMap((entry) => entry.groups).forEach((group) => { group.hidden = !shown.has(group); });
  });
  window.addEventListener('hashchange', openTarget);
  openTarget();
}

const status = document.getElementById('status');
try {
  const response = await fetch('openapi/v1.json');
  if (!response.ok) {
    throw new Error(`${response.status} ${response.statusText}`);
  }
  show(await response.json());
  status.hidden = true;
} catch (error) {
  status.textContent = `The description could not be read: ${error.message}`;
}
