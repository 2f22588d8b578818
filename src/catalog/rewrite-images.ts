import { withValue } from './edit-blob.ts';
import { readBundleImages } from './list-images.ts';
import { isJsonArray, isJsonObject, objectOf } from './raw-json.ts';
import type {
  Blob,
  BundleImages,
  Catalog,
  CatalogPackage,
  JsonObject,
  JsonValue,
} from './types.ts';

export type RewriteReference = (reference: string, bundle: BundleImages) => string;

/**
 * The catalog with every image address of its bundles rewritten: `image` and `relatedImages`, and
 * nothing else, so addresses inside manifests stay. What does not change is the identical object.
 */
export function rewriteImages(catalog: Catalog, rewrite: RewriteReference): Catalog {
  const packages = [...catalog.packages].map(
    ([name, pkg]) => [name, rewritePackage(pkg, rewrite)] as const,
  );
  const same = packages.every(([name, pkg]) => pkg === catalog.packages.get(name));
  return same ? catalog : { ...catalog, packages: new Map(packages) };
}

function rewritePackage(pkg: CatalogPackage, rewrite: RewriteReference): CatalogPackage {
  const bundles = pkg.bundles.map((bundle) => rewriteBundle(bundle, rewrite));
  return bundles.every((bundle, index) => bundle === pkg.bundles[index])
    ? pkg
    : { ...pkg, bundles };
}

function rewriteBundle(bundle: Blob, rewrite: RewriteReference): Blob {
  const images = readBundleImages(bundle);
  const references = new Set([images.image, ...images.relatedImages]);
  references.delete('');
  const changed = new Map([...references].map((it) => [it, rewrite(it, images)]));
  if ([...changed].every(([reference, target]) => target === reference)) return bundle;
  function change(reference: string): string {
    return changed.get(reference) ?? reference;
  }
  const before = bundle.value;
  const related = rewriteRelated(before['relatedImages'], change);
  const value = replaceField(rewriteField(before, change), 'relatedImages', related);
  return value === before ? bundle : withValue(bundle, value);
}

function rewriteRelated(
  related: JsonValue | undefined,
  change: (reference: string) => string,
): JsonValue | undefined {
  if (!isJsonArray(related)) return related;
  const list = related.map((item) => (isJsonObject(item) ? rewriteField(item, change) : item));
  return list.every((item, index) => item === related[index]) ? related : list;
}

function rewriteField(value: JsonObject, change: (reference: string) => string): JsonObject {
  const { image } = value;
  return typeof image === 'string' && image !== ''
    ? replaceField(value, 'image', change(image))
    : value;
}

function replaceField(value: JsonObject, key: string, field: JsonValue | undefined): JsonObject {
  if (field === undefined || value[key] === field) return value;
  return objectOf(
    Object.keys(value).map((name) => [name, name === key ? field : (value[name] ?? null)]),
  );
}
