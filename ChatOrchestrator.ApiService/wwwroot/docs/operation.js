// One operation: what it takes, what it gives, and a form to call it. Its inside is made when it is opened.

import { el, prose } from './dom.js';
import { tryForm } from './try.js';

function parameters(operation, schemas) {
  const list = operation.parameters ?? [];
  return list.length === 0 ? null : [
    el('h4', {}, 'Parameters'),
    el('ul', { className: 'fields' }, list.map((parameter) => el('li', {},
      el('code', { className: 'name' }, parameter.name), ' ',
      el('span', { className: 'kind' }, `${schemas.kind(parameter.schema)}, ${parameter.in}`),
      parameter.required ? el('span', { className: 'required' }, ' required') : null,
      parameter.description ? el('span', { className: 'muted' }, ' ', prose(parameter.description)) : null))),
  ];
}

function requestBody(operation, schemas) {
  const [mediaType, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  return content === undefined ? null : [el('h4', {}, 'Body ', el('span', { className: 'kind' }, mediaType)), schemas.fields(content.schema)];
}

function responses(operation, schemas) {
  return [
    el('h4', {}, 'Answers'),
    Object.entries(operation.responses ?? {}).sort(([a], [b]) => a.localeCompare(b)).map(([status, response]) => {
      const [mediaType, content] = Object.entries(response.content ?? {})[0] ?? [];
      const fields = status.startsWith('2') && content ? schemas.fields(content.schema) : null;
      const line = [el('code', { className: status.startsWith('2') ? 'good' : 'bad' }, status), ` ${response.description} `, mediaType ? el('span', { className: 'kind' }, mediaType) : null];
      return fields ? el('details', { className: 'response' }, el('summary', {}, line), fields) : el('p', { className: 'response' }, line);
    }),
  ];
}

export function operationView(method, path, operation, schemas) {
  const view = el('details', { className: 'operation', id: operation.operationId },
    el('summary', {},
      el('span', { className: `method ${method}` }, method.toUpperCase()),
      el('code', { className: 'path' }, path),
      el('span', { className: 'muted' }, operation.summary ?? '')));
  view.addEventListener('toggle', () => {
    if (view.open && view.childElementCount === 1) {
      view.append(el('div', { className: 'inside' },
        operation.description ? el('p', {}, prose(operation.description)) : null,
        parameters(operation, schemas),
        requestBody(operation, schemas),
        responses(operation, schemas),
        el('h4', {}, 'Try it'),
        tryForm(method, path, operation, schemas)));
    }
  });
  return view;
}
