// JSON Schema (https://spec.openapis.org/oas/v3.1.1#schema-object) as a tree of fields, and as an example value.

import { el, prose } from './dom.js';

const DEEPEST = 6;

export class Schemas {
  constructor(components) {
    this.components = components?.schemas ?? {};
  }

  /** The schema itself, without references and without "or null". */
  resolve(schema) {
    if (schema?.$ref) {
      const target = this.components[schema.$ref.split('/').pop()] ?? {};
      return { ...target, ...(schema.description ? { description: schema.description } : {}) };
    }
    const others = schema?.oneOf?.filter((one) => one.type !== 'null');
    return others?.length === 1 ? { ...this.resolve(others[0]), nullable: true } : schema ?? {};
  }

  /** What kind of value it is, in a few words. */
  kind(schema) {
    const is = this.resolve(schema);
    if (is.enum) {
      return is.enum.filter((value) => value !== null).map((value) => `"${value}"`).join(' | ');
    }
    const types = [is.type ?? (is.properties ? 'object' : 'any')].flat();
    const words = types.filter((type) => type !== 'null').map((type) => (type === 'array' ? `${this.kind(is.items)}[]` : is.format && type === 'string' ? is.format : type));
    return [...words, ...(is.nullable || types.includes('null') ? ['null'] : [])].join(' | ');
  }

  /** The fields of an object, each with those below it. */
  fields(schema, depth = 0) {
    const is = this.resolve(schema);
    const of = is.type === 'array' || [is.type].flat().includes('array') ? this.resolve(is.items) : is;
    const entries = Object.entries(of.properties ?? {});
    if (entries.length === 0 || depth >= DEEPEST) {
      return null;
    }
    return el('ul', { className: 'fields' }, entries.map(([name, property]) => {
      const about = this.resolve(property).description ?? property.description;
      return el('li', {},
        el('code', { className: 'name' }, name), ' ',
        el('span', { className: 'kind' }, this.kind(property)),
        of.required?.includes(name) ? el('span', { className: 'required' }, ' required') : null,
        about ? el('span', { className: 'muted' }, ' ', prose(about)) : null,
        this.fields(property, depth + 1));
    }));
  }

  /** A value that looks like one. */
  example(schema, depth = 0) {
    const is = this.resolve(schema);
    if (is.example !== undefined || is.enum) {
      return is.example ?? is.enum[0];
    }
    const type = [is.type ?? (is.properties ? 'object' : 'string')].flat().find((one) => one !== 'null');
    switch (type) {
      case 'object':
        return depth >= DEEPEST ? {} : Object.fromEntries(Object.entries(is.properties ?? {}).map(([name, property]) => [name, this.example(property, depth + 1)]));
      case 'array': return depth >= DEEPEST ? [] : [this.example(is.items, depth + 1)];
      case 'integer': case 'number': return 0;
      case 'boolean': return false;
      default: return { uuid: '00000000-0000-0000-0000-000000000000', 'date-time': '2026-01-31T12:00:00Z' }[is.format] ?? 'string';
    }
  }
}
