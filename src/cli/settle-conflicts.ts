import { posix } from 'node:path';
import { joinNames } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import { listPackageBlobs } from '../catalog/build-catalog.ts';
import { diffCatalogFiles } from '../catalog/diff-files.ts';
import { mergeCatalogs } from '../catalog/merge-catalogs.ts';
import type { MergeNote, MergeResult } from '../catalog/merge-types.ts';
import { parseOpenShiftTag } from '../catalog/openshift-version.ts';
import { replaceFiles } from '../files/replace-files.ts';
import type { GitPort } from '../git/port.ts';
import { dayOf } from '../manifest/day.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import { readCatalog } from '../reconcile/load-state.ts';
import { readBridges } from './read-bridges.ts';
import { systemClock } from './system-clock.ts';

export interface Conflicted {
  readonly git: GitPort;
  readonly manifest: MirrorManifest;
  /** Newest commit of the branch. */
  readonly tip: string;
  /** As the base has them in the working tree. */
  readonly conflicts: readonly string[];
}

/**
 * Merges packages that a branch and a base that moved both changed, each by the merge law, as if the branch were a
 * delivery. Records and `cluster/` stay as the base has them: what is merged next writes them. Throws `GIT_CONFLICT`,
 * which names what needs a person; nothing that lasts was written by then.
 */
export async function settleConflicts(conflicted: Conflicted): Promise<readonly MergeNote[]> {
  const { manifest, conflicts } = conflicted;
  const left = new Set(conflicts.filter((path) => !/^(?:deliveries|cluster)\//.test(path)));
  const problems: string[] = [];
  const notes: MergeNote[] = [];
  for (const entry of manifest.catalogs) {
    const own = [...left].filter((path) => path.startsWith(`${entry.path}/`));
    for (const path of own) left.delete(path);
    const merged = own.length === 0 ? null : await settleCatalog(entry, own, conflicted);
    notes.push(...(merged?.notes ?? []));
    for (const gap of merged?.gaps ?? [])
      problems.push(`${gap.package} of ${entry.name} (${gap.message})`);
  }
  problems.push(...left);
  if (problems.length === 0) return notes;
  throw new ToolError(
    'GIT_CONFLICT',
    `The branch and its base both changed ${joinNames(problems)}, and not in a way that can be joined. The branch is as it was.`,
    {
      hint: 'Merge the base into the branch by hand and push it, or delete the branch to begin afresh; then run the command again.',
    },
  );
}

async function settleCatalog(
  entry: CatalogEntry,
  paths: readonly string[],
  { git, manifest, tip }: Conflicted,
): Promise<Pick<MergeResult, 'gaps' | 'notes'>> {
  const here = await git.openWorkingTree();
  const { catalog: base } = await readCatalog(here, entry);
  const { catalog: branch } = await readCatalog(await git.openCommit(tip), entry);
  const touched = new Set(paths.map((path) => posix.relative(entry.path, path)));
  const packages = [...branch.packages].filter(([, pkg]) =>
    listPackageBlobs(pkg).some(({ file }) => touched.has(file)),
  );
  const merged = mergeCatalogs(
    base,
    { packages: new Map(packages), loose: branch.loose.filter(({ file }) => touched.has(file)) },
    {
      duplicateBundle: manifest.policy.duplicateBundle,
      strandedUpgrades: manifest.policy.strandedUpgrades,
      // The base has the newest word of a person.
      acceptDefaultChannel: false,
      openshift: parseOpenShiftTag(entry.tag.production),
      declared: { bridges: await readBridges(here, entry.name), today: dayOf(systemClock.now()) },
    },
  );
  if (merged.gaps.length > 0) return merged;
  const changes = diffCatalogFiles(base, merged.catalog);
  function inRepository(path: string): string {
    return posix.join(entry.path, path);
  }
  await replaceFiles(
    git.folder,
    new Map([...changes.write].map(([path, content]) => [inRepository(path), content])),
    { remove: changes.remove.map(inRepository) },
  );
  return merged;
}
