import { createHash } from 'node:crypto';
import { ToolError } from '../../base/tool-error.ts';
import { openMirrorClone } from '../../git/mirror-clone.ts';
import type { GitPort, RemoteAccess } from '../../git/port.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import {
  type CommitRules,
  type CommitSource,
  createCommitSource,
} from '../../reconcile/commit-source.ts';
import { createFetchTrigger } from '../../reconcile/fetch-trigger.ts';
import { watch } from '../../reconcile/watch.ts';
import type { Trigger, WatchEvent } from '../../reconcile/watch-types.ts';
import type { CommandContext } from '../context.ts';
import { createNoteSink } from '../note-sink.ts';
import { systemClock } from '../system-clock.ts';
import { createWatchLog } from '../watch-log.ts';
import { assertOutside } from '../watch-source-options.ts';
import type { Wiring } from '../wire.ts';

export interface WatchOptions {
  /** URL of a remote, or null for the local clone. */
  readonly remote: string | null;
  readonly ref: string;
  readonly access: RemoteAccess;
  /** Milliseconds between two fetches of a remote. */
  readonly fetchMilliseconds: number;
  readonly rules: CommitRules;
  readonly allowShrink: boolean;
  /** Null for `spec.reconcile.interval`. */
  readonly intervalMilliseconds: number | null;
  readonly concurrency: number;
  readonly copyTimeoutMilliseconds: number;
  readonly logFormat: 'text' | 'json';
}

/** The reconciler: runs the pass that `apply` runs whenever a commit appears, and at every interval, until it is told to stop. */
export async function runWatch(
  options: WatchOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const log = createWatchLog(options.logFormat, context);
  const git = await openSource(options, wiring);
  const notes = createNoteSink({
    git,
    remote: options.remote ?? 'origin',
    warn: (message, hint) => log.onPass({ kind: 'warning', message, hint }),
    signal: context.signal,
  });
  const sinks = [log, notes];
  const source = createSource(options, {
    git,
    signal: context.signal,
    tell: (event) => sinks.forEach((sink) => sink.onWatch(event)),
  });
  await watch(
    {
      manifestFile: context.manifestFile,
      indexOnly: false,
      rebuild: false,
      verify: null,
      allowShrink: options.allowShrink,
      notes: await wiring.openNotes(),
      keepsBudget: true,
      intervalMilliseconds: options.intervalMilliseconds,
    },
    {
      git,
      prepare: await wiring.createPreparer(git, (event) =>
        sinks.forEach((sink) => sink.onPass(event)),
      ),
      applier: await wiring.createApplier(options.copyTimeoutMilliseconds),
      concurrency: options.concurrency,
      findAccess: wiring.findAccess,
      clock: systemClock,
      random: Math.random,
      sinks,
      triggers: [watchSource(source, git, { options, signal: context.signal })],
      signal: context.signal,
      readRevision: () => source.readRevision(),
      readTrouble: () => source.readTrouble(),
    },
  );
  return 0;
}

async function openSource(options: WatchOptions, wiring: Wiring): Promise<GitPort> {
  const { remote, ref, access } = options;
  if (remote === null) return wiring.openGit(access);
  return openMirrorClone({ url: remote, ref, folder: wiring.stateFolder, access });
}

interface SourceContext {
  readonly git: GitPort;
  readonly signal: AbortSignal;
  readonly tell: (event: WatchEvent) => void;
}

function createSource(options: WatchOptions, { git, signal, tell }: SourceContext): CommitSource {
  const { remote, ref, rules } = options;
  if (remote === null && rules.signers !== null) assertOutside(rules.signers, git.folder);
  const isRuled = rules.signers !== null || rules.refuseRewrites;
  return createCommitSource({
    git,
    look: () => (remote === null ? readLocal(git, ref) : git.fetchRevision(remote, ref, signal)),
    rules,
    mark: remote === null && !isRuled ? null : nameMark(options),
    tell,
  });
}

// What was taken without the rule of signers is no last good commit with it.
function nameMark({ remote, ref, rules }: WatchOptions): string {
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

function watchSource(
  source: CommitSource,
  git: GitPort,
  { options, signal }: { readonly options: WatchOptions; readonly signal: AbortSignal },
): Trigger {
  if (options.remote === null)
    return { start: (ring) => git.watchHead(() => ring({ reason: 'commit' })) };
  return createFetchTrigger({
    source,
    interval: options.fetchMilliseconds,
    clock: systemClock,
    random: Math.random,
    signal,
  });
}
