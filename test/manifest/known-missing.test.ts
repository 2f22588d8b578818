import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatPlace } from '../../src/base/problem.ts';
import { addMissing, removeMissing } from '../../src/manifest/edit-known-missing.ts';
import { isImagePattern, matchesImagePattern } from '../../src/manifest/image-pattern.ts';
import { formatKnownMissing, parseKnownMissing } from '../../src/manifest/known-missing.ts';
import type { KnownMissing } from '../../src/manifest/types.ts';

const words = fc.oneof(
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.constantFrom('null', 'yes', '1.10', '2026-01-01', '<<', '0x1', '~', 'a: b', '# no', '- x'),
);
const images = fc.oneof(
  words.filter((text) => !isImagePattern(text)),
  words.map((text) => `registry.example.com/${text}*`),
);
const lists: fc.Arbitrary<KnownMissing[]> = fc.uniqueArray(
  fc.record({
    image: images,
    bundles: fc.array(words),
    reason: words,
    since: fc.constantFrom('2026-01-31', '1999-12-01'),
    until: fc.constantFrom(null, '2027-01-01'),
  }),
  { selector: (item) => item.image },
);

function listImages(text: string): readonly string[] {
  const { listed, problems } = parseKnownMissing(text, 'x');
  assert.deepEqual(problems, []);
  return listed.map(({ image }) => image);
}

test('parseKnownMissing takes back what formatKnownMissing wrote, sorted by image', () => {
  fc.assert(
    fc.property(lists, (list) => {
      const text = formatKnownMissing(list);
      const { listed, problems } = parseKnownMissing(text, 'x');
      assert.deepEqual(problems, []);
      assert.equal(formatKnownMissing(listed), text);
      assert.deepEqual(new Set(listed.map((it) => it.image)), new Set(list.map((it) => it.image)));
    }),
  );
});

test('parseKnownMissing lists every fault with its place, and then nothing', () => {
  const text = [
    '- { image: quay.io/v/a, bundles: [a], reason: r, since: 2026-01-01 }',
    '- { image: quay.io/v/a, bundles: [a], reason: r, since: 2026-02-30 }',
    '- { image: "*/vendor/a", reason: r, since: 2026-01-01 }',
    '- { image: quay.io/v/b, reason: r, since: 2026-01-01 }',
    '- { image: quay.io/v/*, reason: r, since: 2026-01-01, until: 2026-06-31 }',
    '',
  ].join('\n');
  const { listed, problems } = parseKnownMissing(text, 'x');
  assert.deepEqual(listed, []);
  assert.deepEqual(
    problems.map((problem) => `${formatPlace(problem)}: ${problem.message}`),
    [
      'rules/x/known-missing.yaml:2:12: The same is listed twice: quay.io/v/a.',
      'rules/x/known-missing.yaml:2:57: There is no day 2026-02-30.',
      'rules/x/known-missing.yaml:3:12: The pattern */vendor/a does not name its registry, so it would take in what no one has seen.',
      'rules/x/known-missing.yaml:4:12: The item for quay.io/v/b does not say which bundles name it.',
      'rules/x/known-missing.yaml:5:62: There is no day 2026-06-31.',
    ],
  );
  assert.ok(
    problems.every(({ catalog, code }) => catalog === 'x' && code === 'MANIFEST_RULES_INVALID'),
  );
});

test('parseKnownMissing tells what its schema does not know with its place', () => {
  const { problems } = parseKnownMissing(
    '- {image: a, bundles: [], reason: r, since: 2026-01-01, util: x}',
    'x',
  );
  assert.deepEqual(
    problems.map((problem) => [formatPlace(problem), /"util"/.test(problem.message)]),
    [['rules/x/known-missing.yaml:1:57', true]],
  );
});

test('parseKnownMissing finds nothing in a file of comments, or an empty list', () => {
  for (const text of ['# none yet\n', '', '[] # none\n']) assert.deepEqual(listImages(text), []);
});

for (const [pattern, reference, fits] of [
  ['q.io/v/*', 'q.io/v/a@sha256:1', true],
  ['q.io/v/*', 'q.io/v/deep/a:1', true],
  ['q.io/v/*', 'q.io/vendor/a', false],
  ['q.io/v/*', 'q.io/v', false],
  ['q.io/*/a@*', 'q.io/v/a@sha256:1', true],
  ['q.io/*/a@*', 'q.io/v/b@sha256:1', false],
  ['q.io/a*a', 'q.io/a', false],
  ['q.io/a*a', 'q.io/aa', true],
  ['q.io/v.a*', 'q.io/vxa', false],
  ['q.io/v', 'q.io/v', true],
] as const)
  test(`matchesImagePattern: ${pattern} ${fits ? 'fits' : 'does not fit'} ${reference}`, () => {
    assert.equal(matchesImagePattern(pattern, reference), fits);
  });

const WRITTEN = `# Kept by hand.
- image: quay.io/v/a@sha256:1 # of old
  bundles: [a]
  reason: r
  since: 2026-01-01
# What we never mirror.
- { image: quay.io/never/*, reason: "not licensed", since: 2026-01-01 }
- image: quay.io/v/b@sha256:2
  bundles: [b]
  reason: r
  since: 2026-01-01
`;
const ADDED = {
  image: 'quay.io/v/c@sha256:3',
  bundles: ['c'],
  reason: 'r',
  since: '2026-02-01',
  until: null,
};

test('removeMissing takes items out and leaves all else as it is written', () => {
  const text = removeMissing(WRITTEN, 'f', ['quay.io/v/a@sha256:1', 'quay.io/v/b@sha256:2']);
  assert.equal(
    text,
    '# Kept by hand.\n# What we never mirror.\n- { image: quay.io/never/*, reason: "not licensed", since: 2026-01-01 }\n',
  );
});

test('removeMissing of the last item leaves an empty list, to which addMissing adds', () => {
  const empty = removeMissing(
    '# why\n- { image: a, bundles: [a], reason: r, since: 2026-01-01 }\n',
    'f',
    ['a'],
  );
  assert.deepEqual(listImages(empty), []);
  const added = addMissing(empty, 'f', [ADDED]);
  assert.match(added, /^# why\n- image: quay\.io\/v\/c@sha256:3\n/);
  assert.deepEqual(listImages(added), [ADDED.image]);
});

test('addMissing adds behind the last item, comments and form kept', () => {
  const text = addMissing(WRITTEN, 'f', [ADDED]);
  assert.ok(text.startsWith(WRITTEN.trimEnd()));
  assert.deepEqual(listImages(text), [
    'quay.io/v/a@sha256:1',
    'quay.io/never/*',
    'quay.io/v/b@sha256:2',
    'quay.io/v/c@sha256:3',
  ]);
});

test('addMissing refuses a list that is written in one line, and says what to add', () => {
  assert.throws(
    () => addMissing('[{ image: a, bundles: [a], reason: r, since: 2026-01-01 }]\n', 'f', [ADDED]),
    (error: unknown) => error instanceof Error && /cannot be added to f/.test(error.message),
  );
});
