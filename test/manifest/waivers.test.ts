import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatPlace } from '../../src/base/problem.ts';
import { isWaiverOver, parseWaivers } from '../../src/manifest/waivers.ts';

describe('parseWaivers', () => {
  it('reads what is waived, who answers for it and until when', () => {
    const text = [
      '# reviewed by the platform team',
      '- { policy: soak, package: a, bundle: a.v1.1.0, reason: CVE, by: kim, until: 2026-12-31 }',
      '- policy: unsignedImages',
      '  image: quay.io/vendor/*',
      '  reason: not signed upstream',
      '  by: lee',
      '  until: 2027-01-01',
    ].join('\n');
    const { waivers, problems } = parseWaivers(text, 'idx');
    assert.deepEqual(problems, []);
    assert.deepEqual(
      waivers.map(({ policy, package: name, bundle, image, by, place }) => [
        policy,
        name,
        bundle,
        image,
        by,
        place,
      ]),
      [
        ['soak', 'a', 'a.v1.1.0', null, 'kim', 'rules/idx/waivers.yaml:2'],
        ['unsignedImages', null, null, 'quay.io/vendor/*', 'lee', 'rules/idx/waivers.yaml:3'],
      ],
    );
  });

  it('takes an empty list, an empty file and a file of comments for no waivers', () => {
    for (const text of ['[]', '', '# none yet\n'])
      assert.deepEqual(parseWaivers(text, 'idx'), { waivers: [], problems: [] }, text);
  });

  const cases: readonly (readonly [string, RegExp])[] = [
    ['- {policy: soak, reason: r, by: k}', /^rules\/idx\/waivers\.yaml:1:3 .*"until"/],
    ['- {policy: soak, reason: r, until: 2026-12-31}', /:1:3 .*lacks the field "by"/],
    [
      '- {policy: missing, reason: r, by: k, until: 2026-12-31}',
      /:1:12 .*is "missing", but one of strandedUpgrades/,
    ],
    ['- {policy: soak, reason: r, by: k, until: 2026-02-30}', /:1:43 There is no day 2026-02-30/],
    ['- {policy: soak, pkg: a, reason: r, by: k, until: 2026-12-31}', /unknown field "pkg"/],
    ['policy: soak', /:1:1 .*list/],
  ];
  for (const [text, expected] of cases)
    it(`refuses ${text}`, () => {
      const { waivers, problems } = parseWaivers(text, 'idx');
      assert.deepEqual(waivers, []);
      const told = problems.map((problem) => `${formatPlace(problem)} ${problem.message}`);
      assert.match(told.join('\n'), expected);
      assert.equal(problems[0]?.catalog, 'idx');
    });
});

it('a waiver is over on its day', () => {
  assert.equal(isWaiverOver({ until: '2026-12-01' }, '2026-11-30'), false);
  assert.equal(isWaiverOver({ until: '2026-12-01' }, '2026-12-01'), true);
});
