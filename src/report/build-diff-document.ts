import type { Digest } from '../base/digest.ts';
import { diffCatalogs, type PackageDiff } from '../catalog/diff-catalogs.ts';
import { diffImages, type ImageChange } from '../catalog/diff-images.ts';
import type { Catalog } from '../catalog/types.ts';

export interface DiffSide {
  /** As the user named it. */
  readonly source: string;
  /** Digest of the index image; null for a source that is none. */
  readonly digest: Digest | null;
  readonly catalog: Catalog;
}

interface DiffImage extends ImageChange {
  /** Null: reading catalogs alone does not tell how large an image is. */
  readonly bytes: number | null;
}

/** `schemas/diff.schema.json`: what changed between two catalogs. */
export interface DiffDocument {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Diff';
  readonly before: Omit<DiffSide, 'catalog'>;
  readonly after: Omit<DiffSide, 'catalog'>;
  readonly different: boolean;
  readonly packages: readonly PackageDiff[];
  /** Blobs that belong to no package differ. */
  readonly looseChanged: boolean;
  readonly imagesAdded: readonly DiffImage[];
  readonly imagesRemoved: readonly DiffImage[];
}

/** Compares two catalogs; nothing is different where only order or form differ. */
export function buildDiffDocument(before: DiffSide, after: DiffSide): DiffDocument {
  const { packages, looseChanged } = diffCatalogs(before.catalog, after.catalog);
  const { imagesAdded, imagesRemoved } = diffImages(before.catalog, after.catalog);
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Diff',
    before: { source: before.source, digest: before.digest },
    after: { source: after.source, digest: after.digest },
    different: packages.length > 0 || looseChanged,
    packages,
    looseChanged,
    imagesAdded: imagesAdded.map((change) => ({ ...change, bytes: null })),
    imagesRemoved: imagesRemoved.map((change) => ({ ...change, bytes: null })),
  };
}
