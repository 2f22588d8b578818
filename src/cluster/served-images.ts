import { isNeverMoving } from '../manifest/index-tags.ts';
import { readClusterObjects, readField, readPath } from './read-objects.ts';

/** An index image that an object tells a cluster to serve. */
export interface ServedImage {
  readonly kind: 'CatalogSource' | 'ClusterCatalog';
  /** As the cluster pulls it. */
  readonly image: string;
  /** OLM serves it by its own opm (`extractContent`), so that the image needs no program to start. */
  readonly extracted: boolean;
  /** Folder of the image that OLM copies as the cache, where it is extracted; null for none. */
  readonly cacheDir: string | null;
}

/** Where an index lies, whatever host a cluster pulls it from. */
export interface IndexPlace {
  /** With path prefix. */
  readonly repository: string;
  /** The one that moves, where tags may. */
  readonly tag: string;
}

/** What the CatalogSources and ClusterCatalogs in a text of YAML or JSON serve; no YAML and other objects serve nothing. */
export function listServedImages(text: string): readonly ServedImage[] {
  return readClusterObjects('', text).objects.flatMap(({ value }) => findServedImage(value) ?? []);
}

/**
 * The tag under which an object serves an index: the moving one, or a never-moving one. Null for another
 * image. Hosts differ between what a cluster pulls and the manifest, so they do not count.
 */
export function findIndexTag(image: string, { repository, tag }: IndexPlace): string | null {
  const at = image.lastIndexOf(`/${repository}:`);
  if (at < 0) return null;
  const found = image.slice(at + repository.length + 2);
  return found === tag || isNeverMoving(found, tag) ? found : null;
}

/** The index image that a CatalogSource or ClusterCatalog serves; null for another object, and for one without an image. */
export function findServedImage(object: unknown): ServedImage | null {
  const kind = readField(object, 'kind');
  if (kind === 'CatalogSource') {
    const image = readPath(object, 'spec', 'image');
    const extract = readPath(object, 'spec', 'grpcPodConfig', 'extractContent');
    const extracted = readField(extract, 'catalogDir') !== undefined;
    const cacheDir = extracted ? readField(extract, 'cacheDir') : undefined;
    return typeof image === 'string'
      ? { kind, image, extracted, cacheDir: typeof cacheDir === 'string' ? cacheDir : null }
      : null;
  }
  if (kind !== 'ClusterCatalog') return null;
  const image = readPath(object, 'spec', 'source', 'image', 'ref');
  return typeof image === 'string' ? { kind, image, extracted: false, cacheDir: null } : null;
}
