import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATALOG_DEFAULTS } from '../../src/manifest/defaults.ts';
import { parseUses } from '../../src/manifest/in-use.ts';
import type { CatalogEntry } from '../../src/manifest/types.ts';
import { listUsed } from '../../src/reconcile/list-used.ts';
import { makeManifest } from '../support/manifest.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const ENTRY: CatalogEntry = {
  ...CATALOG_DEFAULTS,
  name: 'idx',
  path: 'catalogs/idx',
  repository: { production: 'olm/idx', staging: 'olm/idx' },
  tag: { production: 'v1', staging: 'v1' },
  base: 'scratch',
  platforms: ['linux/amd64'],
};
const MANIFEST = makeManifest({ catalogs: [ENTRY] });
const HOST = MANIFEST.registries.production.host;

function listOf(images: readonly string[], changes: object = {}, known: readonly string[] = []) {
  const cluster = { name: 'prod', seen: '2026-11-20', images, ...changes };
  const spec = { clusters: [cluster] };
  const text = JSON.stringify({ apiVersion: 'olmirror/v1alpha1', kind: 'InUse', spec });
  const { images: found, unnamed } = listUsed(parseUses(text).observed, MANIFEST, known);
  return { found: found.map(({ reference }) => reference), unnamed };
}

test('listUsed names upstream what clusters run, addresses at our hosts turned back by what Git names', () => {
  const upstream = `quay.io/v/tool@${DIGEST}`;
  const own = `${HOST}/v/tool@${DIGEST}`;
  assert.deepEqual(listOf([upstream]), { found: [upstream], unnamed: [] });
  assert.deepEqual(listOf([own], {}, [upstream]), { found: [upstream], unnamed: [] });
  assert.deepEqual(listOf([own]), { found: [], unnamed: [own] });
});

test('listUsed leaves out a registry of the cluster, indexes, and what mirror rules send elsewhere', () => {
  const elsewhere = `docker.io/library/app@${DIGEST}`;
  const mirrored = `quay.io/v/tool@${DIGEST}`;
  const mirrors = [{ source: 'quay.io', mirrors: [HOST], redirects: 'digest' }];
  const images = [
    'image-registry.openshift-image-registry.svc:5000/app/app:latest',
    `${HOST}/olm/idx:v1`,
    elsewhere,
    mirrored,
  ];
  assert.deepEqual(listOf(images, { mirrors }), { found: [mirrored], unnamed: [] });
  assert.deepEqual(listOf([elsewhere], { mirrors: [] }).found, [elsewhere]);
});

test('listUsed names the payloads of both ends of an update, once each', () => {
  const [now, before] = ['1', '2'].map(
    (end) => `quay.io/openshift-release-dev/ocp-release@sha256:${end.repeat(64)}`,
  );
  const release = {
    version: '4.20.4',
    image: now,
    history: [
      { version: '4.20.4', image: now, state: 'Partial' },
      { version: '4.20.3', image: before, state: 'Completed' },
      { version: '4.20.1', image: `quay.io/x@${DIGEST}`, state: 'Completed' },
    ],
  };
  assert.deepEqual(listOf([], { release }).found, [now, before]);
});
