import { createHash } from 'node:crypto';
import { ToolError } from '../base/tool-error.ts';
import type { GitPort } from '../git/port.ts';
import { type CommitSource, createCommitSource } from '../reconcile/commit-source.ts';
import { createFetchTrigger } from '../reconcile/fetch-trigger.ts';
import type { Trigger, WatchEvent } from '../reconcile/watch-types.ts';
import { systemClock } from './system-clock.ts';
import { assertOutside, type WatchSourceChoice } from './watch-source-options.ts';

interface SourceOptions extends WatchSourceChoice {
  /** URL of a remote, or null for the local clone. */
  readonly remote: string | null;
  readonly ref: string;
}

interface SourceContext {
  readonly git: GitPort;
  readonly signal: AbortSignal;
  readonly tell: (event: WatchEvent) => void;
  /** Told of the first sign of a commit, which may turn out to be none. */
  readonly onHint: () => void;
}

/** The commits of a remote, or of the local clone. */
export function createSource(
  options: SourceOptions,
  { git, signal, tell, onHint }: SourceContext,
): CommitSource {
  const { remote, ref, rules } = options;
  if (remote === null && rules.signers !== null) assertOutside(rules.signers, git.folder);
  const isRuled = rules.signers !== null || rules.refuseRewrites;
  return createCommitSource({
    git,
    look: () =>
      remote === null
        ? readLocal(git, ref)
        : git.fetchRevision(remote, ref, { signal, onMoved: onHint }),
    rules,
    mark: remote === null && !isRuled ? null : nameMark(options),
    tell,
  });
}

// What was taken without the rule of signers is no last good commit with it.
function nameMark({ remote, ref, rules }: SourceOptions): string {
  const what = createHash('sha256')
    .update(`${remote ?? ''}\0${ref}`)
    .digest('hex');
  return `${rules.signers === null ? 'taken' : 'signed'}/${what.slice(0, 12)}`;
}

async function readLocal(git: GitPort, ref: string): Promise<string> {
  const revision = await git.resolveRevision(ref);
  if (revision !== null) return revision;
  throw new ToolError('GIT_NO_COMMIT', `${ref} names no commit in ${git.folder} yet.`, {
    hint: 'Commit mirror.yaml and catalogs/; the next pass takes them.',
  });
}

interface WatchingContext extends Pick<SourceContext, 'signal' | 'onHint'> {
  readonly options: SourceOptions;
}

/** Rings when there may be another commit. */
export function watchSource(
  source: CommitSource,
  git: GitPort,
  { options, signal, onHint }: WatchingContext,
): Trigger {
  if (options.remote === null)
    return { start: (ring) => git.watchHead(() => ring({ reason: 'commit' }), onHint) };
  return createFetchTrigger({
    source,
    interval: options.fetchMilliseconds,
    clock: systemClock,
    random: Math.random,
    signal,
  });
}
