import { ToolError } from '../base/tool-error.ts';
import { editYaml, indentAt, insertInFlow, insertLines } from './edit-yaml.ts';
import type { RawCatalog } from './raw-manifest.ts';
import { removeItem } from './remove-item.ts';
import { quoteYaml } from './render-manifest.ts';
import { readPart, type YamlDocument } from './yaml-document.ts';

const CATALOGS = ['spec', 'catalogs'];

/** What a branched catalog has of its own; everything else but the pin is as the first one has it. */
export type BranchedFields = Required<
  Pick<RawCatalog, 'name' | 'path' | 'repository' | 'tag' | 'catalogSource'>
>;

/**
 * Adds a catalog to the text of a manifest, made of the one named `from`; nothing else of it changes. Where the
 * way the file is written does not allow it, `MANIFEST_INVALID` gives the line to be written by hand.
 */
export function branchCatalog(
  source: string,
  file: string,
  { from, fields }: { readonly from: string; readonly fields: BranchedFields },
): string {
  let flow = '';
  const edited = editYaml(source, file, {
    edit(text, document) {
      const index = findCatalog(document.value, from);
      const entry = buildEntry(listCatalogs(document.value)[index], fields);
      flow = renderFlow(entry);
      return insertCatalog(text, document, { index, entry });
    },
    change(value) {
      const list = listCatalogs(value);
      list.push(buildEntry(list[findCatalog(value, from)], fields));
      return value;
    },
  });
  if (edited !== null) return edited;
  throw new ToolError(
    'MANIFEST_INVALID',
    `The catalog ${fields.name} cannot be written into ${file} as it is written. Nothing was changed.`,
    { hint: `Write its line yourself, below spec.catalogs, then see \`git diff\`:\n  - ${flow}` },
  );
}

/**
 * Takes a catalog out of the text of a manifest; nothing else of it changes, comments above the catalog included.
 * Where the way the file is written does not allow it, it throws `MANIFEST_INVALID`.
 */
export function removeCatalog(source: string, file: string, name: string): string {
  const edited = editYaml(source, file, {
    edit: (text, document) =>
      removeItem(text, document, [...CATALOGS, findCatalog(document.value, name)]),
    change(value) {
      listCatalogs(value).splice(findCatalog(value, name), 1);
      return value;
    },
  });
  if (edited !== null) return edited;
  throw new ToolError(
    'MANIFEST_INVALID',
    `The catalog ${name} cannot be taken out of ${file} as it is written: something of it is shared with another place by an anchor. Nothing was changed.`,
    { hint: 'Write in full what the anchor stands for, commit, then run the command again.' },
  );
}

function listCatalogs(value: unknown): unknown[] {
  const catalogs = CATALOGS.reduce<unknown>(readPart, value);
  return Array.isArray(catalogs) ? catalogs : [];
}

function findCatalog(value: unknown, name: string): number {
  const index = listCatalogs(value).findIndex((entry) => readPart(entry, 'name') === name);
  if (index < 0) throw new Error(`The manifest has no catalog ${name}.`);
  return index;
}

function buildEntry(from: unknown, fields: BranchedFields): Readonly<Record<string, unknown>> {
  const { name, path, repository, tag, catalogSource } = fields;
  const kept = Object.entries(Object(from)).filter(
    ([key]) => key !== 'pin' && !Object.hasOwn(fields, key),
  );
  return { name, path, repository, tag, ...Object.fromEntries(kept), catalogSource };
}

function insertCatalog(
  text: string,
  document: YamlDocument,
  { index, entry }: { readonly index: number; readonly entry: Readonly<Record<string, unknown>> },
): string | null {
  const list = document.spanOf(CATALOGS);
  const first = document.spanOf([...CATALOGS, index]);
  if (list === null || first === null) return null;
  if (text[list.start] === '[') return insertInFlow(text, list, renderFlow(entry));
  if (text[list.start] !== '-') return null;
  const indent = indentAt(text, list.start);
  if (text[first.start] === '{')
    return insertLines(text, list, [`${indent}- ${renderFlow(entry)}`]);
  const lines = Object.entries(entry).map(
    ([key, value], i) => `${indent}${i === 0 ? '- ' : '  '}${key}: ${renderFlow(value)}`,
  );
  return insertLines(text, list, lines);
}

// The fields of a catalog are plain words, so that they need no quotes.
function renderFlow(value: unknown): string {
  if (typeof value === 'string') return quoteYaml(value);
  if (Array.isArray(value)) return `[${value.map(renderFlow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, field]) => `${key}: ${renderFlow(field)}`);
  return `{ ${fields.join(', ')} }`;
}
