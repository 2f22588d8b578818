import { ToolError } from '../base/tool-error.ts';
import { editYaml, indentAt, insertInFlow, insertLines, replaceValue } from './edit-yaml.ts';
import { quoteYaml } from './render-manifest.ts';
import type { ExtraImage } from './types.ts';
import { readPart, type Span, type YamlDocument } from './yaml-document.ts';

/**
 * Adds images to `spec.images` in the text of a manifest; nothing else of it changes. Where the way the file
 * is written does not allow it, `MANIFEST_INVALID` gives the lines to be written by hand.
 */
export function writeImages(source: string, file: string, images: readonly ExtraImage[]): string {
  if (images.length === 0) return source;
  const edited = editYaml(source, file, {
    edit: (text, document) => insertImages(text, document, images.map(renderImage)),
    change: (value) => addImages(value, images),
  });
  if (edited === null) throw cannotWrite(file, images);
  return edited;
}

/** `{ source: "quay.io/a/b@sha256:…", tags: ["v1"] }`. */
function renderImage({ source, tags }: ExtraImage): string {
  const list = tags.length === 0 ? '' : `, tags: [${tags.map(quoteYaml).join(', ')}]`;
  return `{ source: ${quoteYaml(source)}${list} }`;
}

function insertImages(
  text: string,
  document: YamlDocument,
  flows: readonly string[],
): string | null {
  const list = document.spanOf(['spec', 'images']);
  const spec = document.spanOf(['spec']);
  if (list === null) return spec === null ? null : insertField(text, spec, flows);
  const written = text.slice(list.start, list.end);
  if (written.trim() === '') return replaceValue(text, list, `[${flows.join(', ')}]`);
  if (written.startsWith('[')) return insertInFlow(text, list, flows.join(', '));
  if (!written.startsWith('-')) return null;
  const indent = indentAt(text, list.start);
  return insertLines(
    text,
    list,
    flows.map((flow) => `${indent}- ${flow}`),
  );
}

function insertField(text: string, spec: Span, flows: readonly string[]): string | null {
  const written = text.slice(spec.start, spec.end);
  if (written.startsWith('{') || written.startsWith('*') || written.startsWith('&')) return null;
  const indent = indentAt(text, spec.start);
  return insertLines(text, spec, [
    `${indent}images:`,
    ...flows.map((flow) => `${indent}  - ${flow}`),
  ]);
}

function addImages(value: unknown, images: readonly ExtraImage[]): unknown {
  const spec = readPart(value, 'spec');
  if (typeof spec !== 'object' || spec === null) return null;
  const before = readPart(spec, 'images');
  const added = images.map(({ source, tags }) =>
    tags.length === 0 ? { source } : { source, tags: [...tags] },
  );
  Object.assign(spec, { images: [...(Array.isArray(before) ? before : []), ...added] });
  return value;
}

function cannotWrite(file: string, images: readonly ExtraImage[]): ToolError {
  return new ToolError(
    'MANIFEST_INVALID',
    `The images cannot be written into ${file} as it is written. Nothing was changed.`,
    {
      hint: `Write them yourself, below spec.images:\n${images.map((image) => `  - ${renderImage(image)}`).join('\n')}`,
    },
  );
}
