import { CONTENT_LABEL, OURS_LABEL } from './build-config.ts';
import { type CheckedCache, type InspectedCache, inspectCache } from './cache/inspect-cache.ts';
import { findOpmVersion } from './go-build-info.ts';
import type { IndexIdentity } from './read-index.ts';
import { type CacheFolder, type IndexImage, readIndexImage } from './read-index-image.ts';

/** The cache of an index image, or a folder of it where one is expected. */
export interface IndexCache extends InspectedCache {
  readonly path: string;
  /** The image's own command takes it. */
  readonly used: boolean;
}

/** That olmirror made an index: as its labels and annotations say. */
export interface IndexOrigin {
  /** Commit that first gave this index; null where it was built of a working tree. */
  readonly revision: string | null;
  /** Time of that commit. */
  readonly created: string | null;
  /** Where the state repository lies. */
  readonly source: string | null;
  /** Hash of the catalog's content. */
  readonly content: string | null;
}

const OPENCONTAINERS = 'org.opencontainers.image';

/** Null for an index that olmirror did not build. */
export function readOrigin({
  labels,
  annotations,
}: Pick<IndexIdentity, 'labels' | 'annotations'>): IndexOrigin | null {
  if (labels[OURS_LABEL] === undefined) return null;
  return {
    revision: annotations[`${OPENCONTAINERS}.revision`] ?? null,
    created: annotations[`${OPENCONTAINERS}.created`] ?? null,
    source: annotations[`${OPENCONTAINERS}.source`] ?? null,
    content: labels[CONTENT_LABEL] ?? null,
  };
}

/** An index image whose caches are judged already: their bytes, which may be most of it, are gone. */
export interface InspectedImage extends Omit<IndexImage, 'caches'> {
  readonly caches: readonly IndexCache[];
}

/** Reads an index image as `readIndexImage` does, and judges its caches. */
export async function inspectIndexImage(
  ...place: Parameters<typeof readIndexImage>
): Promise<InspectedImage> {
  return inspectImage(await readIndexImage(...place));
}

/** Judges the caches of an image that was read. */
export function inspectImage(image: IndexImage): InspectedImage {
  return { ...image, caches: inspectCaches(image) };
}

/** Judges every cache that the image holds, and the one that its command takes where that is missing. */
function inspectCaches(image: IndexImage): readonly IndexCache[] {
  return image.caches
    .filter((folder) => folder.used || hasContent(folder))
    .map(({ path, used, entries }) => ({
      path,
      used,
      ...inspectCache({ configs: image.configs, cache: entries }),
    }));
}

/** Whether there is more than the folder itself. */
export function hasContent({ entries }: CacheFolder): boolean {
  return entries.some(({ type, path }) => type === 'file' || path !== '.');
}

/** Why opm would not take the cache, as a sentence without its subject; null where it would. */
export function describeCacheFault(cache: IndexCache): string | null {
  if (cache.contents === 'unknown')
    return `holds what no opm knows (${cache.others.join(', ')}), so that opm would end at once`;
  if (cache.contents === 'none')
    return cache.used ? 'is empty or missing, though the image tells opm to take its cache' : null;
  const wrong = cache.caches.find(({ state }) => state === 'wrong');
  if (wrong === undefined) return null;
  return `holds a stale ${wrong.format} cache: ${wrong.reason}`;
}

/** The first cache of which nobody knows whether it is right; null for none. */
export function findUnchecked(cache: IndexCache): CheckedCache | null {
  return cache.caches.find(({ state }) => state === 'unchecked') ?? null;
}

export interface FoundOpm {
  readonly path: string;
  /** Null where it does not say. */
  readonly version: string | null;
}

/** The opm in the image: the one that the image starts, else the first. */
export function findOpm(image: Pick<IndexImage, 'programs' | 'entrypoint'>): FoundOpm | null {
  const paths = [...image.programs.keys()].filter((path) => path.endsWith('/opm'));
  const path = paths.find((candidate) => candidate === image.entrypoint[0]) ?? paths[0];
  const note = path === undefined ? undefined : image.programs.get(path);
  return path === undefined || note === undefined ? null : { path, version: findOpmVersion(note) };
}
