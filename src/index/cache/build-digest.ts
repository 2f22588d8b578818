import { hashFnv64 } from '../../base/fnv64.ts';
import type { CatalogFile } from '../../catalog/types.ts';
import { formatDigest64, hashEntry } from './cache-digest.ts';
import { applyPart, type DigestPart } from './digest-part.ts';
import { TAR_END } from './go-tar.ts';
import { SETTLED, settleState, startConfigs } from './settle-files.ts';
import { listSortedEntries, rootEntry, type TreeModes } from './tree-entries.ts';

/** Files of a cache in the order of the walk: what settled ones do to the hash, or others themselves. */
export type CacheRun =
  | { readonly kind: 'settled'; readonly part: DigestPart }
  | {
      readonly kind: 'files';
      readonly files: readonly CatalogFile[];
      /** The one folder in which all of them lie. */
      readonly folder: string;
    };

export interface BuiltDigest {
  /** Content of the file `digest`. */
  readonly digest: string;
  /** Further files of one byte in the folder of the cache's files, without which it is not right. */
  readonly files: readonly CatalogFile[];
}

/**
 * The digest of a json cache of settled files beside a catalog folder of settled files
 * (`settleConfig`), and the files that settle the hash where it is not: before the first run, and
 * behind runs that are not settled. opm reads no files of these names.
 */
export function buildCacheDigest(
  configs: Iterable<DigestPart>,
  runs: Iterable<CacheRun>,
  modes: TreeModes,
): BuiltDigest {
  const files: CatalogFile[] = [];
  let state = startConfigs(modes);
  for (const part of configs) state = applyPart(state, part) ?? failOn(part);
  state = hashEntry(hashFnv64(state, TAR_END), rootEntry(modes));
  let folder = '';
  for (const run of runs) {
    if (run.kind === 'files') {
      for (const entry of listSortedEntries(run.files, modes)) state = hashEntry(state, entry);
      folder = run.folder;
      continue;
    }
    if (Number(state & 0xffn) !== SETTLED) {
      const settling = settleState(state, `${folder}${SETTLING}`, modes.file);
      files.push(settling.file);
      state = settling.state;
    }
    state = applyPart(state, run.part) ?? failOn(run.part);
  }
  return { digest: formatDigest64(hashFnv64(state, TAR_END)), files };
}

/** Sorts before what may stand in the name of a package, and right behind the run's folder. */
const SETTLING = '!';

function failOn(part: DigestPart): never {
  throw new Error(`A run of settled files starts with ${part.from}.`);
}
