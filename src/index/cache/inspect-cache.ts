import type { TreeEntry } from '../../base/tree-entry.ts';
import { compareTreePaths } from '../../base/tree-order.ts';
import type { CatalogFile } from '../../catalog/types.ts';
import { computeJsonDigest } from './cache-digest.ts';
import { TREE_ROOT } from './go-tar.ts';
import { computePogrebDigest } from './pogreb-digest.ts';
import { readPogreb } from './pogreb-store.ts';

/** Folders of an image, each with its root and in any order; links are left out, as opm does. */
export interface ServedFolders {
  readonly configs: readonly TreeEntry[];
  /** Empty where the image has no such folder. */
  readonly cache: readonly TreeEntry[];
}

export type CacheFormat = 'json' | 'pogreb.v1';

/** Whether opm would take a cache for that of the catalog. */
export interface CheckedCache {
  readonly format: CacheFormat;
  /** `unchecked` where the digest could not be computed for certain. */
  readonly state: 'right' | 'wrong' | 'unchecked';
  /** As the cache says; null where it has none. */
  readonly recorded: string | null;
  /** Null where it was not computed. */
  readonly computed: string | null;
  /** Why it is not right, as the end of a sentence; empty where it is. */
  readonly reason: string;
}

/** What the cache folder of an index image holds. */
export interface InspectedCache {
  /** `unknown` where opm ends at once, since it knows none of what is there. */
  readonly contents: CacheFormat | 'both' | 'none' | 'unknown';
  /** The one that opm since v1.41 loads comes first; older ones know json only. */
  readonly caches: readonly CheckedCache[];
  /** Names in the folder that belong to no format. */
  readonly others: readonly string[];
}

const JSON_FILES = ['cache', 'digest'];
const POGREB = 'pogreb.v1';

/** Tells which caches of opm lie in an image, and whether each belongs to the catalog beside it. */
export function inspectCache({ configs, cache }: ServedFolders): InspectedCache {
  const top = new Map(
    cache.filter(({ path }) => isTop(path)).map((entry) => [entry.path, entry.type]),
  );
  const hasPogreb = top.get(POGREB) === 'directory';
  const hasJson = top.get('cache') === 'directory' && top.has('digest');
  const known = [...(hasPogreb ? [POGREB] : []), ...(hasJson ? JSON_FILES : [])];
  return {
    contents: nameContents(hasPogreb, hasJson, top.size === 0),
    caches: [
      ...(hasPogreb ? [checkPogreb(configs, cache)] : []),
      ...(hasJson ? [checkJson(configs, cache)] : []),
    ],
    others: [...top.keys()].filter((name) => !known.includes(name)).toSorted(compareTreePaths),
  };
}

function isTop(path: string): boolean {
  return path !== TREE_ROOT && !path.includes('/');
}

function nameContents(
  hasPogreb: boolean,
  hasJson: boolean,
  isEmpty: boolean,
): InspectedCache['contents'] {
  if (hasPogreb) return hasJson ? 'both' : 'pogreb.v1';
  if (hasJson) return 'json';
  return isEmpty ? 'none' : 'unknown';
}

function checkJson(configs: readonly TreeEntry[], cache: readonly TreeEntry[]): CheckedCache {
  const computed = computeJsonDigest({
    configs: sortEntries(configs),
    cache: sortEntries(takeFolder(cache, 'cache')),
  });
  return compareDigests('json', readDigest(cache, 'digest'), computed);
}

function checkPogreb(configs: readonly TreeEntry[], cache: readonly TreeEntry[]): CheckedCache {
  const recorded = readDigest(cache, `${POGREB}/digest`);
  const content = readPogreb(
    new Map(listFiles(takeFolder(cache, `${POGREB}/db`)).map((file) => [file.path, file.bytes])),
  );
  if (content.kind === 'unreadable') return leaveUnchecked(recorded, content.reason);
  const computed = computePogrebDigest(listFiles(configs), content.records);
  return computed === null
    ? leaveUnchecked(recorded, 'a file of the catalog cannot be read')
    : compareDigests(POGREB, recorded, computed);
}

function leaveUnchecked(recorded: string | null, reason: string): CheckedCache {
  return { format: POGREB, state: 'unchecked', recorded, computed: null, reason };
}

function compareDigests(
  format: CacheFormat,
  recorded: string | null,
  computed: string,
): CheckedCache {
  if (recorded === computed) return { format, state: 'right', recorded, computed, reason: '' };
  const reason =
    recorded === null
      ? 'it has no digest'
      : `its digest is ${recorded}, and that of the catalog and the cache as they are is ${computed}`;
  return { format, state: 'wrong', recorded, computed, reason };
}

function readDigest(cache: readonly TreeEntry[], path: string): string | null {
  const entry = cache.find((candidate) => candidate.path === path);
  return entry?.type === 'file' ? Buffer.from(entry.bytes).toString('utf8').trim() : null;
}

/** A folder of a tree as a tree of its own. */
function takeFolder(entries: readonly TreeEntry[], folder: string): readonly TreeEntry[] {
  return entries.flatMap((entry) => {
    if (entry.path === folder) return [{ ...entry, path: TREE_ROOT }];
    return entry.path.startsWith(`${folder}/`)
      ? [{ ...entry, path: entry.path.slice(folder.length + 1) }]
      : [];
  });
}

function sortEntries(entries: readonly TreeEntry[]): readonly TreeEntry[] {
  return entries.toSorted((a, b) => compareTreePaths(a.path, b.path));
}

function listFiles(entries: readonly TreeEntry[]): readonly CatalogFile[] {
  return entries.filter((entry) => entry.type === 'file');
}
