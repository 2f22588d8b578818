import { type ImageRef, tryParseImageRef } from '../base/image-ref.ts';
import { type ClusterObject, formatObject } from './read-objects.ts';
import { findServedImage, type ServedImage } from './served-images.ts';

/** An index that an object serves, and the object as people name it. */
export interface ServedIndexImage extends ServedImage {
  readonly object: string;
  readonly file: string;
  readonly ref: ImageRef;
}

/** What the CatalogSources and ClusterCatalogs among objects serve; an image that is no reference is left out. */
export function listServedIndexes(objects: readonly ClusterObject[]): readonly ServedIndexImage[] {
  return objects.flatMap((object) => {
    const served = findServedImage(object.value);
    const ref = served === null ? null : tryParseImageRef(served.image);
    return served === null || ref === null
      ? []
      : [{ ...served, object: formatObject(object), file: object.file, ref }];
  });
}
