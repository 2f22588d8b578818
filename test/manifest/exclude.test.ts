import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatPlace } from '../../src/base/problem.ts';
import { isExpired, parseExcludes } from '../../src/manifest/exclude.ts';

const FILE = 'rules/idx/exclude.yaml';

function faultsOf(text: string): readonly string[] {
  return parseExcludes(text, FILE).problems.map(
    (problem) => `${formatPlace(problem)} ${problem.message}`,
  );
}

describe('parseExcludes', () => {
  it('reads packages, channels and bundles, and where each stands', () => {
    const text = [
      '# why',
      '- { package: etcd, bundle: etcd.v1.2.3, reason: CVE, by: kim, until: 2026-12-31 }',
      '- package: prometheus',
      '  channel: beta',
      '  reason: not supported here',
      '  by: lee',
      '- { package: old, reason: unused, by: lee, until: null }',
    ].join('\n');
    const { exclusions, problems } = parseExcludes(text, FILE);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      exclusions.map(({ package: pkg, channel, bundle, until, place }) => [
        pkg,
        channel,
        bundle,
        until,
        place,
      ]),
      [
        ['etcd', null, 'etcd.v1.2.3', '2026-12-31', `${FILE}:2`],
        ['prometheus', 'beta', null, null, `${FILE}:3`],
        ['old', null, null, null, `${FILE}:7`],
      ],
    );
  });

  it('takes an empty list, an empty file and a file of comments for no excludes', () => {
    for (const text of ['[]', '', '\n# none yet\n\n  # really\r\n', '\ufeff# none'])
      assert.deepEqual(parseExcludes(text, FILE), { exclusions: [], problems: [] }, text);
  });

  const cases: readonly (readonly [string, RegExp])[] = [
    ['- {package: a, by: k}', /^rules\/idx\/exclude\.yaml:1:3 .*lacks the field "reason"/],
    ['- {package: a, reason: r, by: k, bundel: b}', /:1:34 .*unknown field "bundel"/],
    ['- {package: a, reason: r, by: k, until: soon}', /:1:41 .*a date such as 2026-12-31/],
    ['- {package: a, reason: r, by: k, until: 2026-02-30}', /:1:41 There is no day 2026-02-30/],
    [
      '- {package: a, channel: c, bundle: b, reason: r, by: k}',
      /:1:36 .*both a channel and a bundle/,
    ],
    [
      '- {package: a, reason: r, by: k}\n- {package: a, reason: s, by: k}',
      /:2:13 The same is excluded twice/,
    ],
    ['package: a', /:1:1 .*list/],
    ['- {package: a', /:2:1 .*not valid YAML|:1:\d+ .*not valid YAML/],
  ];
  for (const [text, fault] of cases)
    it(`names the fault and its place in ${JSON.stringify(text)}`, () => {
      const faults = faultsOf(text);
      assert.equal(faults.length, 1, faults.join('\n'));
      assert.match(faults[0] ?? '', fault);
      assert.deepEqual(parseExcludes(text, FILE).exclusions, []);
    });

  it('names every fault at once', () => {
    assert.equal(faultsOf('- {package: a, by: 1}\n- {reason: x, by: k}\n- 7\n').length, 4);
  });
});

describe('isExpired', () => {
  it('ends an exclude on the day that until names', () => {
    const [exclusion] = parseExcludes(
      '- {package: a, reason: r, by: k, until: 2026-12-31}',
      FILE,
    ).exclusions;
    assert.ok(exclusion !== undefined);
    assert.deepEqual(
      ['2026-12-30', '2026-12-31', '2027-01-01'].map((day) => isExpired(exclusion, day)),
      [false, true, true],
    );
    assert.equal(isExpired({ ...exclusion, until: null }, '2999-01-01'), false);
  });
});
