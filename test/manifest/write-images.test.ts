import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { writeImages } from '../../src/manifest/write-images.ts';

const IMAGES = [
  { source: 'quay.io/a/b:1', tags: ['v1', 'latest'] },
  { source: 'quay.io/a/c:1', tags: [] },
];
const FLOWS = [
  '{ source: "quay.io/a/b:1", tags: ["v1", latest] }',
  '{ source: "quay.io/a/c:1" }',
] as const;

// Seen to fail with the lines put before a comment of the last line, and without the reading back.
const CASES: readonly (readonly [string, string, string])[] = [
  [
    'no list yet',
    'kind: Mirror # first\nspec:\n  strategy: append # kept\n# the end\n',
    `kind: Mirror # first\nspec:\n  strategy: append # kept\n  images:\n    - ${FLOWS[0]}\n    - ${FLOWS[1]}\n# the end\n`,
  ],
  [
    'no list yet, and no line break at the end',
    'spec:\n    strategy: append',
    `spec:\n    strategy: append\n    images:\n      - ${FLOWS[0]}\n      - ${FLOWS[1]}`,
  ],
  [
    'a list in lines',
    'spec:\n  images:\n    - source: quay.io/x:1 # ours\n    # and no more\n  strategy: append\n',
    `spec:\n  images:\n    - source: quay.io/x:1 # ours\n    - ${FLOWS[0]}\n    - ${FLOWS[1]}\n    # and no more\n  strategy: append\n`,
  ],
  [
    'a list that is not indented, with Windows line ends',
    'spec:\r\n  images:\r\n  - source: quay.io/x:1\r\n  strategy: append\r\n',
    `spec:\r\n  images:\r\n  - source: quay.io/x:1\r\n  - ${FLOWS[0]}\r\n  - ${FLOWS[1]}\r\n  strategy: append\r\n`,
  ],
  [
    'a list in brackets',
    'spec:\n  images: [{ source: "quay.io/x:1" }] # ours\n',
    `spec:\n  images: [{ source: "quay.io/x:1" }, ${FLOWS[0]}, ${FLOWS[1]}] # ours\n`,
  ],
  ['an empty list', 'spec:\n  images: []\n', `spec:\n  images: [${FLOWS[0]}, ${FLOWS[1]}]\n`],
  [
    'a list without a value, and a byte order mark',
    '\uFEFFspec:\n  images:\n  strategy: append\n',
    `\uFEFFspec:\n  images: [${FLOWS[0]}, ${FLOWS[1]}]\n  strategy: append\n`,
  ],
];

for (const [name, before, after] of CASES)
  test(`writeImages adds images to ${name}, and changes nothing else`, () => {
    assert.equal(writeImages(before, 'mirror.yaml', IMAGES), after);
  });

test('writeImages changes nothing without images', () => {
  assert.equal(writeImages('spec: {}\n', 'mirror.yaml', []), 'spec: {}\n');
});

for (const [name, text] of [
  ['a spec in braces', 'spec: { strategy: append }\n'],
  [
    'a list that is shared by an anchor',
    'x: &a [{ source: "quay.io/x:1" }]\nspec:\n  images: *a\n',
  ],
] as const)
  test(`writeImages refuses ${name}, and gives the lines to be written`, () => {
    assert.throws(
      () => writeImages(text, 'mirror.yaml', IMAGES),
      (error) =>
        isToolError(error, 'MANIFEST_INVALID') &&
        /Nothing was changed/.test(error.message) &&
        (error.hint ?? '').includes(`\n  - ${FLOWS[0]}\n  - ${FLOWS[1]}`),
    );
  });
