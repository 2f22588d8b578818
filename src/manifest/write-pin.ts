import { ToolError } from '../base/tool-error.ts';
import { editYaml, indentAt, insertInFlow, insertLines, replaceValue } from './edit-yaml.ts';
import { quoteYaml } from './render-manifest.ts';
import type { CatalogPin } from './types.ts';
import { readPart, type Span, type YamlDocument } from './yaml-document.ts';

/**
 * Sets the pin of one catalog in the text of a manifest; nothing else of it changes. Where the way the
 * file is written does not allow it (an alias that several catalogs share), `MANIFEST_INVALID` gives
 * the line to be written by hand.
 */
export function writePin(
  source: string,
  place: { readonly file: string; readonly catalog: string },
  pin: CatalogPin,
): string {
  const flow = renderPin(pin);
  const edited = editYaml(source, place.file, {
    edit: (text, document) => setPin(text, document, { catalog: place.catalog, flow }),
    change: (value) => changePin(value, place.catalog, pin),
  });
  if (edited === null) throw cannotWrite(place, flow);
  return edited;
}

/** `{ tag: "v1-…", reason: "…", by: "…", until: null }`. */
function renderPin({ tag, reason, by, until }: CatalogPin): string {
  const end = until === null ? 'null' : quoteYaml(until);
  return `{ tag: ${quoteYaml(tag)}, reason: ${quoteYaml(reason)}, by: ${quoteYaml(by)}, until: ${end} }`;
}

function setPin(
  text: string,
  document: YamlDocument,
  { catalog, flow }: { readonly catalog: string; readonly flow: string },
): string | null {
  const index = listCatalogs(document.value).findIndex((entry) => isNamed(entry, catalog));
  if (index < 0) throw new Error(`${document.file} has no catalog ${catalog}.`);
  const path = ['spec', 'catalogs', index];
  const own = document.spanOf([...path, 'pin']);
  return own !== null
    ? replaceValue(text, own, flow)
    : insertPin(text, document.spanOf(path), `pin: ${flow}`);
}

function listCatalogs(value: unknown): unknown[] {
  const catalogs = ['spec', 'catalogs'].reduce<unknown>(readPart, value);
  return Array.isArray(catalogs) ? catalogs : [];
}

function isNamed(entry: unknown, name: string): boolean {
  return readPart(entry, 'name') === name;
}

function insertPin(text: string, entry: Span | null, field: string): string | null {
  if (entry === null) return null;
  const written = text.slice(entry.start, entry.end);
  if (written.startsWith('*')) return null;
  const opened = /^(?:[&!]\S*\s+)*/.exec(written)?.[0].length ?? 0;
  if (written[opened] === '{') return insertInFlow(text, entry, field);
  return insertLines(text, entry, [`${indentAt(text, entry.start + opened)}${field}`]);
}

// Where several places share an object by an alias, the copy shares it too: each must stay as it was.
function changePin(value: unknown, catalog: string, pin: CatalogPin): unknown {
  const catalogs = listCatalogs(value);
  const index = catalogs.findIndex((entry) => isNamed(entry, catalog));
  catalogs[index] = { ...Object(catalogs[index]), pin: { ...pin } };
  return value;
}

function cannotWrite(
  { file, catalog }: { readonly file: string; readonly catalog: string },
  flow: string,
): ToolError {
  return new ToolError(
    'MANIFEST_INVALID',
    `The pin cannot be written into ${file} as it is written: something of the catalog ${catalog} is shared with another place by an anchor. Nothing was changed.`,
    { hint: `Write it yourself, below the catalog ${catalog}: pin: ${flow}` },
  );
}
