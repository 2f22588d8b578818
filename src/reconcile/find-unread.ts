import type { Problem } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import type { Snapshot } from '../git/port.ts';
import { dayOf, hasEnded } from '../manifest/day.ts';
import { buildCatalogPath } from '../manifest/defaults.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import type { ShrinkAllowance } from '../plan/shrink.ts';
import type { LoadedState } from './load-state.ts';
import type { PassOptions } from './pass-options.ts';

const LFS_POINTER = 'version https://git-lfs.github.com/spec/';

/** Whether Git LFS keeps the content of a file elsewhere, and Git only says where. */
export function isLfsPointer(bytes: Uint8Array): boolean {
  return (
    bytes.length < 1024 &&
    Buffer.from(bytes.subarray(0, LFS_POINTER.length)).toString() === LFS_POINTER
  );
}

/** `path` as the catalog's other faults name theirs. */
export function describeLfsPointer(path: string): Problem {
  return {
    severity: 'error',
    code: 'GIT_LFS_POINTER',
    message: `${path} is a pointer of Git LFS: its content is not in Git, so nobody can read it from a commit.`,
    hint: LFS_HINT,
    file: path,
  };
}

const LFS_HINT =
  'Take it out of LFS: remove its pattern from .gitattributes, then git lfs migrate export --include=PATH, or git add --renormalize; commit and push.';

export function assertNoLfsPointer(bytes: Uint8Array, file: string): void {
  if (!isLfsPointer(bytes)) return;
  throw new ToolError('GIT_LFS_POINTER', describeLfsPointer(file).message, { hint: LFS_HINT });
}

/** Submodules where a catalog's files should be: what lies in them is not in this repository. */
export async function findSubmodules(
  snapshot: Snapshot,
  { name, path }: Pick<CatalogEntry, 'name' | 'path'>,
): Promise<readonly Problem[]> {
  const found = await snapshot.listSubmodules(path);
  return found.map((at) => ({
    severity: 'error',
    code: 'GIT_SUBMODULE',
    message: `${at} is a submodule or another repository, so the files of catalog ${name} there are not in this one.`,
    hint: `Commit the files themselves: git rm --cached ${at}, remove ${at}/.git, then git add ${at}.`,
    catalog: name,
    file: at,
  }));
}

/** Catalogs that were taken in and have files in Git, and that the manifest no longer names. */
export async function findGone({
  snapshot,
  manifest,
  records,
}: Pick<LoadedState, 'snapshot' | 'manifest' | 'records'>): Promise<readonly string[]> {
  const named = new Set(manifest.catalogs.map(({ name }) => name));
  const paths = new Set(manifest.catalogs.map(({ path }) => path));
  const gone: string[] = [];
  for (const catalog of new Set(records.map((record) => record.catalog))) {
    const path = buildCatalogPath(catalog);
    if (named.has(catalog) || paths.has(path)) continue;
    if ((await snapshot.listFiles(path)).length > 0) gone.push(catalog);
  }
  return gone.toSorted();
}

/** Who allows now that indexes lose most of what is served; null for nobody. */
export function findShrinkAllowance(
  { reconcile }: Pick<MirrorManifest, 'reconcile'>,
  { allowShrink = false }: Pick<PassOptions, 'allowShrink'>,
  now: Date,
): ShrinkAllowance | null {
  if (allowShrink) return { catalogs: null, words: '--allow-shrink' };
  const declared = reconcile.allowShrink;
  if (declared === null || hasEnded(declared.until, dayOf(now))) return null;
  const { reason, by, until, catalogs } = declared;
  return {
    catalogs,
    words: `spec.reconcile.allowShrink (${reason.replace(/[.\s]+$/, '')}; by ${by}, until ${until})`,
  };
}
