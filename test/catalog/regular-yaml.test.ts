import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseAnyYaml } from '../../src/catalog/parse-any-yaml.ts';
import { parseYamlDocument } from '../../src/catalog/parse-yaml.ts';
import { parseRegularYaml } from '../../src/catalog/regular-yaml.ts';
import { createWorkspace } from '../../src/catalog/regular-yaml-cursor.ts';
import { anyDumped, anyMutated, anyPrinted } from './any-yaml.ts';
import { YAML_SAMPLES } from './yaml-samples.ts';

/**
 * Whether a text is regular. If so, it must be what js-yaml reads, down to the order of keys.
 *
 * The properties below were seen to fail with one thing at a time taken out of the reader: the
 * check for a colon or a comment inside a plain scalar, blank lines of a fold, blank lines that
 * widen a literal scalar, the case of an empty item, marks of a document's end inside quotes, the
 * refusal of "<<", of reserved keys and of what is left at the end, a tab inside a fold.
 */
function isRegular(text: string): boolean {
  const value = parseRegularYaml(text);
  if (value === undefined) return false;
  const wanted = parseAnyYaml(text);
  assert.ok(wanted.kind === 'value', `js-yaml refuses what was read: ${JSON.stringify(wanted)}`);
  assert.equal(wanted.ignoredFrom, null);
  assert.deepEqual(value, wanted.value);
  assert.equal(JSON.stringify(value), JSON.stringify(wanted.value));
  return true;
}

/** Runs a property that must hold for regular texts and not be empty of them. */
function assertReadAlike(texts: fc.Arbitrary<string>, numRuns: number): void {
  let regular = 0;
  fc.assert(
    fc.property(texts, (text) => {
      if (isRegular(text)) regular += 1;
    }),
    { numRuns },
  );
  assert.ok(regular > numRuns / 10, `only ${regular} of ${numRuns} were regular`);
}

describe('parseRegularYaml reads as js-yaml does, or not at all,', () => {
  it('what js-yaml prints', () => assertReadAlike(anyDumped(), 1_500));
  it('what an odd printer prints', () => assertReadAlike(anyPrinted(), 1_500));
  it('documents with random edits', () => assertReadAlike(anyMutated(), 3_000));
  it('documents of every tool', () => {
    assert.deepEqual(YAML_SAMPLES.map(isRegular), [true, true, true, true, true]);
  });
});

const REGULAR: readonly (readonly [string, unknown])[] = [
  ['---\na: b', { a: 'b' }],
  ['--- # note\n\n# note\na: b # note\n  # note\n', { a: 'b' }],
  ['  a: b\n  c: d\n', { a: 'b', c: 'd' }],
  ['- a\n-   b\n-\n- - c\n  - d\n', ['a', 'b', null, ['c', 'd']]],
  ['a:\n- b\n-\n  c: d\ne:\n', { a: ['b', { c: 'd' }], e: null }],
  ['- a: b\n  c:\n  - d\n  e:\n    f: g\n', [{ a: 'b', c: ['d'], e: { f: 'g' } }]],
  ['a: b\n c\nd: e', { a: 'b c', d: 'e' }],
  ['Aa: 1\nBB: 2', { Aa: 1, BB: 2 }],
  ['a: b\n  c\n\n\n  d # note\ne: f', { a: 'b c\n\nd', e: 'f' }],
  ['a:b: c:d\nurl: http://h:80/#x', { 'a:b': 'c:d', url: 'http://h:80/#x' }],
  ['a: -b\nc: ?d\ne: :f\ng: 1.2.3\nh: x\ty', { a: '-b', c: '?d', e: ':f', g: '1.2.3', h: 'x\ty' }],
  ['1: a\n0x10: b\ny: c\n1.50: d', { 1: 'a', 16: 'b', true: 'c', 1.5: 'd' }],
  [
    'a: 0777\nb: 0x1F\nc: 1_000\nd: 1.0\ne: 1e3\nf: +1',
    { a: 511, b: 31, c: 1000, d: 1, e: 1000, f: 1 },
  ],
  ['a: 0o17\nb: 0b11\nc: 089\nd: 1__0_\ne: .5\nf: 1.', { a: 15, b: 3, c: 89, d: 10, e: 0.5, f: 1 }],
  [
    'a: yes\nb: Off\nc: NULL\nd: ~\ne: yEs\nf: null x',
    { a: true, b: false, c: null, d: null, e: 'yEs', f: 'null x' },
  ],
  [
    'a: 2024-01-01\nb: 190:20:30\nc: <<\nd: =',
    { a: '2024-01-01', b: '190:20:30', c: '<<', d: '=' },
  ],
  ['a: 1\nb: 2\na: 3', { a: 3, b: 2 }],
  ['constructor: 1\ntoString: {}', JSON.parse('{"constructor": 1, "toString": {}}')],
  ['__proto__:\n  a: b\n"__proto__": c', JSON.parse('{"__proto__": "c"}')],
  ["a: \"\"\nb: ''\nc: \"'\"\nd: '\"'\ne: 'it''s'", { a: '', b: '', c: "'", d: '"', e: "it's" }],
  ['a: "\\x41\\u00e9\\U0001F600\\ud83d\\ude00"', { a: 'Aé😀😀' }],
  [
    'a: "\\0\\a\\b\\t\\n\\v\\f\\r\\e\\ \\"\\/\\\\\\N\\_\\L\\P"',
    { a: '\0\x07\b\t\n\v\f\r\x1b "/\\\x85\xa0\u2028\u2029' },
  ],
  ['a: "b\n\n  c\\\n  \\ d \\\n\n  e"', { a: 'b\nc d e' }],
  ["a: 'b  \n\n\n  c'\nd: e", { a: 'b\n\nc', d: 'e' }],
  // Less indented than its place: js-yaml 5 refuses this, opm does not.
  ['a:\n  b: "c\nd"\n  e: f', { a: { b: 'c d', e: 'f' } }],
  ['"a b": 1\n\'c: d\': 2\n', { 'a b': 1, 'c: d': 2 }],
  ['a: |\n b\n\n  c\n\nd: |-\n  e\n\nf: |+\n  g\n\n', { a: 'b\n\n c\n', d: 'e', f: 'g\n\n' }],
  ['a: |\n\n  \n  b\n', { a: '\n\nb\n' }],
  ['a: |\nb: |+\n\nc: |-\n', { a: '', b: '\n', c: '' }],
  // The blank line indents the text, so that nothing belongs to it.
  ['a: |\n    \n', { a: '' }],
  ['a: |2-\n   b\n  c\nd: |1\n  e', { a: ' b\nc', d: ' e\n' }],
  ['a: >\n b\n c\n\n d\n  e\n\n f\n', { a: 'b c\nd\n e\n\nf\n' }],
  ['- |\n a\n- >-\n  b\n  c\n', ['a\n', 'b c']],
  ['a: | # note\n b # text\n# note\nc: d', { a: 'b # text\n', c: 'd' }],
  ['a:\n  {}\nb: [] # note\nc:\n  "d"\ne:\n  f\n  g', { a: {}, b: [], c: 'd', e: 'f g' }],
  ['a: 日本\n😀: \u2028\uFEFF', { a: '日本', '😀': '\u2028\uFEFF' }],
];

const IRREGULAR: Readonly<Record<string, readonly string[]>> = {
  'anchors, aliases and tags': ['a: &b c\nd: *b', 'a: !!str 1', '!x a: b', '&a b: c', '*a : b'],
  'merge keys': ['<<: {}\na: b', 'a: &b {c: d}\ne:\n  <<: *b'],
  'complex and missing keys': ['? a\n: b', '[a]: b', '{a: b}: c', ': a', 'a: b\n: c', '[a, b]: c'],
  'keys that opm refuses': ['null: a', '~: a', '"\\0null": a', '"[object Object]": a', '-0.0: b'],
  'flow collections with content': ['a: [b, c]', 'a: {b: c}', '[]: a', '{}: a', 'a: [\n]'],
  'directives and document ends': [
    '%YAML 1.1\n---\na: b',
    'a: b\n...\n',
    'a: b\n...\nc',
    'a: b\n... c: d',
    '...',
  ],
  'several documents': [
    'a: b\n---\nc: d',
    'a: b\n--- c: d',
    '---\n---\na: b',
    'a: "b\n---\n"',
    'a: "b\n... c"',
  ],
  'tabs in odd places': [
    'a:\tb',
    'a:\n\tb: c',
    '-\ta',
    'a: b\n\tc',
    '\ta: b',
    'a: "b\n\tc"',
    'a\t: b',
  ],
  'scalars and nothing': [
    '',
    '\n',
    '# note',
    'a',
    '"a"',
    '|\n a',
    '1',
    '12345678901234567890',
    '---',
  ],
  'odd characters': [
    'a: b\u0000',
    'a: \u007f',
    'a: |\n b\u0085',
    'a: "\u0001"',
    'a: \uD800',
    '# \u0000\na: b',
  ],
  'line ends of Windows': ['a: b\r\nc: d\r\n', 'a: "b\rc"', 'a: |\r\n b\r\n', '# a\rb: c'],
  'byte order marks': ['\uFEFF\uFEFFa: b'],
  'numbers without a form in JSON': ['a: .inf', 'a: -.INF', 'a: .nan', 'a: 1e999', '.inf: a'],
  'wrong indentation': [
    'a: b\n c: d',
    'a:\n  b: c\n d: e',
    ' a: b\nc: d',
    '- a\n - b: c',
    '- a\nb: c',
  ],
  'left and right of a value': [
    'a: "b" c',
    'a: {} b',
    'a: b: c',
    "a: 'b'#c",
    'a: |x\n b',
    'a: |- b\n c',
  ],
  'what never ends': ['a: "b', "a: 'b\n", 'a: [', 'a: {', 'a: "\\', 'a: "\\x4'],
  'wrong escapes and headers': [
    'a: "\\y"',
    'a: "\\xfg"',
    'a: "\\U00110000"',
    'a: |0\n b',
    'a: |--\n b',
    'a: >12\n b',
  ],
  'plain scalars that cannot be': [
    'a: @b',
    'a: `b',
    'a: %b',
    'a: ]',
    'a: , b',
    'a: - b',
    'a: ? b',
    'a: b\n  c: d',
  ],
  'an empty item and one left of it': ['a:\n  -\n- b', 'a:\n  -\nb: c'],
  'a comment inside a plain scalar': ['a: b # c\n  d', 'a: b\n  # c\n  d'],
};

describe('parseRegularYaml', () => {
  for (const [text, wanted] of REGULAR) {
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.ok(isRegular(text));
      assert.deepEqual(parseRegularYaml(text), wanted);
    });
  }

  it('keeps numbers that a double cannot give back', () => {
    const text = 'a: 12345678901234567890\nb: -0.0\nc: 99999999999999999999\n';
    assert.ok(isRegular(text));
    assert.equal(
      JSON.stringify(parseRegularYaml(text)),
      '{"a":12345678901234567890,"b":-0,"c":100000000000000000000}',
    );
  });

  for (const [name, texts] of Object.entries(IRREGULAR)) {
    it(`leaves to js-yaml: ${name}`, () => {
      for (const text of texts) {
        assert.equal(parseRegularYaml(text), undefined, JSON.stringify(text));
        assert.deepEqual(parseYamlDocument(text), parseAnyYaml(text.replace(/^\uFEFF/, '')));
      }
    });
  }

  it('reads every depth as js-yaml does, or leaves it to it', () => {
    for (let depth = 1; depth < 130; depth += 1) {
      for (const text of [nestMaps(depth), `${'- '.repeat(depth)}a`, `a:\n${'- '.repeat(depth)}a`])
        assert.deepEqual(parseYamlDocument(text), parseAnyYaml(text));
      assert.equal(parseRegularYaml(nestMaps(depth)) !== undefined, depth <= 64);
    }
  });

  it('does not take what an earlier document left behind for its own', () => {
    const workspace = createWorkspace();
    const earlier = ['a: "b\n  c"\n', `a: |\n${'  b\n'.repeat(9)}`, ...YAML_SAMPLES];
    for (const text of earlier.flatMap((long) => [long, 'a: "b\n', 'a: |\n  b\n', 'a: b'])) {
      assert.ok(isRegular(text) || text === 'a: "b\n');
      assert.deepEqual(parseRegularYaml(text, workspace), parseRegularYaml(text));
    }
  });
});

function nestMaps(depth: number): string {
  return Array.from({ length: depth }, (_, level) => `${' '.repeat(level)}a:`).join('\n');
}
