import { isDeepStrictEqual } from 'node:util';
import { ToolError } from '../base/tool-error.ts';
import { parseYamlDocument, type Span, type YamlDocument } from './yaml-document.ts';

const MARK = '\uFEFF';

export interface YamlEdit {
  /** Gives the text with the change; null where the way the file is written does not allow it. */
  readonly edit: (text: string, document: YamlDocument) => string | null;
  /** Makes the same change in a copy of the value, and gives that; null where it cannot. */
  readonly change: (value: unknown) => unknown;
}

/**
 * Edits the text of a YAML file so that nothing else of it changes: comments, order, quotes, line ends and a
 * byte order mark stay. The result is read again and compared; null where it is not the change alone.
 */
export function editYaml(source: string, file: string, { edit, change }: YamlEdit): string | null {
  const mark = source.startsWith(MARK) ? MARK : '';
  const text = source.slice(mark.length);
  const { document, problem } = parseYamlDocument(text, file);
  if (document === null) throw new ToolError(problem.code, problem.message);
  const edited = edit(text, document);
  if (edited === null) return null;
  const wanted = change(structuredClone(document.value));
  const result = parseYamlDocument(edited, file).document;
  if (wanted === null || result === null || !isDeepStrictEqual(result.value, wanted)) return null;
  return `${mark}${edited}`;
}

/** Sets a value that is left out, or stands below its field, behind the colon. */
export function replaceValue(text: string, { start, end }: Span, flow: string): string {
  const before = text.slice(0, start).trimEnd();
  return before.endsWith(':')
    ? `${before} ${flow}${text.slice(end)}`
    : `${text.slice(0, start)}${flow}${text.slice(end)}`;
}

/** Inserts behind the last value of a flow list or map, so that comments that follow it stay where they are. */
export function insertInFlow(text: string, { end }: Pick<Span, 'end'>, flow: string): string {
  const inside = text.slice(0, end - 1);
  const kept = inside.replace(/[\s,]+$/, '');
  const comma = /[[{]$/.test(kept) ? '' : ', ';
  const space = inside.slice(inside.trimEnd().length);
  return `${kept}${comma}${flow}${space}${text.slice(end - 1)}`;
}

/** Inserts behind the line in which the value ends, so that a comment there stays where it is. */
export function insertLines(
  text: string,
  { end }: Pick<Span, 'end'>,
  lines: readonly string[],
): string {
  const at = end + (/[\r\n]|$/.exec(text.slice(end))?.index ?? 0);
  const line = text.includes('\r\n') ? '\r\n' : '\n';
  return `${text.slice(0, at)}${lines.map((entry) => `${line}${entry}`).join('')}${text.slice(at)}`;
}

/** As many spaces as what stands before this place in its line is wide. */
export function indentAt(text: string, offset: number): string {
  const lineStart = Math.max(
    text.lastIndexOf('\n', offset - 1),
    text.lastIndexOf('\r', offset - 1),
  );
  return ' '.repeat(offset - lineStart - 1);
}
