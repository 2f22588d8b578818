import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPlace } from '../../src/base/problem.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import { checkBridges, parseBridges } from '../../src/manifest/bridges.ts';

const FILE = 'rules/idx/bridges.yaml';

const WHOLE = `# reviewed like everything else
- package: etcd
  channel: stable
  bundle: etcd.v2.0.0
  replaces: etcd.v1.0.0
  skips: [etcd.v1.5.0]
  skipRange: ">=1.0.0 <2.0.0"
  reason: tried on the test cluster
  by: kim
  until: 2026-12-31
- { package: etcd, channel: beta, bundle: etcd.v2.0.0, skips: [a], reason: r, by: b }
`;

test('parseBridges reads every field, and where each bridge stands', () => {
  assert.deepEqual(parseBridges(WHOLE, FILE), [
    {
      package: 'etcd',
      channel: 'stable',
      bundle: 'etcd.v2.0.0',
      replaces: 'etcd.v1.0.0',
      skips: ['etcd.v1.5.0'],
      skipRange: '>=1.0.0 <2.0.0',
      reason: 'tried on the test cluster',
      by: 'kim',
      until: '2026-12-31',
      file: FILE,
      line: 2,
    },
    {
      package: 'etcd',
      channel: 'beta',
      bundle: 'etcd.v2.0.0',
      replaces: '',
      skips: ['a'],
      skipRange: '',
      reason: 'r',
      by: 'b',
      until: null,
      file: FILE,
      line: 11,
    },
  ]);
});

test('parseBridges takes null for a bridge without an end', () => {
  const text =
    '- { package: p, channel: c, bundle: p.v2, replaces: p.v1, reason: r, by: b, until: null }\n';
  assert.deepEqual(
    parseBridges(text, FILE).map(({ until }) => until),
    [null],
  );
});

test('parseBridges takes a file without an item for no bridges', () => {
  for (const text of ['', '\n# none left\n', '[]\n'])
    assert.deepEqual(parseBridges(text, FILE), []);
});

const FAULTS: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'several faults at once',
    '- package: etcd\n  chanel: stable\n  bundle: etcd.v2\n  skips: []\n  reason: ""\n  by: 7\n  until: soon\n',
    [
      ':1:3 [0] lacks the field "channel".',
      ':2:3 [0] has an unknown field "chanel".',
      ':4:10 [0].skips is an empty list, but at least one entry is expected.',
      ':5:11 [0].reason is empty, but at least one entry is expected.',
      ':6:7 [0].by is the number 7, but text is expected.',
      ':7:10 [0].until is "soon", but a date such as 2026-12-31 is expected.',
    ],
  ],
  [
    'no edge',
    '- { package: p, channel: c, bundle: p.v2, reason: r, by: b }\n',
    [':1:3 The bridge has no edge.'],
  ],
  [
    'an edge to itself',
    '- { package: p, channel: c, bundle: p.v2, replaces: p.v2, skips: [a, p.v2], reason: r, by: b }\n',
    [':1:53 p.v2 cannot upgrade to itself.', ':1:70 p.v2 cannot upgrade to itself.'],
  ],
  [
    'a day and a month that no calendar has',
    [
      '- { package: p, channel: c, bundle: p.v2, replaces: p.v1, reason: r, by: b, until: 2026-02-30 }',
      '- { package: p, channel: c, bundle: p.v3, replaces: p.v1, reason: r, by: b, until: 2026-13-01 }',
    ].join('\n'),
    [':1:84 There is no day 2026-02-30.', ':2:84 There is no day 2026-13-01.'],
  ],
  ['no list', 'package: p\n', [':1:1 The document is a mapping, but a list is expected.']],
  [
    'no YAML',
    '- [\n',
    [':2:1 The file is not valid YAML: unexpected end of the stream within a flow collection.'],
  ],
];

for (const [name, text, expected] of FAULTS)
  test(`checkBridges places ${name}`, () => {
    const { bridges, problems } = checkBridges(text, FILE);
    assert.deepEqual(bridges, []);
    assert.deepEqual(
      problems.map((problem) => `${formatPlace(problem)} ${problem.message}`.slice(FILE.length)),
      expected,
    );
    assert.ok(problems.every(({ hint = '' }) => hint !== ''));
    assert.throws(
      () => parseBridges(text, FILE),
      (error) =>
        isToolError(error, 'MANIFEST_INVALID') &&
        expected.every((line) => error.message.includes(line.slice(line.indexOf(' ')))),
    );
  });

test('checkBridges knows where a field stands', () => {
  const { placeOf } = checkBridges(WHOLE, FILE);
  assert.deepEqual(placeOf(0, 'skipRange'), { line: 7, column: 14 });
});
