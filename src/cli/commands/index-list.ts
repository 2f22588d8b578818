import { isToolError, type ToolError } from '../../base/tool-error.ts';
import type { GitPort } from '../../git/port.ts';
import { dayOf } from '../../manifest/day.ts';
import { servingRole } from '../../manifest/serving-role.ts';
import type { CatalogIndexes, IndexList } from '../../plan/index-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { listIndexes } from '../../reconcile/list-indexes.ts';
import { renderIndexListText } from '../../report/render-index-list-text.ts';
import type { CommandContext } from '../context.ts';
import { readServedTag } from '../served-tag.ts';
import { requireManifest } from '../source-context.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';
import { selectCatalogs } from './merge.ts';

export interface IndexListOptions {
  /** None for all of the manifest. */
  readonly catalogs: readonly string[];
  readonly format: 'text' | 'json';
}

/** Lists the indexes that the serving registry keeps. Exit 1 where a part of them is unknown. */
export async function runIndexList(
  options: IndexListOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const manifest = await requireManifest(context, 'the catalogs and where production is');
  const registry = wiring.openRegistry(manifest.registries[servingRole(manifest)]);
  const openGit = createGitOpener(wiring);
  const today = dayOf(systemClock.now());
  const { signal } = context;
  const catalogs: CatalogIndexes[] = [];
  for (const entry of selectCatalogs(manifest, options.catalogs, null)) {
    const git = await openGit();
    const told = git === null ? null : await readServedTag(entry, manifest, git);
    catalogs.push(
      await listIndexes(entry, {
        manifest,
        registry,
        readSubject: createSubjectReader(openGit),
        servedTag: told ?? entry.tag.production,
        today,
        signal,
      }),
    );
  }
  const list: IndexList = { apiVersion: 'olmirror/v1alpha1', kind: 'IndexList', catalogs };
  context.progress.clear();
  context.console.result(
    options.format === 'json' ? JSON.stringify(list, null, 2) : renderIndexListText(list),
  );
  return catalogs.some(isUnclear) ? 1 : 0;
}

function isUnclear({ fault, served, indexes }: CatalogIndexes): boolean {
  return (
    fault !== null ||
    served.state === 'unknown' ||
    indexes.some(({ origin }) => origin === 'unknown')
  );
}

// A list is of use without any repository.
function createGitOpener(wiring: Wiring): () => Promise<GitPort | null> {
  let opened: Promise<GitPort | null> | null = null;
  return () => {
    opened ??= wiring.openGit().catch(nullFor('GIT_NOT_A_REPOSITORY', 'GIT_MISSING'));
    return opened;
  };
}

/** First line of a commit's message; null for a commit that this clone lacks. */
export function createSubjectReader(
  openGit: () => Promise<GitPort | null>,
): (revision: string) => Promise<string | null> {
  return async (revision) => {
    const git = await openGit();
    if (git === null || (await git.resolveRevision(revision)) === null) return null;
    return (await git.openCommit(revision)).subject;
  };
}

function nullFor(...codes: readonly ToolError['code'][]): (error: unknown) => null {
  return (error) => {
    if (codes.some((code) => isToolError(error, code))) return null;
    throw error;
  };
}
