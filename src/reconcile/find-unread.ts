import type { Problem } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { findLfsPointer } from '../catalog/lfs-pointer.ts';
import type { Snapshot } from '../git/port.ts';
import { dayOf, hasEnded } from '../manifest/day.ts';
import { buildCatalogPath } from '../manifest/defaults.ts';
import type { CatalogEntry, DeliveryRecord, MirrorManifest } from '../manifest/types.ts';
import type { ShrinkAllowance, ShrinkInput } from '../plan/shrink.ts';
import type { PassOptions } from './pass-options.ts';

export function assertNoLfsPointer(bytes: Uint8Array, file: string): void {
  const pointer = findLfsPointer(bytes, file);
  if (pointer !== null)
    throw new ToolError(pointer.code, pointer.message, { hint: pointer.hint ?? '' });
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

export interface GoneFacts {
  readonly snapshot: Pick<Snapshot, 'listFiles'>;
  readonly manifest: Pick<MirrorManifest, 'catalogs'>;
  readonly records: readonly Pick<DeliveryRecord, 'catalog'>[];
}

/** Catalogs that were taken in and have files in Git, and that the manifest no longer names. */
async function findGone({ snapshot, manifest, records }: GoneFacts): Promise<readonly string[]> {
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
function findShrinkAllowance(
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

/** What a plan needs to tell whether too much is gone. */
export async function findShrinkFacts(
  facts: GoneFacts & { readonly manifest: Pick<MirrorManifest, 'reconcile'> },
  options: Pick<PassOptions, 'allowShrink'>,
  now: Date,
): Promise<Required<Pick<ShrinkInput, 'shrink' | 'gone'>>> {
  return {
    shrink: findShrinkAllowance(facts.manifest, options, now),
    gone: await findGone(facts),
  };
}
