import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../../src/base/digest.ts';
import { chooseRead, formatProofScope } from '../../src/images/choose-read.ts';
import { createImageProver } from '../../src/images/prove-image.ts';
import { createFakeRegistry } from '../fakes/registry.ts';

const DAY = 86_400_000;
const DIGESTS = Array.from({ length: 3_000 }, (_, i) => digestOf(`blob ${i}`));

// Seen to fail: with the turn left out of chooseRead each day read the same blobs.
test('chooseRead samples about a thirtieth a day, the same all day, and every blob once in thirty days', () => {
  const start = Date.parse('2026-11-26T00:00:00Z');
  const turns = Array.from({ length: 30 }, (_, day) => {
    const morning = chooseRead('sample', new Date(start + day * DAY));
    const night = chooseRead('sample', new Date(start + day * DAY + DAY - 1));
    const chosen = DIGESTS.filter(morning);
    assert.deepEqual(DIGESTS.filter(night), chosen);
    assert.ok(chosen.length > 60 && chosen.length < 140, `${chosen.length} of ${DIGESTS.length}`);
    return chosen;
  });
  assert.deepEqual(turns.flat().toSorted(), DIGESTS.toSorted());
  const now = new Date(start);
  for (const [level, read] of [
    ['deep', 0],
    ['all', DIGESTS.length],
  ] as const)
    assert.equal(DIGESTS.filter(chooseRead(level, now)).length, read);
  const scope = { revision: 'c', host: 'h', level: 'sample', now } as const;
  assert.notEqual(
    formatProofScope(scope),
    formatProofScope({ ...scope, now: new Date(start + DAY) }),
  );
});

// Seen to fail: with the filter of foreign layers left out both were missing.
test('a foreign layer, which is fetched from elsewhere, is not asked of the registry; another one is', async () => {
  const registry = createFakeRegistry();
  const digest = registry.add({ repository: 'a', files: { a: '1' } });
  const body = await registry.getManifest('a', digest);
  const manifest: { layers: object[] } = JSON.parse(Buffer.from(body.bytes).toString());
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', size: 1 };
  manifest.layers.push(
    { ...layer, digest: digestOf('elsewhere'), urls: ['https://example.com'] },
    { ...layer, digest: digestOf('here') },
  );
  const bytes = Buffer.from(JSON.stringify(manifest));
  const prover = createImageProver(
    { ...registry, getManifest: async () => ({ ...body, bytes }) },
    { chooseRead: () => false, signal: new AbortController().signal },
  );
  assert.deepEqual(await prover.prove('a', digest), {
    state: 'damaged',
    missing: [{ kind: 'blob', digest: digestOf('here'), size: 1, manifest: digest }],
    wrong: [],
  });
});
