import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { diffResources } from '../../src/cluster/diff-resources.ts';
import { listMirrorRules } from '../../src/cluster/mirror-rules.ts';
import { readClusterObjects } from '../../src/cluster/read-objects.ts';
import { listPlacedReferences } from '../../src/images/list-references.ts';
import { digestOfChar, makeManifest } from '../support/manifest.ts';
import { findRealData } from '../support/real-data.ts';

const HOST = 'registry.example.com:8443';
const { path, skip } = findRealData('neighbours/mirror/telco-hub-registry');

// Guards against: rules of another scope than oc-mirror v2 makes, which would change every node of a cluster for nothing.
test('the rules for operators are those that oc-mirror v2 made, so that a cluster has next to nothing to change', {
  skip,
}, () => {
  const text = readFileSync(join(path, 'idms-operator.yaml'), 'utf8').replaceAll(/[<>]/g, '');
  const rules = listMirrorRules(readClusterObjects('idms-operator.yaml', text).objects);
  assert.ok(rules.length > 10);
  const images = rules.map(({ source }) => ({
    source: `${source}/image@${digestOfChar('a')}`,
    tags: [],
  }));
  const references = listPlacedReferences({
    manifest: makeManifest({ images }),
    catalogs: new Map(),
    releases: [],
  });
  const needs = {
    references,
    place: { role: 'production', host: HOST },
    indexes: [],
    signatures: [],
    updateService: null,
    clusterVersion: null,
  } as const;
  const found = diffResources(needs, { against: 'oc-mirror', rules, objects: null });
  assert.deepEqual([found.unresolved, found.late], [[], []]);
  // A line that says what the one of its namespace says already.
  assert.deepEqual(
    found.rules.map(({ difference, source }) => `${difference} ${source}`),
    ['superfluous registry.redhat.io/multicluster-engine/assisted-installer-agent-rhel9'],
  );
});
