import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ToolError } from '../../src/base/tool-error.ts';
import { parseAsked } from '../../src/images/find-asked.ts';
import type { WantedImage } from '../../src/images/types.ts';
import { type Found, findThroughRegistry } from '../../src/reconcile/find-explained.ts';
import type { RegistryPort } from '../../src/registry/port.ts';
import { createFakeRegistry } from '../fakes/registry.ts';
import { makeManifest } from '../support/manifest.ts';
import { A, makeImage } from '../support/world.ts';

const PLATFORMS = ['linux/amd64', 'linux/arm64'];

async function find(
  text: string,
  production: RegistryPort,
  images: readonly WantedImage[],
): Promise<Found> {
  const asked = parseAsked(text, makeManifest());
  assert.ok(asked.kind === 'reference');
  return findThroughRegistry(asked, {
    images,
    bases: [],
    registries: { production, staging: createFakeRegistry('staging') },
    signal: new AbortController().signal,
  });
}

function openWorld(): {
  readonly registry: ReturnType<typeof createFakeRegistry>;
  readonly image: WantedImage;
} {
  const registry = createFakeRegistry('production');
  const spec = { repository: 'v/a', files: { a: 'a' }, platforms: PLATFORMS, tags: ['live'] };
  const image = makeImage('a', { digest: registry.add(spec) });
  return { registry, image };
}

async function readChild(registry: RegistryPort, image: WantedImage): Promise<string> {
  const { bytes } = await registry.getManifest('v/a', image.digest ?? '');
  return JSON.parse(Buffer.from(bytes).toString()).manifests[1].digest;
}

// Seen to fail: without asking where the tag of a tag-only image points, its digest was unknown.
test('findThroughRegistry finds what a tag points at, and what a part belongs to', async () => {
  const { registry, image } = openWorld();
  const other = makeImage('a', { digest: A });
  const byTag = await find('quay.io/v/a:live', registry, [other, image]);
  assert.deepEqual(byTag, {
    images: [{ ...image, remarks: ['production/v/a:live points at it.'] }],
    faults: [],
  });
  const child = await readChild(registry, image);
  const byPart = await find(`quay.io/v/a@${child}`, registry, [other, image]);
  const part = `You asked for ${child}, which is the linux/arm64 part of it.`;
  assert.deepEqual(byPart, { images: [{ ...image, remarks: [part] }], faults: [] });
  const tagOnly = makeImage('a', { digest: null, tag: 'live' });
  const byDigest = await find(`quay.io/v/a@${image.digest}`, registry, [tagOnly]);
  assert.deepEqual(byDigest, {
    images: [{ ...tagOnly, remarks: [`production/v/a:live points at ${image.digest}.`] }],
    faults: [],
  });
  assert.deepEqual(await find('quay.io/v/a:none', registry, [image]), { images: [], faults: [] });
});

// Promise 6. Seen to fail: with a manifest that cannot be read taken for one without parts; with what the
// bound leaves out not said.
test('findThroughRegistry says what it could not look at', async () => {
  const { registry, image } = openWorld();
  const child = await readChild(registry, image);
  const broken: RegistryPort = {
    ...registry,
    getManifest: () =>
      Promise.reject(new ToolError('REGISTRY_SERVER_ERROR', 'production answered 500.')),
  };
  const unread = await find(`quay.io/v/a@${child}`, broken, [image]);
  assert.deepEqual(unread, {
    images: [],
    faults: ['production answered 500.', 'production answered 500.'],
  });
  const many = Array.from({ length: 251 }, (_, i) =>
    makeImage('a', { digest: `sha256:${`${i}`.padStart(64, '0')}` }),
  );
  const cut = await find(`quay.io/v/a@${child}`, registry, [...many, image]);
  assert.deepEqual(cut, {
    images: [],
    faults: ['only 250 of 252 images of v/a were looked through for their parts'],
  });
});
