import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { accept, catalogs, HEAD, REGISTRIES, refuse, X } from './manifest-texts.ts';

// `§` stands before the place that the problem must name.
const IMPOSSIBLE: readonly (readonly [string, string, RegExp])[] = [
  [
    'one name twice',
    catalogs(X, 'name: §x, repository: olm/y, tag: v1, path: catalogs/y'),
    /Two catalogs have the name x/,
  ],
  [
    'one index image in one role',
    catalogs(X, 'name: y, repository: §{production: olm/y, staging: olm/x}, tag: v1'),
    /x and y have the same index image in staging, olm\/x:v1/,
  ],
  [
    'a catalog within a catalog',
    catalogs(X, 'name: y, repository: olm/y, tag: v1, path: §catalogs/x/y'),
    /lie one within the other/,
  ],
  [
    'a shared folder',
    catalogs(X, 'name: y, repository: olm/y, tag: v1, path: §./catalogs/../catalogs/x/'),
    /share the folder catalogs\/x/,
  ],
  [
    'the whole repository as a catalog',
    catalogs(`${X}, path: §.`),
    /not a folder below the manifest/,
  ],
  ['an absolute path', catalogs(`${X}, path: §/srv/x`), /not a folder below the manifest/],
  ['a folder of olmirror', catalogs(`${X}, path: §deliveries/x`), /lies in deliveries\//],
  ['a base without digest', catalogs(`${X}, base: §"a:1/opm:v1"`), /not pinned by a digest/],
  [
    'a builder image that only podman needs',
    catalogs(`${X}, builderImage: §"a:1/opm@sha256:${'0'.repeat(64)}"`),
    /which only podman needs/,
  ],
  [
    'a builder image without digest',
    catalogs(`${X}, builder: podman, builderImage: §"a:1/opm:v1"`),
    /The builder image a:1\/opm:v1 is not pinned by a digest/,
  ],
  [
    'podman on scratch without an opm',
    catalogs(`${X}, builder: §podman`),
    /where no opm is that could make the cache/,
  ],
  ['a builder that is none', catalogs(`${X}, builder: §kaniko`), /native.*podman/],
  ['a base that is none', catalogs(`${X}, base: §"a:1/opm@sha256:12"`), /digest is not sha256/],
  ['a bad platform', catalogs(`${X}, platforms: [§linux]`), /os\/architecture/],
  ['a bad repository', catalogs('name: x, repository: §Olm/x, tag: v1'), /repository path/],
  ['a bad tag', catalogs('name: x, repository: olm/x, tag: §"v1:2"'), /is "v1:2", but a tag/],
  [
    'a bad tag of one role',
    catalogs('name: x, repository: olm/x, tag: {production: v1, staging: §"-"}'),
    /tag.staging is "-", but a tag/,
  ],
  [
    'one registry for both roles',
    `${HEAD}  registries: {production: {host: "a:1"}, staging: {host: §"A:1"}}\n`,
    /same registry/,
  ],
  [
    'an alias of both',
    `${HEAD}  registries: {production: {host: "a:1", aliases: [c, §"b:1"]}, staging: {host: "b:1"}}\n`,
    /names both registries/,
  ],
  [
    'a pin to the tag that moves',
    catalogs(`${X}, pin: {tag: §v1, reason: r, by: b}`),
    /pin of x names the tag v1, which is no never-moving tag/,
  ],
  [
    'a pin to a tag of another index',
    catalogs(`${X}, pin: {tag: §v10-0123456789ab, reason: r, by: b}`),
    /which is no never-moving tag of its index/,
  ],
  [
    'a pin until no day',
    catalogs(`${X}, pin: {tag: v1-0123456789ab, reason: r, by: b, until: §2026-02-30}`),
    /There is no day 2026-02-30/,
  ],
  [
    'a pin until a time',
    catalogs(`${X}, pin: {tag: v1-0123456789ab, reason: r, by: b, until: §"2026-12-31T18:00:00Z"}`),
    /pin.until is "2026-12-31T18:00:00Z", but a date such as/,
  ],
  [
    'a pin without reason',
    catalogs(`${X}, §pin: {tag: v1-0123456789ab, by: b}`),
    /pin lacks the field "reason"/,
  ],
  [
    'an image without tag and digest',
    `${HEAD}${REGISTRIES}  images: [{source: §quay.io/a/b}]\n`,
    /neither a digest nor a tag/,
  ],
  [
    'an image that is none',
    `${HEAD}${REGISTRIES}  images:\n  - source: §"quay.io/A B"\n`,
    /not an image reference/,
  ],
  [
    'one prefix twice',
    `${HEAD}${REGISTRIES}  paths:\n  - {from: quay.io, to: a}\n  - {from: §quay.io, to: b}\n`,
    /Two path rules/,
  ],
  [
    'one release twice',
    `${HEAD}${REGISTRIES}  releases: [{version: 4.20.3}, §{version: 4.20.3}]\n`,
    /listed twice/,
  ],
  [
    'a digest tag that moves',
    `${HEAD}${REGISTRIES}  movableTags: [§"a:sha256-${'0'.repeat(64)}"]\n`,
    /must never move/,
  ],
  ['a movable tag without tag', `${HEAD}${REGISTRIES}  movableTags: [§a/b]\n`, /repository:tag/],
  [
    'a bad duration',
    `${HEAD}${REGISTRIES}  reconcile: {interval: §10 minutes}\n`,
    /a time such as/,
  ],
  [
    'an empty duration',
    `${HEAD}${REGISTRIES}  reconcile:\n    §interval:\n    proofAge: 1d\n`,
    /is null, but text/,
  ],
  [
    'an empty list',
    `${HEAD}${REGISTRIES}  catalogs: # none\n   - name: x\n     repository: olm/x\n     tag: v1\n     platforms: §[ ]\n`,
    /is an empty list, but at least one entry/,
  ],
  [
    'a fault after a comment and a line break',
    `${HEAD}${REGISTRIES}  images:\n  -   # first\n\n    source: # here\n      §5\n`,
    /is the number 5, but text/,
  ],
];
for (const [name, marked, message] of IMPOSSIBLE) {
  test(`parseManifest refuses ${name}`, () => {
    for (const breaks of ['\n', '\r\n']) {
      const [before = '', after] = marked.replaceAll('\n', breaks).split('§');
      const problems = refuse(`\uFEFF${before}${after}`);
      assert.equal(problems.length, 1, JSON.stringify(problems));
      assert.match(problems[0]?.message ?? '', message);
      const [last = ''] = before.split('\n').toReversed();
      assert.equal(
        `${problems[0]?.line}:${problems[0]?.column}`,
        `${before.split('\n').length}:${last.length + 1}`,
      );
    }
  });
}

test('parseManifest accepts one host with two path prefixes, and the same tag in two repositories', () => {
  accept(
    `${HEAD}  registries: {production: {host: "a:1", pathPrefix: prod}, staging: {host: "a:1", pathPrefix: stage/in}}\n`,
  );
  accept(catalogs(X, 'name: y, repository: olm/y, tag: v1'));
});

test('parseManifest warns of every field that asks for what this version does not do, with its place', () => {
  const { manifest, problems } = parseManifest(
    [
      'apiVersion: olmirror/v1alpha1',
      'kind: Mirror',
      'metadata: { name: a }',
      'spec:',
      '  registries:',
      '    production: { host: "a:5000", writePolicy: deny, requestsPerDay: 20000 }',
      '    staging: { host: "a:5001", writePolicy: allow-once }',
      '',
    ].join('\n'),
    'mirror.yaml',
  );
  assert.ok(manifest !== null);
  assert.deepEqual(
    problems.map(({ severity, line, message }) => [severity, line, message.split(' ')[0]]),
    [['warning', 7, 'spec.registries.staging.writePolicy']],
  );
});
