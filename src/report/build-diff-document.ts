import type { Digest } from '../base/digest.ts';
import { diffCatalogs, type PackageDiff } from '../catalog/diff-catalogs.ts';
import { diffImages, type ImageChange } from '../catalog/diff-images.ts';
import type { Catalog } from '../catalog/types.ts';
import { type ImageSize, type SizeSum, sumSizes } from '../images/image-size.ts';

export interface DiffSide {
  /** As the user named it. */
  readonly source: string;
  /** Digest of the index image; null for a source that is none. */
  readonly digest: Digest | null;
  readonly catalog: Catalog;
}

export interface DiffImage extends ImageChange {
  /** Config and layers, each once; null where it is not known or nobody asked. */
  readonly bytes: number | null;
  /** Why the registries did not tell the size; null where they did or were not asked. */
  readonly unknown: string | null;
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
  /** Bytes of all new and of all gone images, shared layers once; null where nobody asked. */
  readonly sizes: { readonly added: SizeSum; readonly removed: SizeSum } | null;
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
    imagesAdded: imagesAdded.map((change) => ({ ...change, bytes: null, unknown: null })),
    imagesRemoved: imagesRemoved.map((change) => ({ ...change, bytes: null, unknown: null })),
    sizes: null,
  };
}

/** The document with the sizes of its images, by reference; what is not among them is unknown. */
export function addSizes(
  document: DiffDocument,
  sizes: ReadonlyMap<string, ImageSize>,
): DiffDocument {
  const { imagesAdded, imagesRemoved } = document;
  function sizeOf({ image }: ImageChange): ImageSize {
    return sizes.get(image) ?? { state: 'unknown', message: 'it was not asked for' };
  }
  function measure(change: DiffImage): DiffImage {
    const size = sizeOf(change);
    return size.state === 'measured'
      ? { ...change, bytes: sumSizes([size]).bytes, unknown: null }
      : { ...change, bytes: null, unknown: size.message };
  }
  return {
    ...document,
    imagesAdded: imagesAdded.map(measure),
    imagesRemoved: imagesRemoved.map(measure),
    sizes: {
      added: sumSizes(imagesAdded.map(sizeOf)),
      removed: sumSizes(imagesRemoved.map(sizeOf)),
    },
  };
}
