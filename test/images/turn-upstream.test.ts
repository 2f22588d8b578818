import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseImageRef } from '../../src/base/image-ref.ts';
import { compareBytes } from '../../src/base/text.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import { listBundleImages } from '../../src/catalog/list-images.ts';
import { mapReference } from '../../src/images/map-path.ts';
import { normalizeAddresses } from '../../src/images/normalize-addresses.ts';
import { turnUpstream } from '../../src/images/turn-upstream.ts';
import { makeCatalog } from '../support/catalog.ts';
import { digestOfChar, makeManifest, pathRule } from '../support/manifest.ts';

const manifest = makeManifest({
  paths: [pathRule('registry.redhat.io', 'rh'), pathRule('quay.io', 'quay')],
});
const A = digestOfChar('a');

test('turnUpstream leaves an address at another host alone', () => {
  assert.deepEqual(turnUpstream(`quay.io/a/b@${A}`, manifest), { kind: 'foreign' });
});

test('turnUpstream is the way back of mapReference under rules', () => {
  const path = fc
    .array(fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join('/'));
  fc.assert(
    fc.property(
      fc.constantFrom('registry.redhat.io', 'quay.io'),
      path,
      fc.constantFrom('production' as const, 'staging' as const),
      (host, repository, role) => {
        const upstream = `${host}/${repository}@${A}`;
        assert.deepEqual(
          turnUpstream(mapReference(parseImageRef(upstream), role, manifest), manifest),
          { kind: 'turned', reference: upstream },
        );
      },
    ),
  );
});

test('turnUpstream is ambiguous where no rule leads back, and where two do', () => {
  assert.deepEqual(turnUpstream(`prod.example:5000/ns/a@${A}`, makeManifest()), {
    kind: 'ambiguous',
    candidates: [],
  });
  const twice = makeManifest({
    paths: [pathRule('registry.redhat.io', ''), pathRule('quay.io', '')],
  });
  assert.deepEqual(turnUpstream(`prod.example:5000/ns/a@${A}`, twice), {
    kind: 'ambiguous',
    candidates: [`quay.io/ns/a@${A}`, `registry.redhat.io/ns/a@${A}`],
  });
});

test('turnUpstream takes what Git names already where rules do not settle it', () => {
  const known = [`registry.redhat.io/ns/a@${A}`];
  assert.deepEqual(turnUpstream(`prod.example:5001/ns/a@${A}`, makeManifest(), known), {
    kind: 'turned',
    reference: known[0],
  });
});

test('turnUpstream knows a registry by its aliases', () => {
  const { registries } = manifest;
  const aliased = {
    ...manifest,
    registries: {
      ...registries,
      production: { ...registries.production, aliases: ['mirror.internal:5000'] },
    },
  };
  assert.deepEqual(turnUpstream(`mirror.internal:5000/quay/x@${A}`, aliased), {
    kind: 'turned',
    reference: `quay.io/x@${A}`,
  });
});

test('normalizeAddresses turns bundle images and related images back and counts them', () => {
  const catalog = makeCatalog({
    a: [
      {
        version: '1.0.0',
        image: `prod.example:5001/quay/a@${A}`,
        related: [`prod.example:5000/rh/b@${A}`, `ghcr.io/c@${A}`],
      },
    ],
  });
  const { catalog: normalized, turned } = normalizeAddresses(catalog, manifest, makeCatalog({}));
  const [bundle] = listBundleImages(normalized);
  assert.equal(turned, 2);
  assert.deepEqual([bundle?.image ?? '', ...(bundle?.relatedImages ?? [])].toSorted(compareBytes), [
    `ghcr.io/c@${A}`,
    `quay.io/a@${A}`,
    `registry.redhat.io/b@${A}`,
  ]);
});

test('normalizeAddresses names every bundle that stays unclear and guesses nothing', () => {
  const catalog = makeCatalog({
    a: [
      {
        version: '1.0.0',
        image: `prod.example:5000/ns/a@${A}`,
        related: [`prod.example:5000/ns/b@${A}`],
      },
    ],
  });
  assert.throws(
    () => normalizeAddresses(catalog, makeManifest(), makeCatalog({})),
    (error: unknown) =>
      isToolError(error, 'CATALOG_AMBIGUOUS_ADDRESS') &&
      error.message.includes('a/a.v1.0.0') &&
      error.message.includes('ns/b') &&
      (error.hint ?? '').includes('spec.paths'),
  );
});
