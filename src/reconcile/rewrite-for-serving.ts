import { parseImageRef } from '../base/image-ref.ts';
import { rewriteImages } from '../catalog/rewrite-images.ts';
import type { Catalog } from '../catalog/types.ts';
import { mapReference } from '../images/map-path.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';

type References = Pick<CatalogEntry, 'references'>;

/** A catalog with the addresses that its index has: those of the serving registry under `references: rewrite`. */
export function rewriteForServing(
  catalog: Catalog,
  { references }: References,
  manifest: MirrorManifest,
): Catalog {
  const serving = servingRole(manifest);
  return references === 'keep'
    ? catalog
    : rewriteImages(catalog, (reference) =>
        mapReference(parseImageRef(reference), serving, manifest),
      );
}

/** What of a manifest the addresses in an index hang on, as plain data; null where they are those of Git. */
export function describeRewriting(
  { references }: References,
  manifest: MirrorManifest,
): readonly unknown[] | null {
  const serving = servingRole(manifest);
  return references === 'keep' ? null : [manifest.registries[serving], serving, manifest.paths];
}
