import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSharingFinder } from '../../src/reconcile/find-sharing.ts';
import { locateImage } from '../../src/reconcile/locate-image.ts';
import { createFakeRegistry } from '../fakes/registry.ts';
import { makeImage } from '../support/world.ts';

test('createSharingFinder names the images that have blobs in common, wherever each lies', async () => {
  const registries = { production: createFakeRegistry('p'), staging: createFakeRegistry('s') };
  const { signal } = new AbortController();
  const layer = { 'bin/shared': 'x'.repeat(5000) };
  const asked = makeImage('asked', {
    digest: registries.production.add({ repository: 'v/asked', files: layer, labels: { n: '1' } }),
  });
  const sibling = makeImage('sibling', {
    digest: registries.staging.add({ repository: 'v/sibling', files: layer, labels: { n: '2' } }),
  });
  const other = makeImage('other', {
    digest: registries.production.add({ repository: 'v/other', files: { y: 'y' } }),
  });
  const lost = makeImage('lost');
  const images = [asked, sibling, other, lost];
  const places = [await locateImage(asked, 'production', { registries, signal })];
  const near = await createSharingFinder({ images, among: 'package', registries, signal })(
    asked,
    places,
  );
  assert.deepEqual(
    near.images.map(({ upstream, blobs }) => [upstream, blobs]),
    [[sibling.upstream, 1]],
  );
  assert.deepEqual([near.state, near.blobs, near.compared], ['known', 2, 2]);
  assert.match(near.message ?? '', /^1 of them/);
});
