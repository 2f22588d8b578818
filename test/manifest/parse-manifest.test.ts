import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatPlace, type Problem } from '../../src/base/problem.ts';
import { hashManifest } from '../../src/manifest/hash-manifest.ts';
import { accept, catalogs, HEAD, REGISTRIES, refuse, X } from './manifest-texts.ts';

function lines(problems: readonly Problem[]): readonly string[] {
  return problems.map((problem) => `${formatPlace(problem)} ${problem.message}`);
}

test('parseManifest reports five mistakes at once, each with its line and column', () => {
  const text = `# comment
apiVersion: olmirror/v1alpha1
kind: Mirror
metadata:
  name: nexus
spec:
  strategy: apend            # 1: a value that is none
  registries:
    production:
      host: https://nexus.example.com:5000   # 2: a form that is none
    staging: { host: "nexus.example.com:5001", insecur: true }   # 3: an unknown field
  catalogs:
    - name: redhat-index
      repository: olm/redhat-index
      tag: 4.20              # 4: a number
    - name: certified
      repository: olm/certified
      tag: v4.20
      path: ../certified     # 5: outside the repository
`;
  const problems = refuse(text);
  assert.deepEqual(lines(problems), [
    'mirror.yaml:7:13 spec.strategy is "apend", but one of append, relocate is expected.',
    'mirror.yaml:10:13 spec.registries.production.host is "https://nexus.example.com:5000", but a host with an optional port, such as nexus.example.com:5000, without https:// and without a path (a path goes into pathPrefix) is expected.',
    'mirror.yaml:11:48 spec.registries.staging has an unknown field "insecur".',
    'mirror.yaml:15:12 spec.catalogs[0].tag is the number 4.2, but text or a mapping is expected.',
    'mirror.yaml:19:13 The path "../certified" is not a folder below the manifest.',
  ]);
  assert.deepEqual(
    problems.slice(0, 4).map((problem) => problem.hint),
    [
      'Did you mean "append"?',
      'Host with port, exactly as image references name it.',
      'Did you mean "insecure"?',
      'Put it in quotes.',
    ],
  );
});

test('parseManifest accepts the manifest of the design and fills the defaults in', () => {
  const manifest = accept(
    readFileSync(new URL('../fixtures/manifest/whole.yaml', import.meta.url), 'utf8'),
  );
  assert.equal(manifest.registries.production.requestsPerDay, 20000);
  assert.equal(manifest.registries.staging.writePolicy, 'unknown');
  assert.deepEqual(manifest.catalogs[1]?.repository, {
    production: 'olm/certified',
    staging: 'mirror/redhat/certified',
  });
  assert.deepEqual(manifest.catalogs[1]?.platforms, ['linux/amd64']);
  assert.deepEqual(manifest.catalogs[1]?.path, 'catalogs/certified');
  assert.deepEqual(manifest.catalogs[0]?.pin, {
    tag: 'v4.20-0123456789ab',
    reason: 'broken upgrade',
    by: 'ops',
    until: '2026-12-31',
  });
  assert.deepEqual(manifest.paths[2], {
    from: 'docker.io',
    to: { production: 'hub', staging: '' },
    maxNestedPaths: { production: 2, staging: 2 },
  });
  assert.equal(manifest.policy.tagDrift, 'keep');
  assert.equal(manifest.reconcile.intervalMilliseconds, 600_000);
  assert.equal(manifest.reconcile.proofAgeMilliseconds, 604_800_000);
});

test('parseManifest accepts the shortest manifest', () => {
  const manifest = accept(HEAD + REGISTRIES);
  assert.equal(manifest.strategy, 'append');
  assert.deepEqual(manifest.catalogs, []);
  assert.equal(manifest.reconcile.suspend, null);
});

test('parseManifest takes anchors, aliases and merge keys, and does not expand the environment', () => {
  const manifest = accept(`${HEAD}  registries:
    production: &one { host: "a:1", insecure: true, caFile: "\${HOME}/ca.pem" }
    staging:
      <<: *one
      host: "b:1"
  catalogs:
    - &catalog { name: x, repository: olm/x, tag: &tag v1 }
    - { <<: *catalog, name: y, tag: { production: *tag, staging: v2 }, repository: olm/y }
`);
  assert.equal(manifest.registries.staging.insecure, true);
  assert.equal(manifest.registries.staging.caFile, '${HOME}/ca.pem');
  assert.deepEqual(manifest.catalogs[1]?.tag, { production: 'v1', staging: 'v2' });
});

test('parseManifest gives a problem in an alias the place of its use, and below it that of the anchor', () => {
  const problems = refuse(`${HEAD}  registries:
    production: &one { host: "a:1", insecure: yes please }
    staging: { <<: *one, host: "b:1" }
  movableTags: &list [ "no tag" ]
  releases: *list
`);
  assert.deepEqual(
    problems.map((problem) => `${problem.line}:${problem.column}`),
    ['6:47', '6:47', '8:24', '8:24'],
  );
  const [use] = refuse(
    `${HEAD}${REGISTRIES}  strategy: &s sideways\n  policy: {missing: *s}\n`,
  ).slice(1);
  assert.equal(`${use?.line}:${use?.column}`, '7:21');
});

test('parseManifest points at the owner of a missing field, and says what it is for', () => {
  const problems = refuse(
    `${HEAD}  registries:\n    production:\n      insecure: true\n    staging: {}\n  catalogs:\n    -\n      tag: v1\n`,
  );
  assert.deepEqual(lines(problems), [
    'mirror.yaml:6:5 spec.registries.production lacks the field "host".',
    'mirror.yaml:8:5 spec.registries.staging lacks the field "host".',
    'mirror.yaml:11:7 spec.catalogs[0] lacks the field "name".',
    'mirror.yaml:11:7 spec.catalogs[0] lacks the field "repository".',
  ]);
  assert.match(problems[0]?.hint ?? '', /^Add "host": Host with port/);
});

test('parseManifest names the place where a misplaced field belongs', () => {
  const [problem] = refuse(`${HEAD}${REGISTRIES}catalogs: []\n`);
  assert.equal(problem?.line, 6);
  assert.equal(problem?.hint, 'The field "catalogs" belongs at spec.catalogs.');
});

const SYNTAX: readonly (readonly [string, string, RegExp])[] = [
  ['', '1:1', /empty/],
  ['# only a comment\n', '1:1', /empty/],
  ['a: 1\na: 2\n', '2:1', /duplicated mapping key/],
  ['a:\n  - b\n c: d\n', '3:2', /not valid YAML/],
  ['a: [1, 2\nb: 3\n', '2:1', /not valid YAML/],
  ['a: *nowhere\n', '1:12', /unidentified alias/],
  ['a: 1\n---\nb: 1\n', '3:1', /more than one/],
];
for (const [text, place, message] of SYNTAX) {
  test(`parseManifest reports the syntax error in ${JSON.stringify(text)}`, () => {
    const [problem] = refuse(text);
    assert.equal(problem?.code, 'MANIFEST_SYNTAX');
    assert.match(problem.message, message);
    assert.equal(`${problem.line}:${problem.column}`, place);
  });
}

test('parseManifest survives documents of every other shape', () => {
  for (const text of [
    '[]',
    '42',
    'text',
    '{spec: []}',
    '{spec: {catalogs: {}, registries: []}}',
    'spec: {catalogs: [null, 1, []], images: [{}], paths: [3]}',
    'a: &a [*a]',
  ])
    refuse(text);
});

test('hashManifest depends on the meaning only', () => {
  const plain = accept(catalogs(X));
  const spelled = accept(
    `# comment\n${catalogs('tag: v1, base: scratch, path: catalogs/x/, repository: {staging: olm/x, production: olm/x}, name: x')}`,
  );
  assert.equal(hashManifest(plain), hashManifest(spelled));
  assert.notEqual(
    hashManifest(plain),
    hashManifest(accept(catalogs('name: x, repository: olm/x, tag: v2'))),
  );
});
