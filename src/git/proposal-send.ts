import { redactRemote } from '../base/redact.ts';
import { messageOf, ToolError } from '../base/tool-error.ts';
import type { RemoteAccess } from './port.ts';
import { openRemote, withinTime } from './remote-access.ts';
import { type GitPlace, runGit } from './run-git.ts';

interface SendOptions {
  readonly remote: string | null;
  readonly branch: string;
  readonly revision: string;
  /** What the branch was when it was read; null for none. */
  readonly tip: string | null;
  readonly access: RemoteAccess;
  readonly signal: AbortSignal | undefined;
}

/** Makes a branch name a commit. Throws `GIT_PUSH_REFUSED` where the server says no, or the branch is another by now. */
export async function sendProposal(place: GitPlace, options: SendOptions): Promise<void> {
  const { remote, revision, tip, access } = options;
  const name = `refs/heads/${options.branch}`;
  if (remote === null) {
    await runGit(place, ['update-ref', name, revision, tip ?? '0'.repeat(revision.length)]);
    return;
  }
  const target = await openRemote(place, remote, access);
  const lease = `--force-with-lease=${name}:${tip ?? ''}`;
  try {
    await withinTime(access, options.signal, (signal) =>
      runGit(target.place, ['push', '--quiet', lease, target.remote, `${revision}:${name}`], {
        signal,
        isRemote: true,
      }),
    );
  } catch (error) {
    throw explainRefusal(error, { branch: options.branch, remote: redactRemote(target.remote) });
  }
}

function explainRefusal(
  error: unknown,
  { branch, remote }: { readonly branch: string; readonly remote: string },
): unknown {
  if (!(error instanceof ToolError)) return error;
  const text = messageOf(error.cause);
  const [, isByServer, reason] = /! \[(remote )?rejected\].*\((.*)\)/.exec(text) ?? [];
  if (reason === undefined) return error;
  const nothing = 'Nothing there was changed.';
  if (isByServer === undefined)
    return new ToolError(
      'GIT_PUSH_REFUSED',
      `The branch ${branch} at ${remote} changed while this ran (${reason}). ${nothing}`,
      { cause: error, disposition: 'retry', hint: 'Run the command again: it goes on from there.' },
    );
  const words = text
    .split('\n')
    .flatMap((line) => /^remote:\s*(\S.*)$/.exec(line)?.[1]?.trim() ?? [])
    .join(' ');
  return new ToolError(
    'GIT_PUSH_REFUSED',
    `${remote} refused the branch ${branch} (${reason})${words === '' ? '' : `: ${words}`}. ${nothing}`,
    {
      cause: error,
      hint: `Look at the rules of that server for ${branch}: protected branches, push rules, hooks, wanted signatures.`,
    },
  );
}
