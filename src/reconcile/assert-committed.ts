import { joinNames } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import type { GitPort } from '../git/port.ts';

/** Throws `GIT_DIRTY` where files or folders have changes that are not committed. */
export async function assertCommitted(
  git: Pick<GitPort, 'listUncommitted'>,
  paths: readonly string[],
): Promise<void> {
  const changed = await git.listUncommitted(paths);
  const [first] = changed;
  if (first === undefined) return;
  const more = changed.length > 1 ? ` and ${changed.length - 1} more` : '';
  const named = paths.filter((path) =>
    changed.some((change) => change === path || change.startsWith(`${path}/`)),
  );
  throw new ToolError(
    'GIT_DIRTY',
    `${joinNames(named.length === 0 ? paths : named)} has changes that are not committed: ${first}${more}. Nothing was written.`,
    {
      hint: `Commit them, or put them away with \`git stash -u -- ${named.join(' ')}\`; then run the command again.`,
    },
  );
}
