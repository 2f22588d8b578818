import { type ImageRef, parseImageRef } from '../base/image-ref.ts';
import { isToolError } from '../base/tool-error.ts';
import type { MirrorManifest } from '../manifest/types.ts';

/** Folder in the image with the graph, by oc-mirror and by the product's documentation. */
export const GRAPH_IMAGE_FOLDER = 'var/lib/cincinnati-graph-data';

/** The image with the graph of updates that the manifest lists; null for none. */
export function findGraphImage({ images }: Pick<MirrorManifest, 'images'>): ImageRef | null {
  for (const { source } of images) {
    const ref = readGraphImage(source);
    if (ref !== null) return ref;
  }
  return null;
}

// By oc-mirror's name, and by that of the product's documentation.
function readGraphImage(source: string): ImageRef | null {
  try {
    const ref = parseImageRef(source);
    return /(?:^|\/)graph-(?:image|data)$/.test(ref.repository) ? ref : null;
  } catch (error) {
    if (isToolError(error, 'BASE_BAD_IMAGE_REF')) return null;
    throw error;
  }
}
