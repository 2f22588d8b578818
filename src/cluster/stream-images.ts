import { type ClusterObject, listItems, readField, readPath, readText } from './read-objects.ts';
import { listOwnImages } from './used-images.ts';

/** `namespace/name@digest` → what an ImageStream imported it from. */
export type StreamImages = ReadonlyMap<string, string>;

/** What the ImageStreams among objects have imported, older items of their tags included. */
export function indexStreams(objects: readonly ClusterObject[]): StreamImages {
  const streams = objects.filter(({ kind }) => kind === 'ImageStream');
  return new Map(
    streams.flatMap(({ namespace, name, value }) =>
      listItems(readPath(value, 'status', 'tags'))
        .flatMap((tag) => listItems(readField(tag, 'items')))
        .map(
          (item) =>
            [
              `${namespace}/${name}@${readText(readField(item, 'image'))}`,
              readText(readField(item, 'dockerImageReference')),
            ] as const,
        ),
    ),
  );
}

/**
 * The images behind those of the cluster's own registry that an object names by digest: that registry fetches what it does not have from where an
 * ImageStream imported it, whether it is the latest item of a tag or an older one. So does a build of an `ImageStreamImage`.
 */
export function listStreamImages(object: ClusterObject, streams: StreamImages): readonly string[] {
  if (streams.size === 0) return [];
  return listOwnImages(object).flatMap((place) => streams.get(place) ?? []);
}
