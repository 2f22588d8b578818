import { loadAll, YAMLException } from 'js-yaml';
import { isNeverMoving } from '../manifest/index-tags.ts';

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
  return readDocuments(text).flatMap(listObjects).flatMap(findImage);
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

function readDocuments(text: string): readonly unknown[] {
  try {
    return loadAll(text);
  } catch (error) {
    if (error instanceof YAMLException) return [];
    throw error;
  }
}

// `oc get -o yaml` gives a List.
function listObjects(value: unknown): readonly unknown[] {
  const items = field(value, 'items');
  return Array.isArray(items) ? items : [value];
}

function findImage(object: unknown): readonly ServedImage[] {
  const kind = field(object, 'kind');
  const spec = field(object, 'spec');
  if (kind === 'CatalogSource') {
    const image = field(spec, 'image');
    const extract = field(field(spec, 'grpcPodConfig'), 'extractContent');
    const extracted = field(extract, 'catalogDir') !== undefined;
    const cacheDir = extracted ? field(extract, 'cacheDir') : undefined;
    return typeof image === 'string'
      ? [{ kind, image, extracted, cacheDir: typeof cacheDir === 'string' ? cacheDir : null }]
      : [];
  }
  if (kind !== 'ClusterCatalog') return [];
  const image = field(field(field(spec, 'source'), 'image'), 'ref');
  return typeof image === 'string' ? [{ kind, image, extracted: false, cacheDir: null }] : [];
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
