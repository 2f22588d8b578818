import { FNV64_START, hashFnv64 } from '../../base/fnv64.ts';
import type { TreeEntry } from '../../base/tree-entry.ts';
import { renderGoEntry, TAR_END } from './go-tar.ts';

/** The two trees that the digest of a json cache is about; entries in the order of `compareTreePaths` (base/tree-order.ts). */
export interface CacheTrees {
  /** The catalog folder as it is served, with its root. */
  readonly configs: Iterable<TreeEntry>;
  /** The folder `cache` in the cache folder, with its root; empty where there is none. */
  readonly cache: Iterable<TreeEntry>;
}

/** The digest by which opm tells that a json cache belongs to a catalog (spec "file-based catalogs" §6.4). */
export function computeJsonDigest({ configs, cache }: CacheTrees): string {
  const state = hashTree(FNV64_START, configs);
  return formatDigest64(hashTree(state, cache));
}

/**
 * Goes on with the hash over a whole tree; a tree without entries is not there, and changes nothing.
 *
 * @internal
 */
export function hashTree(state: bigint, entries: Iterable<TreeEntry>): bigint {
  let current = state;
  for (const entry of entries) current = hashEntry(current, entry);
  return current === state ? state : hashFnv64(current, TAR_END);
}

export function hashEntry(state: bigint, entry: TreeEntry): bigint {
  let current = state;
  for (const chunk of renderGoEntry(entry)) current = hashFnv64(current, chunk);
  return current;
}

/** As opm writes a digest: 16 digits. */
export function formatDigest64(state: bigint): string {
  return state.toString(16).padStart(16, '0');
}
