import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addBackwardRules, splitReferences } from '../../src/images/own-addresses.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OWN = {
  hosts: { production: ['nexus:5000', '10.0.0.5:5000'], staging: ['nexus:5001'] },
  mirrored: {
    production: [
      { source: 'quay.io/ns', path: 'q' },
      { source: 'quay.io/ns/deep', path: 'q/deep' },
      { source: 'registry.redhat.io/one', path: 'same' },
      { source: 'registry.redhat.io/two', path: 'same' },
    ],
    staging: [{ source: 'quay.io', path: '' }],
  },
};

test('splitReferences turns our own addresses back by the longest path of the mirror rules', () => {
  const { upstream, turned, unclear } = splitReferences(
    [
      `nexus:5000/q/a@${DIGEST}`,
      `10.0.0.5:5000/q/deep/b@${DIGEST}`,
      `nexus:5001/ns/c:v1`,
      `quay.io/ns/a@${DIGEST}`,
      `nexus:5000/same/x@${DIGEST}`,
      `nexus:5000/elsewhere/x@${DIGEST}`,
      'Not A Reference',
    ],
    OWN,
  );
  assert.deepEqual(upstream, [
    `quay.io/ns/a@${DIGEST}`,
    `quay.io/ns/deep/b@${DIGEST}`,
    'quay.io/ns/c:v1',
  ]);
  assert.deepEqual(
    turned.map(({ role, mirrored }) => `${role} ${mirrored.source}`),
    ['production quay.io/ns', 'production quay.io/ns/deep', 'staging quay.io'],
  );
  assert.deepEqual(unclear, [`nexus:5000/same/x@${DIGEST}`, `nexus:5000/elsewhere/x@${DIGEST}`]);
});

test('addBackwardRules adds what is missing, with the other role as rules above say', () => {
  const rule = {
    from: 'quay.io',
    to: { production: 'p', staging: 's' },
    maxNestedPaths: { production: null, staging: null },
    hits: { production: 1, staging: 1 },
    found: { production: 1, staging: 1 },
  };
  const [source] = OWN.mirrored.production;
  assert.ok(source !== undefined);
  const rules = addBackwardRules(
    [rule],
    [
      { role: 'production', mirrored: source },
      { role: 'staging', mirrored: { source: 'quay.io', path: '' } },
      { role: 'production', mirrored: { source: 'docker.io/x', path: 'y' } },
    ],
  );
  assert.deepEqual(
    rules.map(({ from, to }) => [from, to.production, to.staging]),
    [
      ['docker.io/x', 'y', 'x'],
      ['quay.io', 'p', 's'],
      ['quay.io/ns', 'q', 's/ns'],
    ],
  );
});
