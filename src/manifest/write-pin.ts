import { isDeepStrictEqual } from 'node:util';
import { ToolError } from '../base/tool-error.ts';
import { quoteYaml } from './render-manifest.ts';
import type { CatalogPin } from './types.ts';
import { parseYamlDocument, readPart, type Span, type YamlDocument } from './yaml-document.ts';

const MARK = '\uFEFF';

/**
 * Sets the pin of one catalog in the text of a manifest. Nothing else of it changes: comments, order,
 * quotes and line ends stay. The result is read again and compared; where the way the file is
 * written does not allow the change (an alias that several catalogs share), `MANIFEST_INVALID` gives
 * the line to be written by hand.
 */
export function writePin(
  source: string,
  place: { readonly file: string; readonly catalog: string },
  pin: CatalogPin,
): string {
  const mark = source.startsWith(MARK) ? MARK : '';
  const text = source.slice(mark.length);
  const { document, problem } = parseYamlDocument(text, place.file);
  if (document === null) throw new ToolError(problem.code, problem.message);
  const index = findCatalog(document, place.catalog);
  const path = ['spec', 'catalogs', index];
  const flow = renderPin(pin);
  const own = document.spanOf([...path, 'pin']);
  const entry = document.spanOf(path);
  const edited = own !== null ? replaceValue(text, own, flow) : insertPin(text, entry, flow);
  if (edited === null || !isOnlyChange(edited, { document, index, pin, file: place.file }))
    throw cannotWrite(place, flow);
  return `${mark}${edited}`;
}

/** `{ tag: "v1-…", reason: "…", by: "…", until: null }`. */
function renderPin({ tag, reason, by, until }: CatalogPin): string {
  const end = until === null ? 'null' : quoteYaml(until);
  return `{ tag: ${quoteYaml(tag)}, reason: ${quoteYaml(reason)}, by: ${quoteYaml(by)}, until: ${end} }`;
}

function findCatalog(document: YamlDocument, name: string): number {
  const catalogs = ['spec', 'catalogs'].reduce<unknown>(readPart, document.value);
  const index = Array.isArray(catalogs)
    ? catalogs.findIndex((entry) => readPart(entry, 'name') === name)
    : -1;
  if (index < 0) throw new Error(`${document.file} has no catalog ${name}.`);
  return index;
}

// A value that is left out, or that stands below its field, comes to stand behind the colon.
function replaceValue(text: string, { start, end }: Span, flow: string): string {
  const before = text.slice(0, start).trimEnd();
  return before.endsWith(':')
    ? `${before} ${flow}${text.slice(end)}`
    : `${text.slice(0, start)}${flow}${text.slice(end)}`;
}

function insertPin(text: string, entry: Span | null, flow: string): string | null {
  if (entry === null) return null;
  const written = text.slice(entry.start, entry.end);
  if (written.startsWith('*')) return null;
  const opened = /^(?:[&!]\S*\s+)*/.exec(written)?.[0].length ?? 0;
  if (written[opened] === '{') return insertInFlow(text, entry, flow);
  return insertAsLine(text, { start: entry.start + opened, end: entry.end }, flow);
}

// Behind the last value, so that a comma and comments that follow it stay where they are.
function insertInFlow(text: string, { end }: Pick<Span, 'end'>, flow: string): string {
  const inside = text.slice(0, end - 1);
  const kept = inside.replace(/[\s,]+$/, '');
  const space = inside.slice(inside.trimEnd().length);
  return `${kept}, pin: ${flow}${space}${text.slice(end - 1)}`;
}

function insertAsLine(
  text: string,
  { start, end }: Pick<Span, 'start' | 'end'>,
  flow: string,
): string {
  const lineStart = Math.max(text.lastIndexOf('\n', start - 1), text.lastIndexOf('\r', start - 1));
  const indent = ' '.repeat(start - lineStart - 1);
  const lineEnd = /[\r\n]|$/.exec(text.slice(end))?.index ?? 0;
  const at = end + lineEnd;
  const line = text.includes('\r\n') ? '\r\n' : '\n';
  return `${text.slice(0, at)}${line}${indent}pin: ${flow}${text.slice(at)}`;
}

interface Change {
  readonly document: YamlDocument;
  readonly index: number;
  readonly pin: CatalogPin;
  readonly file: string;
}

function isOnlyChange(edited: string, { document, index, pin, file }: Change): boolean {
  const result = parseYamlDocument(edited, file).document;
  const wanted: unknown = structuredClone(document.value);
  const entry = ['spec', 'catalogs', index].reduce<unknown>(readPart, wanted);
  if (result === null || typeof entry !== 'object' || entry === null) return false;
  // Where several places share an object by an alias, the copy shares it too: each must stay as it was.
  const own = { ...entry, pin: { ...pin } };
  const catalogs = ['spec', 'catalogs'].reduce<unknown>(readPart, wanted);
  if (!Array.isArray(catalogs)) return false;
  catalogs[index] = own;
  return isDeepStrictEqual(result.value, wanted);
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
