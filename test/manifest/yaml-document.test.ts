import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dump } from 'js-yaml';
import { type Place, parseYamlDocument, type ValuePath } from '../../src/manifest/yaml-document.ts';

type Tree = string | null | readonly Tree[] | { readonly [name: string]: Tree };

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, 'v', 'v: quoted', '"v', 'two\nlines\n', '- v', '{v}', '*v'),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', '1', ': d', '"e"', 'null'), tie('tree'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
}));

/** Makes every text and field name unique, so that its only place in a document is known. */
function label(value: Tree, counter: { next: number }): Tree {
  if (value === null) return null;
  counter.next += 1;
  const mark = `${counter.next}§`;
  if (typeof value === 'string') return `${value}${mark}`;
  if (Array.isArray(value)) return value.map((item: Tree) => label(item, counter));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      counter.next += 1;
      return [`${name}${counter.next}§`, label(item, counter)];
    }),
  );
}

function listTexts(
  value: unknown,
  path: ValuePath = [],
): readonly { path: ValuePath; text: string; at: 'key' | 'value' }[] {
  if (typeof value === 'string') return [{ path, text: value, at: 'value' }];
  if (Array.isArray(value))
    return value.flatMap((item, index) => listTexts(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => [
    { path: [...path, name], text: name, at: 'key' as const },
    ...listTexts(item, [...path, name]),
  ]);
}

/** Offset where the node that holds the mark begins: at its quote or block sign, if it has one. */
function findStart(source: string, text: string): string {
  const mark = /\d+§$/.exec(text.trimEnd())?.[0] ?? '';
  const end = source.indexOf(mark, 0);
  const body = text.slice(0, text.indexOf(mark));
  let start = end - body.length;
  if (body.includes('\n')) start = source.lastIndexOf('|', end);
  else if (source.slice(0, end).endsWith(`'${body}`)) start -= 1;
  const before = source.slice(0, start).split('\n');
  return `${before.length}:${(before.at(-1) ?? '').length + 1}`;
}

test('parseYamlDocument knows the place of every value and field name, in block and flow style', () => {
  let checked = 0;
  fc.assert(
    fc.property(
      tree,
      fc.integer({ min: -1, max: 4 }),
      fc.boolean(),
      (value, flowLevel, noArrayIndent) => {
        const labelled = label([value, 'last'], { next: 1000 });
        const source = dump(labelled, { flowLevel, noArrayIndent, lineWidth: -1, noRefs: true });
        fc.pre(!source.includes('\\n'));
        const { document } = parseYamlDocument(source, 'f.yaml');
        assert.ok(document);
        assert.deepEqual(document.value, labelled);
        for (const { path, text, at } of listTexts(labelled)) {
          const place: Place = at === 'key' ? document.placeOfKey(path) : document.placeOf(path);
          assert.equal(
            `${place.line}:${place.column}`,
            findStart(source, text),
            `${JSON.stringify(path)} ${at}\n${source}`,
          );
          checked += 1;
        }
      },
    ),
    { numRuns: 500 },
  );
  assert.ok(checked > 1000, String(checked));
});

const PLACES: readonly (readonly [string, string, ValuePath, string])[] = [
  ['an item without text', 'a:\n-\n- 1\n-\n- 2\n', ['a', 3], '5:3'],
  ['a value without text at its name', 'a:\n  b:\n  c: 1\n', ['a', 'b'], '2:3'],
  ['a tagged value', 'a: !!str\n  b\n', ['a'], '1:4'],
  ['an anchored mapping in a list', '- &x {a: 1}\n- *x\n', [1], '2:3'],
  ['a value below an alias', '- &x {a: [1, 2]}\n- *x\n', [1, 'a', 1], '1:14'],
  [
    'a value of the second merged mapping',
    'x: [&a {p: 1}, &b {q: 2}]\ny: {<<: [*a, *b]}\n',
    ['y', 'q'],
    '1:23',
  ],
  ['the nearest parent of what is not there', 'a:\n  b: {c: 1}\n', ['a', 'b', 'x', 'y'], '2:6'],
];
for (const [name, source, path, place] of PLACES) {
  test(`parseYamlDocument gives the place of ${name}`, () => {
    const found = parseYamlDocument(source, 'f').document?.placeOf(path);
    assert.equal(`${found?.line}:${found?.column}`, place);
  });
}
