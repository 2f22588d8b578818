import { dump } from 'js-yaml';
import { ToolError } from '../base/tool-error.ts';
import { editYaml, indentAt, insertLines } from './edit-yaml.ts';
import { buildRaw, formatKnownMissing } from './known-missing.ts';
import { removeItem } from './remove-item.ts';
import type { KnownMissing } from './types.ts';
import { readPart } from './yaml-document.ts';

/**
 * Adds items to the text of a list, null for none; nothing else of it changes. Where the way it is written does not allow it, `MANIFEST_RULES_INVALID` says so.
 */
export function addMissing(
  source: string | null,
  file: string,
  added: readonly KnownMissing[],
): string {
  if (source === null || source.trim() === '') return formatKnownMissing(added);
  if (isEmptyList(source)) return `${dropEmpty(source)}${renderItems(added)}`;
  const edited = editYaml(source, file, {
    edit(text, document) {
      const list = document.spanOf([]);
      if (list === null || text[list.start] !== '-') return null;
      const indent = indentAt(text, list.start);
      const lines = renderItems(added).trimEnd().split('\n');
      return insertLines(
        text,
        list,
        lines.map((line) => `${indent}${line}`),
      );
    },
    change: (value) => (Array.isArray(value) ? [...value, ...added.map(buildRaw)] : null),
  });
  if (edited !== null) return edited;
  throw new ToolError(
    'MANIFEST_RULES_INVALID',
    `What production lacks cannot be added to ${file} as it is written.`,
    { hint: `Add it by hand:\n${renderItems(added)}` },
  );
}

/**
 * Takes items out of the text of a list, by their `image`; nothing else of it changes, comments above an item included.
 * Where the way it is written does not allow it, it throws `MANIFEST_RULES_INVALID`.
 */
export function removeMissing(source: string, file: string, images: readonly string[]): string {
  return images.reduce((text, image) => removeOne(text, file, image), source);
}

function removeOne(source: string, file: string, image: string): string {
  const edited = editYaml(source, file, {
    edit: (text, document) => removeItem(text, document, [findItem(document.value, image)]),
    change(value) {
      if (!Array.isArray(value)) return null;
      value.splice(findItem(value, image), 1);
      return value;
    },
  });
  if (edited !== null) return edited;
  throw new ToolError(
    'MANIFEST_RULES_INVALID',
    `The item for ${image} cannot be taken out of ${file} as it is written. Nothing was changed.`,
    { hint: 'Take it out by hand.' },
  );
}

function findItem(value: unknown, image: string): number {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const index = items.findIndex((item) => readPart(item, 'image') === image);
  if (index < 0) throw new Error(`The list has no item for ${image}.`);
  return index;
}

function renderItems(items: readonly KnownMissing[]): string {
  return dump(items.map(buildRaw), { lineWidth: -1, noRefs: true });
}

function dropEmpty(text: string): string {
  const kept = text.split('\n').filter((line) => !/^\s*\[\]/.test(line));
  return `${kept.join('\n').trimEnd()}\n`;
}

function isEmptyList(text: string): boolean {
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .every((line) => /^\s*(?:#|\[\]\s*(?:#|$)|$)/.test(line));
}
