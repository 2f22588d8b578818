import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WantedImage } from '../../src/images/types.ts';
import { createPlaceFinder } from '../../src/reconcile/find-place.ts';
import { createSharingFinder } from '../../src/reconcile/find-sharing.ts';
import { createFakeRegistry, type FakeRegistry } from '../fakes/registry.ts';
import { makeImage } from '../support/world.ts';

const { signal } = new AbortController();
const LAYER = { 'bin/shared': 'x'.repeat(5000) };

function openWorld() {
  const registries = { production: createFakeRegistry('p'), staging: createFakeRegistry('s') };
  return { registries, findPlace: createPlaceFinder(registries, signal) };
}

function add(
  registry: FakeRegistry,
  name: string,
  changes: Partial<WantedImage> & { readonly files?: Readonly<Record<string, string>> } = {},
): WantedImage {
  const { files = LAYER, ...rest } = changes;
  const digest = registry.add({ repository: `v/${name}`, files, labels: { name } });
  return makeImage(name, { digest, ...rest });
}

// Seen to fail: with what production lacks counted as unread; without what was read before kept.
test('createSharingFinder names the images that have blobs in common in production', async () => {
  const { registries, findPlace } = openWorld();
  const asked = add(registries.staging, 'asked');
  const sibling = add(registries.production, 'sibling');
  const other = add(registries.production, 'other', { files: { y: 'y' } });
  const delivered = add(registries.staging, 'delivered');
  const images = [asked, sibling, other, delivered, makeImage('lost')];
  const find = createSharingFinder({ images, registries, mostRequests: 100, signal });
  const places = [await findPlace(asked, 'production'), await findPlace(asked, 'staging')];
  const found = await find(asked, places);
  assert.deepEqual(found, {
    state: 'known',
    blobs: 2,
    bytes: found.bytes,
    compared: 2,
    absent: 2,
    unread: 0,
    left: 0,
    sharing: 1,
    images: [{ upstream: sibling.upstream, blobs: 1, bytes: found.images[0]?.bytes }],
    message: null,
  });
  // Each manifest is read once, whoever asks for it.
  const before = registries.production.countRequests();
  await find(sibling, [await findPlace(sibling, 'production')]);
  const spent = registries.production.countRequests() - before;
  assert.equal(spent, 5);
});

// Seen to fail: without the look at what was spent, all were compared; with `images` in their own
// order, what lies near was among those left out.
test('createSharingFinder stops at its bound, and looks at what is near first', async () => {
  const { registries, findPlace } = openWorld();
  const far = Array.from({ length: 40 }, (_, i) =>
    add(registries.production, `far${i}`, {
      neededBy: [{ catalog: 'other', package: 'q', item: 'q.v1.0.0' }],
    }),
  );
  const asked = add(registries.production, 'asked');
  const near = add(registries.production, 'near', {
    neededBy: [{ catalog: 'other', package: 'p', item: 'p.v2.0.0' }],
    files: { ...LAYER },
  });
  const images = [...far, asked, near];
  const places = [await findPlace(asked, 'production')];
  const find = createSharingFinder({ images, registries, mostRequests: 17, signal });
  const found = await find(asked, places);
  assert.deepEqual([found.compared, found.left, found.sharing], [32, 9, 32]);
  assert.equal(found.images.length, 20);
  const few = createSharingFinder({ images, registries, mostRequests: 1, signal });
  const first = await few(asked, places);
  assert.deepEqual([first.compared, first.left], [16, 25]);
  assert.ok(first.images.some(({ upstream }) => upstream === near.upstream));
  const none = createSharingFinder({ images, registries, mostRequests: 0, signal });
  assert.equal((await none(asked, places)).state, 'skipped');
});

// Promise 6. Seen to fail: with a place that is unknown passed over, staging's layers were compared.
test('createSharingFinder says unknown where production does not tell', async () => {
  const { registries, findPlace } = openWorld();
  const asked = add(registries.staging, 'asked');
  registries.production.answer('v/asked', asked.digest ?? '', {
    state: 'unknown',
    code: 'REGISTRY_SERVER_ERROR',
    message: 'it answered 500.',
    hint: null,
    retryAfterSeconds: null,
  });
  const places = [await findPlace(asked, 'production'), await findPlace(asked, 'staging')];
  const find = createSharingFinder({ images: [asked], registries, mostRequests: 9, signal });
  const found = await find(asked, places);
  assert.deepEqual([found.state, found.message], ['unknown', 'it answered 500.']);
});
