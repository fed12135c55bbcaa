// The form that makes a call. The credential is read from its field at each call and kept nowhere.

import { el, json } from './dom.js';

const SHOWN_CHARACTERS = 20_000;

/** The API key goes into its own header; what has three parts is a token (RFC 7519). */
function credential() {
  const given = document.getElementById('credential').value.trim();
  if (given === '') {
    return {};
  }
  return given.split('.').length === 3 ? { Authorization: `Bearer ${given}` } : { 'X-Api-Key': given };
}

function shellQuoted(text) {
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

export function tryForm(method, path, operation, schemas) {
  const inputs = (operation.parameters ?? []).map((parameter) => ({
    parameter,
    input: el('input', { type: 'text', autocomplete: 'off', spellcheck: false, placeholder: schemas.kind(parameter.schema), 'aria-label': parameter.name }),
  }));
  const [mediaType, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const body = content
    ? el('textarea', { rows: 8, spellcheck: false, value: json(content.example ?? schemas.example(content.schema)), 'aria-label': 'Body' })
    : null;
  const command = el('pre', { className: 'command' });
  const answer = el('div', { className: 'answer', 'aria-live': 'polite' });
  const send = el('button', { type: 'button' }, 'Send');

  /** The call as it stands in the form; the address relative to the page. */
  const call = () => {
    const given = (place) => inputs.filter((i) => i.parameter.in === place && i.input.value !== '');
    const target = path.replace(/\{([^}]+)\}/g, (_, name) =>
      encodeURIComponent(inputs.find((i) => i.parameter.in === 'path' && i.parameter.name === name)?.input.value || `{${name}}`));
    const query = new URLSearchParams(given('query').map((i) => [i.parameter.name, i.input.value])).toString();
    const headers = Object.fromEntries(given('header').map((i) => [i.parameter.name, i.input.value]));
    if (body) {
      headers['Content-Type'] = mediaType;
    }
    return { target: `${target.slice(1)}${query ? `?${query}` : ''}`, headers, body: body?.value };
  };
  const show = () => {
    const { target, headers, body: text } = call();
    const shown = { ...(operation.security ? { 'X-Api-Key': '$KEY' } : {}), ...headers };
    command.textContent = [
      `curl -X ${method.toUpperCase()} ${shellQuoted(new URL(target, document.baseURI).href)}`,
      ...Object.entries(shown).map(([name, value]) => (value === '$KEY' ? `-H "${name}: $KEY"` : `-H ${shellQuoted(`${name}: ${value}`)}`)),
      ...(text ? [`-d ${shellQuoted(text)}`] : []),
    ].join(' \\\n  ');
  };

  send.addEventListener('click', async () => {
    send.disabled = true;
    try {
      const { target, headers, body: text } = call();
      const started = performance.now();
      const response = await fetch(target, { method: method.toUpperCase(), headers: { ...headers, ...credential() }, body: text, credentials: 'omit' });
      const got = await response.text();
      const type = response.headers.get('Content-Type') ?? '';
      answer.replaceChildren(
        el('p', { className: response.ok ? 'good' : 'bad' }, `${response.status} ${response.statusText} · ${Math.round(performance.now() - started)} ms`),
        el('pre', {}, (type.includes('json') && !type.includes('jsonl') && got ? json(JSON.parse(got)) : got).slice(0, SHOWN_CHARACTERS)));
    } catch (error) {
      answer.replaceChildren(el('p', { className: 'bad' }, `No answer: ${error.message}`));
    } finally {
      send.disabled = false;
    }
  });
  for (const field of [...inputs.map((i) => i.input), ...(body ? [body] : [])]) {
    field.addEventListener('input', show);
  }
  show();
  return el('section', { className: 'try' },
    inputs.map(({ parameter, input }) => el('label', { className: 'field' }, el('span', {}, `${parameter.name} (${parameter.in})`), input)),
    body ? el('label', { className: 'field' }, el('span', {}, `Body (${mediaType})`), body) : null,
    send, answer, command);
}
