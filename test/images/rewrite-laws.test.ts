import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseImageRef, tryParseImageRef } from '../../src/base/image-ref.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { listBundleImages } from '../../src/catalog/list-images.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { listCatalogFiles } from '../../src/catalog/render-catalog.ts';
import { listRewritable, rewriteImages } from '../../src/catalog/rewrite-images.ts';
import type { BundleImages, Catalog } from '../../src/catalog/types.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { mapReference } from '../../src/images/map-path.ts';
import { normalizeAddresses } from '../../src/images/normalize-addresses.ts';
import type { MirrorManifest } from '../../src/manifest/types.ts';
import { anyImageCatalog } from '../catalog/any-images.ts';
import { makeCatalog } from '../support/catalog.ts';
import { makeManifest, pathRule } from '../support/manifest.ts';
import { listRealCatalogs } from '../support/real-catalogs.ts';
import { findRealData } from '../support/real-data.ts';

const MANIFESTS = [
  makeManifest(),
  makeManifest({ paths: [pathRule('registry.redhat.io', 'a'), pathRule('quay.io', '')] }),
  makeManifest({ paths: [pathRule('registry.redhat.io/ns', 'x'), pathRule('', 'all', 2)] }),
];

/** As it is read back from where it is served. */
function rewriteForServing(catalog: Catalog, manifest: MirrorManifest): Catalog {
  const rewritten = rewriteImages(catalog, (reference) =>
    mapReference(parseImageRef(reference), 'production', manifest),
  );
  const files = [...listCatalogFiles(rewritten)].map(([path, render]) => ({
    path,
    bytes: render(),
  }));
  return parseCatalog(files).catalog;
}

// Seen to fail: without findInGit; the one of real catalogs, with `places` of readManifestImages empty.
test('normalizeAddresses gives back what rewriteImages was given, to the last byte that counts', () => {
  fc.assert(
    fc.property(anyImageCatalog(), fc.constantFrom(...MANIFESTS), (git, manifest) => {
      assertSame(normalizeAddresses(rewriteForServing(git, manifest), manifest, git).catalog, git);
    }),
    { numRuns: 200 },
  );
});

test('normalizeAddresses gives back by the rules alone what Git does not hold yet', () => {
  const hosts = ['registry.redhat.io', 'quay.io', 'localhost'];
  const manifest = makeManifest({
    paths: hosts.map((host, place) => pathRule(host, `at/${place}`)),
  });
  fc.assert(
    fc.property(anyImageCatalog(hosts.map((host) => `${host}/`)), (catalog) => {
      const served = rewriteForServing(catalog, manifest);
      assertSame(normalizeAddresses(served, manifest, makeCatalog({})).catalog, catalog);
    }),
    { numRuns: 200 },
  );
});

function assertSame(a: Catalog, b: Catalog): void {
  assert.equal(hashCatalog(a), hashCatalog(b));
  assert.deepEqual(listBundleImages(a).map(dropPlace), listBundleImages(b).map(dropPlace));
}

test('rewriteImages changes no verdict, and tells the images that it makes', () => {
  fc.assert(
    fc.property(anyImageCatalog(), fc.constantFrom(...MANIFESTS), (git, manifest) => {
      assert.deepEqual(validateCatalog(git), []);
      const served = rewriteForServing(git, manifest);
      assert.deepEqual(validateCatalog(served), []);
      const told = rewriteImages(git, (it) =>
        mapReference(parseImageRef(it), 'production', manifest),
      );
      assert.deepEqual(
        listBundleImages(told).map(dropPlace),
        listBundleImages(served).map(dropPlace),
      );
    }),
  );
});

function dropPlace({ image, relatedImages }: BundleImages): Partial<BundleImages> {
  return { image, relatedImages };
}

const DATA = findRealData('');

test('real catalogs come back from a rewrite, and keep their verdict', { skip: DATA.skip }, () => {
  const manifest = MANIFESTS[1] ?? makeManifest();
  let rewritten = 0;
  for (const { path, files } of listRealCatalogs(DATA.path)) {
    if (path.includes('whole')) continue;
    const { catalog } = parseCatalog(files);
    // What is no reference at all cannot be rewritten, which validation says.
    if (listAll(catalog).some((it) => it !== '' && tryParseImageRef(it) === null)) continue;
    const served = rewriteForServing(catalog, manifest);
    const back = normalizeAddresses(served, manifest, catalog).catalog;
    assert.equal(hashCatalog(back), hashCatalog(catalog), path);
    assert.equal(validateCatalog(served).length, validateCatalog(catalog).length, path);
    for (const it of listAll(served))
      assert.ok(it === '' || it.startsWith('prod.example:5000/'), it);
    rewritten += 1;
  }
  assert.ok(rewritten > 10, `${rewritten}`);
});

function listAll(catalog: Catalog): readonly string[] {
  const bundles = [...catalog.packages.values()].flatMap((pkg) => pkg.bundles);
  return bundles.flatMap(listRewritable);
}
