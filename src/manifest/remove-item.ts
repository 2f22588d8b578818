import { replaceValue } from './edit-yaml.ts';
import type { Span, ValuePath, YamlDocument } from './yaml-document.ts';

/**
 * Takes the item at the end of a path out of its list, with its lines where it stands in lines; comments above it
 * stay. The last one leaves `[]`. Null where it comes by an alias.
 */
export function removeItem(text: string, document: YamlDocument, path: ValuePath): string | null {
  const listPath = path.slice(0, -1);
  const index = Number(path.at(-1));
  const list = document.spanOf(listPath);
  const item = document.spanOf(path);
  const before = document.spanOf([...listPath, index - 1]);
  const after = document.spanOf([...listPath, index + 1]);
  if (list === null || item === null) return null;
  if (index === 0 && after === null) return replaceValue(text, list, '[]');
  if (text[list.start] !== '[') return removeLines(text, before?.end ?? list.start, item);
  const [start, end] =
    after === null ? [before?.end ?? item.start, item.end] : [item.start, after.start];
  return text.slice(0, start) + text.slice(end);
}

function removeLines(text: string, from: number, item: Span): string | null {
  const dash = /^[ \t]*-(?=\s)/m.exec(text.slice(from, item.start));
  if (dash === null) return null;
  const start = text.lastIndexOf('\n', from + dash.index) + 1;
  const rest = /^[^\r\n]*(?:\r\n|\r|\n|$)/.exec(text.slice(item.end))?.[0] ?? '';
  return text.slice(0, start) + text.slice(item.end + rest.length);
}
