import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffSettings } from '../../src/manifest/diff-settings.ts';

const BEFORE = `spec:
  policy: { missing: block, protect: new }
  catalogs:
    - { name: a, tag: v1, platforms: [linux/amd64] }
    - { name: b, tag: v1 }
  images:
    - { source: 'r.example/x:1' }
`;
const AFTER = `# Order and form do not count.
spec:
  images:
    - source: r.example/y:1
  catalogs:
    - { name: c, tag: v1 }
    - { name: a, platforms: [linux/amd64, linux/arm64], tag: v2 }
  policy: { protect: new, missing: hold, strandedUpgrades: warn }
`;

test('diffSettings says each setting that differs, items of lists by their names or by what they say', () => {
  assert.deepEqual(diffSettings(BEFORE, AFTER), [
    'spec.catalogs: without b',
    'spec.catalogs: with c',
    'spec.catalogs[a].platforms: with linux/arm64',
    'spec.catalogs[a].tag: v1 → v2',
    'spec.catalogs[b].tag: v1 → not set',
    'spec.catalogs[c].tag: not set → v1',
    'spec.images: without {"source":"r.example/x:1"}',
    'spec.images: with {"source":"r.example/y:1"}',
    'spec.policy.missing: block → hold',
    'spec.policy.strandedUpgrades: not set → warn',
  ]);
});

test('diffSettings finds nothing between a manifest and itself, and everything in a new one', () => {
  assert.deepEqual(diffSettings(BEFORE, BEFORE), []);
  assert.ok(diffSettings(null, BEFORE).includes('spec.policy.missing: not set → block'));
  assert.deepEqual(diffSettings(null, null), []);
});

test('diffSettings says that two registries exchanged their roles in one line, and what else changed of them', () => {
  const [old, fresh] = ['{ host: a:5000, caFile: a.pem }', '{ host: b:5001, insecure: true }'];
  const exchanged =
    'spec.registries: the roles are exchanged: b:5001 is production now, a:5000 is staging';
  assert.deepEqual(diffSettings(writeRoles(old, fresh), writeRoles(fresh, old)), [exchanged]);
  assert.deepEqual(diffSettings(writeRoles(old, fresh), writeRoles(fresh, '{ host: a:5000 }')), [
    exchanged,
    'spec.registries.staging.caFile: a.pem → not set',
  ]);
  assert.deepEqual(diffSettings(writeRoles(old, fresh), writeRoles(fresh, fresh)).length, 3);
});

function writeRoles(production: string, staging: string): string {
  return `spec: { registries: { production: ${production}, staging: ${staging} } }`;
}
