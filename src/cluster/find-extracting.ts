import type { ClusterFile } from './point-cluster-files.ts';
import {
  findIndexTag,
  type IndexPlace,
  listServedImages,
  type ServedImage,
} from './served-images.ts';

/** The CatalogSources that serve an index by OLM's own opm, whatever the image could do by itself. */
export function findExtracting(
  files: readonly ClusterFile[],
  place: IndexPlace,
): readonly ServedImage[] {
  return files
    .flatMap(({ text }) => listServedImages(text))
    .filter(({ image, extracted }) => extracted && findIndexTag(image, place) !== null);
}
