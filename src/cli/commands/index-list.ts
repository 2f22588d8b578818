import { isToolError, ToolError } from '../../base/tool-error.ts';
import type { GitPort } from '../../git/port.ts';
import type { CatalogIndexes, IndexList } from '../../plan/index-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { listIndexes } from '../../reconcile/list-indexes.ts';
import { renderIndexListText } from '../../report/render-index-list-text.ts';
import type { CommandContext } from '../context.ts';
import { findManifest } from '../source-context.ts';
import type { Wiring } from '../wire.ts';
import { selectCatalogs } from './merge.ts';

export interface IndexListOptions {
  /** None for all of the manifest. */
  readonly catalogs: readonly string[];
  readonly format: 'text' | 'json';
}

/** Lists the indexes that production keeps. Exit 1 where a part of them is unknown. */
export async function runIndexList(
  options: IndexListOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const manifest = await findManifest(context);
  if (manifest === null)
    throw new ToolError(
      'MANIFEST_NOT_FOUND',
      `There is no ${context.manifestFile} in the folder.`,
      {
        hint: 'It names the catalogs and where production is; name another with --manifest.',
      },
    );
  const production = wiring.openRegistry(manifest.registries.production);
  const readSubject = createSubjectReader(wiring);
  const catalogs: CatalogIndexes[] = [];
  for (const entry of selectCatalogs(manifest, options.catalogs, null))
    catalogs.push(
      await listIndexes(entry, { manifest, production, readSubject, signal: context.signal }),
    );
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

// An index may come of a commit that this clone lacks, and a list is of use without any repository.
function createSubjectReader(wiring: Wiring): (revision: string) => Promise<string | null> {
  let opened: Promise<GitPort | null> | null = null;
  return async (revision) => {
    opened ??= wiring.openGit().catch(nullFor('GIT_NOT_A_REPOSITORY', 'GIT_MISSING'));
    const git = await opened;
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
