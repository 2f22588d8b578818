import { shortRevision } from '../base/text.ts';
import { renderLines } from './clean-line.ts';

/** What `merge --branch` did with one branch. */
export interface MergedBranch {
  readonly branch: string;
  /** Where it is; null for this clone. A URL has no credentials. */
  readonly remote: string | null;
  readonly base: { readonly branch: string | null; readonly revision: string };
  readonly catalogs: readonly string[];
  /**
   * `empty`: the base has it all. `same`: the branch has it already. `closed`: a person closed the request with it.
   * `dry-run`: nothing was written.
   */
  readonly done: 'written' | 'same' | 'empty' | 'closed' | 'dry-run';
  /** Newest commit of the branch; null where it brings nothing, or was not written. */
  readonly revision: string | null;
  /** Null where no forge was asked. */
  readonly request: {
    readonly number: number;
    readonly url: string;
    readonly done: 'opened' | 'updated' | 'unchanged' | 'closed';
  } | null;
}

export function renderMergedBranches(branches: readonly MergedBranch[]): string {
  return renderLines(branches.flatMap((branch) => [formatBranch(branch), ...listRequest(branch)]));
}

function formatBranch({ branch, remote, base, done, revision }: MergedBranch): string {
  const onto = base.branch ?? shortRevision(base.revision);
  const where = remote === null ? 'in this clone' : `at ${remote}`;
  const commit = revision === null ? '' : shortRevision(revision);
  switch (done) {
    case 'written':
      return `Branch ${branch} ${where}: ${commit}, to be merged into ${onto}`;
    case 'same':
      return `Branch ${branch} ${where}: ${commit} has it already; nothing was ${remote === null ? 'written' : 'pushed'}`;
    case 'empty':
      return `Branch ${branch}: ${onto} has it all; nothing was ${remote === null ? 'written' : 'pushed'}`;
    case 'closed':
      return `Branch ${branch}: a person closed the request with this delivery, so nothing was pushed; a newer delivery gets a new request`;
    case 'dry-run':
      return `Branch ${branch} ${where}, to be merged into ${onto}`;
  }
}

function listRequest({
  request,
  remote,
  branch,
  base,
  done,
  revision,
}: MergedBranch): readonly string[] {
  if (request !== null) return [`  request ${request.number} ${request.done}: ${request.url}`];
  const isThere = done !== 'empty' && done !== 'dry-run' && revision !== null;
  if (!isThere || remote === null) return [];
  return [
    `  no request was opened; ask for a review of ${branch} into ${base.branch ?? 'its base'}, or let --pull-request do it`,
  ];
}
