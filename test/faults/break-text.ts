// Faults of the text itself: what an editor, a copy or an enemy does to a file.
import { Buffer } from 'node:buffer';
import type { Chance } from './chance.ts';

/** Texts that are trouble as a name, a value or a piece of a file. */
export const HOSTILE_TEXTS: readonly string[] = [
  '\u0000',
  '\u001b[2J',
  '\ud800',
  '\udc00x',
  '\ufeff',
  '\u202e',
  '\u2028',
  '\u0085',
  'a/b',
  '../..',
  'a\nb',
  '"',
  "'",
  '{}',
  '- x',
  '---',
  '...',
  '# x',
  '*a',
  '&a',
  '!!binary x',
  '%YAML 1.1',
  '1e999',
  '0x10',
  '1_000',
  '012',
  '2001-01-01',
  '1:30',
  '~',
  'yes',
  'null',
  '💥',
  'é'.repeat(300),
  '>=1.0.0 <2.0.0 || !',
  '9'.repeat(400),
  '1.0.0-0.0.0+x',
];

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  ': ',
  '\\',
  '\\u',
  '\\ud800',
  '\\u0000',
  '\\x',
  '\n',
  '\r',
  '\r\n',
  '\t',
  ' ',
  '\u2028',
  '\u0085',
  '\ufeff',
  '\u0000',
  '\n---\n',
  '\n--- x\n',
  '\n---',
  '\n...\n',
  '\n--- # x\n',
  '\r---\r',
  '\u2028---\u2028',
  '---',
  '%YAML 1.2\n',
  '&a ',
  '*a',
  '*a ',
  '&a [*a]',
  '<<: *a\n',
  '<<: [*a, *a]\n',
  '? ',
  '? [a]\n: b\n',
  '- ',
  '-',
  '| ',
  '|2\n',
  '>-\n',
  '!!binary ',
  '!!set ',
  '!x ',
  '!<tag:x> ',
  '#',
  ' #',
  '{}',
  '{}\n',
  '[]',
  'null',
  '~',
  '1e999',
  '-1e999',
  '1E+308',
  '-0',
  '1.0',
  '01',
  '+1',
  '.inf',
  '.nan',
  '0x1F',
  '9'.repeat(400),
  `1e${'9'.repeat(30)}`,
  `0.${'0'.repeat(400)}1`,
  '"__proto__":{"x":1},',
  '"constructor":{"prototype":{}},',
  '__proto__: {x: 1}\n',
  'constructor: null\n',
  '"schema":"olm.bundle",',
  '"Schema":1,',
  'schema: olm.package\n',
  ...HOSTILE_TEXTS,
];

const DEPTHS = [10, 100, 900, 999, 1_000, 1_001, 3_000, 10_000, 50_000, 200_000];

/** One change of a text at a place that chance picks. */
export function breakText(text: string, chance: Chance, story: string[]): string {
  const at = chance.below(text.length + 1);
  const act = chance.pick(Object.keys(ACTS));
  story.push(`${act} at ${at}`);
  return ACTS[act]?.(text, at, chance) ?? text;
}

type TextAct = (text: string, at: number, chance: Chance) => string;

const ACTS: Readonly<Record<string, TextAct>> = {
  insert: (text, at, chance) => splice(text, at, { insert: chance.pick(PIECES) }),
  'insert several': (text, at, chance) =>
    splice(text, at, { insert: chance.pick(PIECES) + chance.pick(PIECES) + chance.pick(PIECES) }),
  'insert many': (text, at, chance) =>
    splice(text, at, { insert: chance.pick(PIECES).repeat(chance.below(200)) }),
  replace: (text, at, chance) =>
    splice(text, at, { drop: chance.below(20), insert: chance.pick(PIECES) }),
  drop: (text, at, chance) => splice(text, at, { drop: 1 + chance.below(40) }),
  truncate: (text, at) => text.slice(0, at),
  behead: (text, at) => text.slice(at),
  'copy over': (text, at, chance) =>
    splice(text, at, { insert: text.slice(chance.below(at + 1), at) }),
  'break lines oddly': (text, _at, chance) =>
    text.replaceAll('\n', chance.pick(['\r\n', '\r', '\u2028', '\n\n', '\n \n', '\u0085'])),
  indent: (text, at, chance) => {
    const line = text.indexOf('\n', at) + 1;
    return splice(text, line, { insert: chance.pick([' ', '  ', '\t', '- ']) });
  },
  outdent: (text, at) => {
    const line = text.indexOf('\n ', at) + 1;
    return splice(text, line, { drop: 1 });
  },
  'mark at the front': (text, _at, chance) =>
    chance.pick(['\ufeff', '\n', ' ', '\t', '{', '---']) + text,
  unquote: (text, at) => {
    const quote = text.indexOf('"', at);
    return quote === -1 ? text : splice(text, quote, { drop: 1 });
  },
  'comma too many': (text, at) => {
    const close = text.slice(at).search(/[}\]]/);
    return close === -1 ? text : splice(text, at + close, { insert: ',' });
  },
  number: (text, at, chance) => {
    const value = text.slice(at).search(/"[^"]*"(?=[,}\]\n])/);
    const number = chance.pick([
      '1e999',
      '-0',
      '1E+308',
      '9'.repeat(400),
      '0.1e-400',
      '1.',
      '-',
      '0x1',
    ]);
    return value === -1
      ? text
      : text.slice(0, at + value) + text.slice(at + value).replace(/"[^"]*"/, () => number);
  },
  nest: (text, at, chance) => splice(text, at, { insert: nest(chance) }),
  'nest a value': (text, at, chance) => {
    const value = text.slice(at).search(/: ?"/);
    return value === -1 ? text : splice(text, at + value + 1, { insert: ` ${nest(chance)}` });
  },
  'nest blocks': (text, _at, chance) => `${text}\n---\n${nestBlocks(chance)}`,
  'alias bomb': (text, _at, chance) => `${text}\n---\nschema: x\n${aliasBomb(chance)}`,
};

function splice(
  text: string,
  at: number,
  { drop = 0, insert = '' }: { readonly drop?: number; readonly insert?: string },
): string {
  return text.slice(0, at) + insert + text.slice(at + drop);
}

/** Collections in collections, most of them closed again. */
function nest(chance: Chance): string {
  // The deepest are slow to make, so they are rare.
  const depth = chance.pick(chance.below(8) === 0 ? DEPTHS : DEPTHS.slice(0, 6));
  const [open, close] = chance.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"a":', '}]'],
    ['- ', ''],
    ['{a: ', '}'],
    ['? ', ''],
    ['&a [', ']'],
  ]);
  return (
    open.repeat(depth) + chance.pick(['', '1', 'null']) + close.repeat(chance.pick([depth, 0]))
  );
}

function nestBlocks(chance: Chance): string {
  // The deep ones are long, and slow to read.
  const depth = chance.pick(chance.below(12) === 0 ? [999, 1_001] : [10, 100, 200]);
  const head = chance.pick(['a:', '-', '"a":']);
  const lines = Array.from({ length: depth }, (_, level) => `${' '.repeat(level)}${head}\n`);
  return lines.join('');
}

function aliasBomb(chance: Chance): string {
  const levels = chance.pick([2, 4, 9, 30]);
  const wide = chance.pick([2, 9, 30]);
  const lines = ['a0: &a0 [x, x]'];
  for (let level = 1; level <= levels; level += 1)
    lines.push(
      `a${level}: &a${level} [${Array(wide)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  return `${lines.join('\n')}\n`;
}

/** Changes of bytes that no text can say. */
export function breakBytes(bytes: Buffer, chance: Chance, story: string[]): Uint8Array {
  const act = chance.pick(['none', 'none', 'none', 'flip', 'flip', 'insert', 'cut', 'swap']);
  if (act === 'none' || bytes.length === 0) return bytes;
  const at = chance.below(bytes.length);
  story.push(`${act} bytes at ${at}`);
  switch (act) {
    case 'flip':
      return flipBits(bytes, at, chance);
    case 'insert': {
      const odd = chance.pick(ODD_BYTES);
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(odd), bytes.subarray(at)]);
    }
    case 'cut':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + chance.below(9))]);
    default:
      return Buffer.concat([bytes.subarray(at), bytes.subarray(0, at)]);
  }
}

const ODD_BYTES: readonly (readonly number[])[] = [
  [0x00],
  [0xff],
  [0xc0, 0x80],
  [0xe2, 0x80],
  [0xed, 0xa0, 0x80],
  [0xed, 0xb0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xef, 0xbb, 0xbf],
  [0xff, 0xfe],
  [0xfe, 0xff],
  [0x7f],
  [0x1b],
  [0xc2, 0x85],
];

function flipBits(bytes: Buffer, at: number, chance: Chance): Uint8Array {
  const flipped = Buffer.from(bytes);
  const times = chance.pick([1, 1, 2, 8]);
  for (let time = 0; time < times; time += 1) {
    const place = (at + time * chance.below(50)) % bytes.length;
    flipped[place] = (flipped[place] ?? 0) ^ (1 << chance.below(8));
  }
  return flipped;
}
