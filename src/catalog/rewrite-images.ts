import { readBundleFacts, textField } from './blob-fields.ts';
import { deriveBlob } from './blob-text.ts';
import { replaceField } from './edit-blob.ts';
import { listOwnImages, readManifestImages } from './manifest-images.ts';
import { isJsonArray, isJsonObject } from './raw-json.ts';
import { type ReferenceTargets, rewriteManifests } from './rewrite-manifests.ts';
import type { Blob, Catalog, CatalogPackage, JsonObject, JsonValue } from './types.ts';

export type RewriteReference = (reference: string, bundle: Blob) => string;

/**
 * The catalog with every image address of its bundles rewritten, as `rewriteBundle` does. What does
 * not change is the identical object.
 */
export function rewriteImages(catalog: Catalog, rewrite: RewriteReference): Catalog {
  return mapBundles(catalog, (bundle) => rewriteBundle(bundle, rewrite));
}

/** The catalog with every bundle replaced; the identical objects where nothing is. */
export function mapBundles(catalog: Catalog, change: (bundle: Blob) => Blob): Catalog {
  const packages = [...catalog.packages].map(
    ([name, pkg]) => [name, mapPackage(pkg, change)] as const,
  );
  const same = packages.every(([name, pkg]) => pkg === catalog.packages.get(name));
  return same ? catalog : { ...catalog, packages: new Map(packages) };
}

function mapPackage(pkg: CatalogPackage, change: (bundle: Blob) => Blob): CatalogPackage {
  const bundles = pkg.bundles.map(change);
  return bundles.every((bundle, index) => bundle === pkg.bundles[index])
    ? pkg
    : { ...pkg, bundles };
}

/** The images that `rewriteBundle` rewrites, each once. */
export function listRewritable(bundle: Blob): readonly string[] {
  return [...new Set([...listOwnImages(bundle), ...listInManifests(bundle)])];
}

function listInManifests(bundle: Blob): readonly string[] {
  return holdsManifests(bundle) ? readManifestImages(bundle).references : [];
}

function holdsManifests(bundle: Blob): boolean {
  const { manifests, metadata } = readBundleFacts(bundle);
  return manifests + metadata > 0;
}

/**
 * The bundle with its image addresses rewritten: `image`, `relatedImages`, and in the manifests that the catalog
 * holds of it (`olm.bundle.object`, `olm.csv.metadata`) the fields of a CSV for images and every other string that
 * is exactly such an address. Where none of the images beside its manifests changes, it is the identical object. The
 * manifests are rewritten when they are asked for, so `rewrite` must be a function of what it is given.
 */
export function rewriteBundle(bundle: Blob, rewrite: RewriteReference): Blob {
  function findTargets(references: Iterable<string>): ReferenceTargets {
    return new Map([...references].map((it) => [it, rewrite(it, bundle)]));
  }
  const own = findTargets(listOwnImages(bundle));
  const deciding = own.size > 0 ? own : findTargets(listInManifests(bundle));
  if ([...deciding].every(([reference, target]) => target === reference)) return bundle;
  const facts = readBundleFacts(bundle);
  const rewritten = deriveBlob(bundle, (value) => {
    const manifests = holdsManifests(bundle) ? readManifestImages(bundle) : null;
    const targets = new Map([...findTargets(manifests?.references ?? []), ...own]);
    return rewriteValue(value, manifests?.places ?? [], targets);
  });
  readBundleFacts.know(rewritten, {
    ...facts,
    image: own.get(facts.image) ?? facts.image,
    relatedImages: facts.relatedImages.map((reference) => own.get(reference) ?? reference),
  });
  return rewritten;
}

function rewriteValue(
  value: JsonObject,
  places: readonly number[],
  targets: ReferenceTargets,
): JsonObject {
  const properties = rewriteManifests(value['properties'], places, targets);
  const related = rewriteRelated(value['relatedImages'], targets);
  return [['properties', properties] as const, ['relatedImages', related] as const].reduce(
    (changed, [key, field]) => replaceField(changed, key, field),
    rewriteField(value, targets),
  );
}

function rewriteRelated(
  related: JsonValue | undefined,
  targets: ReferenceTargets,
): JsonValue | undefined {
  if (!isJsonArray(related)) return related;
  return related.map((item) => (isJsonObject(item) ? rewriteField(item, targets) : item));
}

function rewriteField(value: JsonObject, targets: ReferenceTargets): JsonObject {
  return replaceField(value, 'image', targets.get(textField(value, 'image')));
}
