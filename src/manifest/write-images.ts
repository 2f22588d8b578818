import { isDeepStrictEqual } from 'node:util';
import { ToolError } from '../base/tool-error.ts';
import { quoteYaml } from './render-manifest.ts';
import type { ExtraImage } from './types.ts';
import { parseYamlDocument, readPart, type Span, type YamlDocument } from './yaml-document.ts';

const MARK = '\uFEFF';

/**
 * Adds images to `spec.images` in the text of a manifest. Nothing else of it changes: comments, order, quotes
 * and line ends stay. The result is read again and compared; where the way the file is written does not
 * allow the change, `MANIFEST_INVALID` gives the lines to be written by hand.
 */
export function writeImages(source: string, file: string, images: readonly ExtraImage[]): string {
  if (images.length === 0) return source;
  const mark = source.startsWith(MARK) ? MARK : '';
  const text = source.slice(mark.length);
  const { document, problem } = parseYamlDocument(text, file);
  if (document === null) throw new ToolError(problem.code, problem.message);
  const edited = insertImages(text, document, images.map(renderImage));
  if (edited === null || !isOnlyChange(edited, document, images)) throw cannotWrite(file, images);
  return `${mark}${edited}`;
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
  if (written.trim() === '') return replaceList(text, list, flows);
  if (written.startsWith('[')) {
    const inside = text.slice(0, list.end - 1).replace(/[\s,]+$/, '');
    const comma = inside.endsWith('[') ? '' : ',';
    return `${inside}${comma} ${flows.join(', ')} ${text.slice(list.end - 1)}`;
  }
  if (!written.startsWith('-')) return null;
  return insertLines(
    text,
    list,
    flows.map((flow) => `${indentAt(text, list.start)}- ${flow}`),
  );
}

// `images:` without a value.
function replaceList(text: string, { start, end }: Span, flows: readonly string[]): string {
  const before = text.slice(0, start).trimEnd();
  return `${before} [${flows.join(', ')}]${text.slice(end)}`;
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

function indentAt(text: string, offset: number): string {
  const lineStart = Math.max(
    text.lastIndexOf('\n', offset - 1),
    text.lastIndexOf('\r', offset - 1),
  );
  return ' '.repeat(offset - lineStart - 1);
}

// Behind the line in which the value ends, so that a comment there stays where it is.
function insertLines(text: string, { end }: Span, lines: readonly string[]): string {
  const at = end + (/[\r\n]|$/.exec(text.slice(end))?.index ?? 0);
  const line = text.includes('\r\n') ? '\r\n' : '\n';
  return `${text.slice(0, at)}${lines.map((entry) => `${line}${entry}`).join('')}${text.slice(at)}`;
}

function isOnlyChange(
  edited: string,
  { file, value }: YamlDocument,
  images: readonly ExtraImage[],
): boolean {
  const result = parseYamlDocument(edited, file).document;
  const wanted: unknown = structuredClone(value);
  const spec = readPart(wanted, 'spec');
  if (result === null || typeof spec !== 'object' || spec === null) return false;
  const before = readPart(spec, 'images');
  const added = images.map(({ source, tags }) =>
    tags.length === 0 ? { source } : { source, tags: [...tags] },
  );
  Object.assign(spec, { images: [...(Array.isArray(before) ? before : []), ...added] });
  return isDeepStrictEqual(result.value, wanted);
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
