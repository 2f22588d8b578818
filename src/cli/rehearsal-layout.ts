import { join } from 'node:path';
import type { ContentReader } from '../base/oci.ts';
import { isToolError } from '../base/tool-error.ts';
import { openOciLayout } from '../files/oci-layout.ts';
import { writeFolder } from '../files/write-folder.ts';
import { writeTree } from '../files/write-tree.ts';
import type { BuiltIndex } from '../index/build-index.ts';
import { hasContent } from '../index/describe-index.ts';
import { type IndexImage, readIndexImage } from '../index/read-index-image.ts';
import { renderOciLayout } from '../index/render-oci-layout.ts';

/** Writes a built index as the layout that `apply` would push, without the layers of its base. */
export function writeIndexLayout(folder: string, built: BuiltIndex): Promise<void> {
  return writeFolder(folder, renderOciLayout(built));
}

export type ReadLayout = { readonly image: IndexImage } | { readonly fault: string };

/**
 * Reads the index back out of a layout, every blob to its end and against the digest that names it;
 * layers of the base come from the registry in which it lies. The fault is what was changed or is missing.
 */
export async function readIndexLayout(
  folder: string,
  built: BuiltIndex,
  base: ContentReader,
): Promise<ReadLayout> {
  const beneath = new Set(built.baseLayers.map(({ digest }) => digest));
  const { baseRepository } = built;
  try {
    const { reader, repository, reference } = await openOciLayout(folder);
    const both: ContentReader = {
      getManifest: (...request) => reader.getManifest(...request),
      getBlob: (place, digest) =>
        baseRepository !== null && beneath.has(digest)
          ? base.getBlob(baseRepository, digest)
          : reader.getBlob(place, digest),
    };
    return { image: await readIndexImage(both, repository, reference) };
  } catch (error) {
    if (isToolError(error, 'FILES_BAD_LAYOUT') || isToolError(error, 'FILES_NOT_FOUND'))
      return { fault: error.message };
    throw error;
  }
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
