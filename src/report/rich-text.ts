import { clip } from '../base/text.ts';

/** What stands beside a name so that it is seen at a glance; each form of a page shows it in its own way. */
export type Mark =
  | 'ok'
  | 'warning'
  | 'blocked'
  | 'error'
  | 'unasked'
  | 'added'
  | 'changed'
  | 'removed';

/** A piece of a line. Text is never markup: what shows it escapes it. */
export type Inline =
  | string
  | { readonly code: string }
  | { readonly strong: Rich }
  | { readonly mark: Mark };

/** One line of a page, in whatever form. */
export type Rich = readonly Inline[];

/** Longest name that a page shows whole. */
const LONGEST_NAME = 100;

/** A line of text with other lines, names and numbers in it. */
export function rich(
  strings: TemplateStringsArray,
  ...values: readonly (Inline | Rich | number)[]
): Rich {
  return strings.flatMap((text, i) => {
    const value = values[i];
    return [...(text === '' ? [] : [text]), ...(value === undefined ? [] : toRich(value))];
  });
}

function toRich(value: Inline | Rich | number): Rich {
  if (typeof value === 'number') return [`${value}`];
  return isRich(value) ? value : [value];
}

function isRich(value: Inline | Rich): value is Rich {
  return Array.isArray(value);
}

/** A name, as the machine would write it; its beginning where it is very long. */
export function name(text: string): Inline {
  return { code: clip(text, LONGEST_NAME) };
}

export function strong(text: Rich | string): Inline {
  return { strong: typeof text === 'string' ? [text] : text };
}

export function mark(kind: Mark): Inline {
  return { mark: kind };
}

/** A sentence whose `commands` and references with a digest are code. */
export function sentence(text: string): Rich {
  return text
    .split(/`([^`]+)`/)
    .flatMap((part, i): Rich => (i % 2 === 1 ? [{ code: part }] : markReferences(part)));
}

function markReferences(text: string): Rich {
  return text
    .split(/([\s,;()]+)/)
    .filter((word) => word !== '')
    .reduce<readonly Inline[]>((line, word) => {
      const [, reference, stop = ''] =
        /^((?:.*[@:])?sha256[:-][0-9a-f]{64})([.:]*)$/.exec(word) ?? [];
      return reference === undefined
        ? appendText(line, word)
        : appendText([...line, { code: reference }], stop);
    }, []);
}

function appendText(line: Rich, text: string): Rich {
  const last = line.at(-1);
  if (text === '') return line;
  return typeof last === 'string' ? [...line.slice(0, -1), last + text] : [...line, text];
}

/** Lines one behind the other. */
function joinRich(lines: readonly Rich[], separator: string): Rich {
  return lines.flatMap((line, i) => (i === 0 ? line : [separator, ...line]));
}

/** Names one behind the other; of many only the first, and how many more there are. */
export function joinNames(names: readonly string[], shown: number): Rich {
  const kept = names.slice(0, shown).map((text): Rich => [name(text)]);
  const rest = names.length - kept.length;
  if (kept.length === 0) return [`${rest} in all`];
  return joinRich([...kept, ...(rest === 0 ? [] : [[`and ${rest} more`]])], ', ');
}
