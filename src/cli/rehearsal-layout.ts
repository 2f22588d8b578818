import { join } from 'node:path';
import { verifyLayout } from '../apply/verify-layout.ts';
import { writeLayoutFiles } from '../apply/write-layout-files.ts';
import type { ContentReader } from '../base/oci.ts';
import { openOciLayout } from '../files/oci-layout.ts';
import { buildTemporaryFailure } from '../files/write-failure.ts';
import { writeTree } from '../files/write-tree.ts';
import type { BuiltIndex } from '../index/build-index.ts';
import { hasContent } from '../index/describe-index.ts';
import { type IndexImage, readIndexImage } from '../index/read-index-image.ts';
import { renderOciLayout } from '../index/render-oci-layout.ts';

/** Writes a built index as the layout that `apply` would push, without the layers of its base. Throws `FILES_UNWRITABLE`. */
export async function writeIndexLayout(folder: string, built: BuiltIndex): Promise<void> {
  try {
    await writeLayoutFiles(renderOciLayout(built), folder);
  } catch (error) {
    throw buildTemporaryFailure(folder, error);
  }
}

/**
 * Reads the index back out of a layout; layers of the base come from the registry in which it lies.
 * Throws `APPLY_LAYOUT_DAMAGED` where a blob has not the digest that it is named by.
 */
export async function readIndexLayout(
  folder: string,
  built: BuiltIndex,
  base: ContentReader,
): Promise<IndexImage> {
  await verifyLayout(folder, built);
  const beneath = new Set(built.baseLayers.map(({ digest }) => digest));
  const { baseRepository } = built;
  const { reader, repository, reference } = await openOciLayout(folder);
  const both: ContentReader = {
    getManifest: (...request) => reader.getManifest(...request),
    getBlob: (place, digest) =>
      baseRepository !== null && beneath.has(digest)
        ? base.getBlob(baseRepository, digest)
        : reader.getBlob(place, digest),
  };
  return readIndexImage(both, repository, reference);
}

/** Where an index lies as a pod would see it. */
export interface UnpackedIndex {
  readonly catalogFolder: string;
  /** Null where the index brings no cache. */
  readonly cacheFolder: string | null;
}

/** Unpacks catalog and cache with the modes that they have in the image, since opm's digest counts them. */
export async function unpackIndex(folder: string, image: IndexImage): Promise<UnpackedIndex> {
  const catalogFolder = join(folder, 'configs');
  await writeTree(catalogFolder, image.configs);
  const cache = image.caches.find(hasContent);
  if (cache === undefined) return { catalogFolder, cacheFolder: null };
  const cacheFolder = join(folder, 'cache');
  await writeTree(cacheFolder, cache.entries);
  return { catalogFolder, cacheFolder };
}
