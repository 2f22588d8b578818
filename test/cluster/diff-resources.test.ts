import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildResources, type ResourceNeeds } from '../../src/cluster/build-resources.ts';
import { listReleaseSignatures } from '../../src/cluster/build-signature-object.ts';
import { diffResources } from '../../src/cluster/diff-resources.ts';
import { listMirrorRules } from '../../src/cluster/mirror-rules.ts';
import { readClusterObjects } from '../../src/cluster/read-objects.ts';
import { formatObject } from '../../src/cluster/render-catalog-source.ts';
import { listPlacedReferences } from '../../src/images/list-references.ts';
import { digestOfChar, makeManifest } from '../support/manifest.ts';

const HOST = 'prod.example:5000';
const IMAGES = [
  `r.io/oadp/a@${digestOfChar('a')}`,
  `r.io/oadp/b@${digestOfChar('b')}`,
  'q.io/tools/c:v1',
];

function need(changes: Partial<ResourceNeeds> = {}): ResourceNeeds {
  const images = IMAGES.map((source) => ({ source, tags: [] }));
  const references = listPlacedReferences({
    manifest: makeManifest({ images, releases: [{ version: '4.20.3', architecture: 'x86_64' }] }),
    catalogs: new Map(),
    releases: [],
  });
  return {
    references,
    place: { role: 'production', host: HOST },
    indexes: [
      {
        image: `${HOST}/olm/index:v4.20`,
        pinned: false,
        catalogSource: { name: 'cs-index-v4-20', namespace: 'openshift-marketplace' },
        displayName: 'index',
        extract: { catalogDir: '/configs', cacheDir: '/tmp/cache' },
      },
    ],
    signatures: [{ hex: 'c'.repeat(64), content: 'c2ln' }],
    updateService: {
      releases: `${HOST}/openshift/release-images`,
      graphDataImage: `${HOST}/g:latest`,
    },
    clusterVersion: null,
    ...changes,
  };
}

function names(needs: ResourceNeeds): readonly string[] {
  return buildResources(needs).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

function write(needs: ResourceNeeds): string {
  return buildResources(needs)
    .map((it) => `---\n${formatObject(it)}`)
    .join('');
}

function hold(needs: ResourceNeeds, text: string) {
  const { objects, problems } = readClusterObjects('x.yaml', text);
  assert.deepEqual(problems, []);
  return diffResources(needs, { against: 'x', rules: listMirrorRules(objects), objects });
}

test('buildResources names objects as oc-mirror does, and the kinds that the version knows', () => {
  const rest = ['ConfigMap mirrored-release-signatures', 'UpdateService update-service-oc-mirror'];
  assert.deepEqual(names(need()), [
    'ImageDigestMirrorSet idms-generic-0',
    'ImageDigestMirrorSet idms-release-0',
    'ImageTagMirrorSet itms-generic-0',
    'ImageTagMirrorSet itms-release-0',
    'CatalogSource cs-index-v4-20',
    'ClusterCatalog cc-index-v4-20',
    ...rest,
  ]);
  assert.deepEqual(names(need({ clusterVersion: { major: 4, minor: 12 } })), [
    'ImageContentSourcePolicy generic-0',
    'ImageContentSourcePolicy release-0',
    'CatalogSource cs-index-v4-20',
    ...rest,
  ]);
});

test('what buildResources makes is in sync with itself, and its signatures are read back', () => {
  const needs = need();
  const found = hold(needs, write(needs));
  assert.deepEqual(
    [found.unresolved, found.late, found.rules, found.objects, found.effect, found.exitCode],
    [[], [], [], [], 'none', 0],
  );
  const { objects } = readClusterObjects('x', write(needs));
  assert.deepEqual(listReleaseSignatures(objects), needs.signatures);
});

// Guards against: a removed or mistaken mirror that nobody tells, one by one.
test('diffResources finds each rule that is taken away or leads elsewhere, with its images and what nodes go through', () => {
  const needs = need();
  const text = write(needs);
  const lines = [...text.matchAll(/ {4}- source: (\S+)\n {6}mirrors:\n {8}- (\S+)\n/g)];
  assert.equal(lines.length, 4);
  for (const [line = '', source = '', mirror = ''] of lines) {
    const without = hold(needs, text.replace(line, ''));
    assert.equal(without.exitCode, 4, source);
    assert.ok(
      without.unresolved.every(({ reference }) => reference.startsWith(source)),
      source,
    );
    assert.deepEqual(
      without.rules.map(({ difference, source: of }) => `${difference} ${of}`),
      [`missing ${source}`],
    );
    const elsewhere = hold(needs, text.replace(line, line.replace(mirror, 'old.example:5000/x')));
    assert.deepEqual(
      elsewhere.rules.map(({ difference, effect }) => `${difference} ${effect}`),
      ['different drain'],
    );
    assert.ok(elsewhere.unresolved.length > 0);
  }
});

test('diffResources tells a new digest set from a change, superfluous rules, late places and other indexes', () => {
  const needs = need();
  const text = write(needs);
  const [digests = ''] = text.split('---\n').filter((it) => it.includes('idms-generic-0'));
  const fresh = hold(needs, text.replace(`---\n${digests}`, ''));
  assert.deepEqual([fresh.effect, fresh.exitCode], ['reload', 4]);
  const first = hold(
    needs,
    text.replace(
      '        - prod.example:5000/oadp',
      '        - old.example:5000/oadp\n        - prod.example:5000/oadp',
    ),
  );
  assert.deepEqual(
    [first.late.length, first.unresolved.length, first.exitCode, first.effect],
    [2, 0, 2, 'drain'],
  );
  const more = hold(
    needs,
    `${text.replace('olm/index:v4.20', 'olm/index:v4.19')}---
apiVersion: config.openshift.io/v1
kind: ImageDigestMirrorSet
metadata: { name: old }
spec:
  imageDigestMirrors:
    - { source: gone.io/x, mirrors: ["${HOST}/x"] }
    - { source: gone.io/y, mirrors: [other.example/y] }
`,
  );
  assert.deepEqual(
    more.rules.map(({ difference, source }) => `${difference} ${source}`),
    ['superfluous gone.io/x'],
  );
  assert.deepEqual(
    more.objects.map(
      ({ difference, object, fields }) => `${difference} ${object} ${fields.join()}`,
    ),
    ['different CatalogSource openshift-marketplace/cs-index-v4-20 spec.image'],
  );
  assert.equal(more.exitCode, 2);
});
