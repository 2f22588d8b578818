import fc from 'fast-check';
import { type DumpOptions, dump } from 'js-yaml';
import { PORTABLE_YAML_SCHEMA } from '../../src/catalog/yaml-schema.ts';
import { YAML_SAMPLES } from './yaml-samples.ts';

type Node = null | boolean | number | string | readonly Node[] | { readonly [key: string]: Node };

/** A document as js-yaml prints it, in any of its styles. */
export function anyDumped(): fc.Arbitrary<string> {
  const options: fc.Arbitrary<DumpOptions> = fc.record({
    indent: fc.integer({ min: 1, max: 6 }),
    noArrayIndent: fc.boolean(),
    lineWidth: fc.constantFrom(-1, 10, 20, 80),
    quotingType: fc.constantFrom("'", '"'),
    forceQuotes: fc.boolean(),
    flowLevel: fc.constantFrom(-1, -1, -1, 1, 2),
    schema: fc.constant(PORTABLE_YAML_SCHEMA),
  });
  return fc.tuple(anyCollection(), options).map(([value, chosen]) => dump(value, chosen));
}

/** A document in styles that no tool chooses: odd indentation, blank lines, comments, folds. */
export function anyPrinted(): fc.Arbitrary<string> {
  const choices = fc.array(fc.nat(1_000), { minLength: 40, maxLength: 120 });
  return fc.tuple(anyCollection(), choices).map(([value, numbers]) => {
    let used = 0;
    function pick(count: number): number {
      used += 1;
      return (numbers[used % numbers.length] ?? 0) % count;
    }
    const lines = printNode(value, pick).map((line) => `${line}\n`);
    return `${pick(3) === 0 ? '---\n' : ''}${lines.join('')}`;
  });
}

/** One of the sample documents after a few random edits. */
export function anyMutated(samples: readonly string[] = YAML_SAMPLES): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.oneof(fc.constantFrom(...samples), anyPrinted()),
      fc.array(anyEdit(), { minLength: 1, maxLength: 4 }),
    )
    .map(([text, edits]) => edits.reduce((current, edit) => edit(current), text));
}

function anyCollection(): fc.Arbitrary<Node> {
  return fc.letrec<{ node: Node; list: Node; map: Node; root: Node }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      anyScalar(),
      tie('map'),
      tie('list'),
    ),
    list: fc.array(tie('node'), { maxLength: 4 }),
    map: fc.dictionary(anyKey(), tie('node'), { maxKeys: 5 }),
    root: fc.oneof(tie('map'), tie('map'), tie('list')),
  })).root;
}

function anyKey(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom('name', 'type', 'value', '__proto__', 'constructor', 'on', '1', 'a b', '<<'),
    fc.constantFrom('null', '~', '- x', 'a: b', 'a #b', '', '...', '---', 'x:', '[object Object]'),
    fc.string({ maxLength: 6 }),
  );
}

const WORDS = [
  'one',
  'two:',
  '#three',
  '- four',
  'é',
  '日本',
  '😀',
  '"',
  "'",
  ' ',
  '  ',
  '\\',
  'n',
];

function anyScalar(): fc.Arbitrary<Node> {
  const words = fc.array(fc.constantFrom(...WORDS, '\n', '\n', '\n\n', '\t'), { maxLength: 12 });
  return fc.oneof(
    fc.constantFrom<Node>(null, true, false, 0, -1, 1.5, 1e21, 123_456_789_012),
    fc.constantFrom('', 'y', 'NO', '~', '0x1F', '0o7', '1_0', '1e3', '-0', '.inf', '1.2.3', '='),
    words.map((parts) => parts.join('')),
    words.map((parts) => parts.join(' ')),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
}

type Pick = (count: number) => number;

function printNode(node: Node, pick: Pick): readonly string[] {
  const noise = [[], [], [], [], [''], ['# note'], ['   # note'], ['    ']];
  const before = noise[pick(noise.length)] ?? [];
  if (Array.isArray(node) && node.length > 0) {
    return node.flatMap((item: Node) => {
      const lines = printNode(item, pick);
      const pad = ' '.repeat(1 + pick(3));
      const [first = '', ...others] = lines;
      if (pick(4) === 0 || /^[ #]|^$/.test(first)) return ['-', ...indent(lines, 1 + pick(3))];
      return [...before, `-${pad}${first}`, ...indent(others, 1 + pad.length)];
    });
  }
  if (typeof node !== 'object' || node === null || Array.isArray(node) || isEmpty(node))
    return printScalar(node, pick);
  return Object.entries(node).flatMap(([name, value]) => {
    const key = pick(2) === 0 && /^[a-z]\w*$/.test(name) ? name : JSON.stringify(name);
    const lines = printNode(value, pick);
    const isBlock = typeof value === 'object' && value !== null && !isEmpty(value);
    if (isBlock && Array.isArray(value) && pick(2) === 0) return [`${key}:`, ...lines];
    if (isBlock || pick(6) === 0) return [`${key}: `, ...before, ...indent(lines, 1 + pick(4))];
    const [first = '', ...others] = lines;
    return [...before, `${key}:${' '.repeat(1 + pick(2))}${first}`, ...indent(others, 1 + pick(3))];
  });
}

function isEmpty(node: object): boolean {
  return Object.keys(node).length === 0;
}

function indent(lines: readonly string[], width: number): readonly string[] {
  return lines.map((line) => (line === '' ? line : ' '.repeat(width) + line));
}

function printScalar(node: Node, pick: Pick): readonly string[] {
  if (typeof node !== 'string') return [JSON.stringify(node) + (pick(5) === 0 ? '  # note' : '')];
  switch (pick(6)) {
    case 0:
      return [`'${node.replaceAll("'", "''").replaceAll('\n', '\n\n')}'`].join('').split('\n');
    case 1:
      return JSON.stringify(node).replaceAll(' ', '\\\n  \\ ').split('\n');
    case 2:
      return node.split('\n');
    case 3:
      return [`${pick(2) ? '|' : '>'}${['', '-', '+'][pick(3)]}`, ...node.split('\n')];
    case 4:
      return [`${pick(2) ? '|' : '>'}1${['', '-', '+'][pick(3)]}`, ...node.split('\n')];
    default:
      return [JSON.stringify(node)];
  }
}

const SNIPPETS: readonly string[] = [
  Array.from(' :#-\n\t"\'|>{}[],&*!?%@`~.0\\'),
  [
    '\n\n',
    '\n ',
    '\n  ',
    ': ',
    ' #',
    '- ',
    '\n- ',
    '\n---\n',
    '\n...\n',
    '\r\n',
    '\u0000',
    '\u0085',
  ],
  ['\u2028', '\uFEFF', '\uD800', '&a ', '*a', '!!str ', '<<: ', '? ', '"a": ', "'b'", '{a: b}'],
  ['[a, b]', '|\n', '>-\n', '|2\n', '|+\n', '\\n', '\\\n', '\\x41', '\\U00110000', '.inf', '1e999'],
  ['# note\n', '  # note\n', '    ', 'key:\n', '[object Object]', 'null: ', '0777', '-0', '\u007f'],
].flat();

function anyEdit(): fc.Arbitrary<(text: string) => string> {
  const place = fc.nat(1_000_000);
  return fc.oneof(
    fc.tuple(place, fc.nat(6), fc.constantFrom(...SNIPPETS)).map(
      ([at, length, insert]) =>
        (text: string) =>
          replace(text, { at: at % (text.length + 1), length, insert }),
    ),
    fc.tuple(place, fc.integer({ min: -3, max: 3 })).map(
      ([at, by]) =>
        (text: string) =>
          onLine(text, at, (line) => (by < 0 ? line.slice(-by) : ' '.repeat(by) + line)),
    ),
    fc.tuple(place, place).map(
      ([from, to]) =>
        (text: string) =>
          moveLine(text, from, to),
    ),
    place.map((at) => (text: string) => onLine(text, at, (line) => `${line}\n${line}`)),
    fc.tuple(place, fc.constantFrom(...SNIPPETS)).map(
      ([at, insert]) =>
        (text: string) =>
          onLine(text, at, (line) => line + insert),
    ),
    fc.tuple(place, fc.constantFrom(...SNIPPETS)).map(
      ([at, insert]) =>
        (text: string) =>
          onLine(text, at, (line) =>
            line.replace(/^ *(?:- +)?(?:\S+: )?/, (head) => head + insert),
          ),
    ),
    place.map((at) => (text: string) => text.slice(0, at % (text.length + 1))),
  );
}

function replace(
  text: string,
  edit: { readonly at: number; readonly length: number; readonly insert: string },
): string {
  return text.slice(0, edit.at) + edit.insert + text.slice(edit.at + edit.length);
}

function onLine(text: string, at: number, change: (line: string) => string): string {
  const lines = text.split('\n');
  const index = at % lines.length;
  return lines.map((line, i) => (i === index ? change(line) : line)).join('\n');
}

function moveLine(text: string, from: number, to: number): string {
  const lines = text.split('\n');
  const taken = lines.splice(from % lines.length, 1);
  lines.splice(to % (lines.length + 1), 0, ...taken);
  return lines.join('\n');
}
