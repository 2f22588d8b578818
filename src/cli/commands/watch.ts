import { ToolError } from '../../base/tool-error.ts';
import { openMirrorClone } from '../../git/mirror-clone.ts';
import type { GitPort } from '../../git/port.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { watch } from '../../reconcile/watch.ts';
import type { Trigger } from '../../reconcile/watch-types.ts';
import type { CommandContext } from '../context.ts';
import { createStatusKeeper } from '../status-keeper.ts';
import { systemClock } from '../system-clock.ts';
import { createWatchLog } from '../watch-log.ts';
import type { Wiring } from '../wire.ts';

export interface WatchOptions {
  /** URL of a remote, or null for the local clone. */
  readonly remote: string | null;
  readonly ref: string;
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
  const sinks = [
    log,
    await createStatusKeeper({
      stateFolder: wiring.stateFolder,
      clock: systemClock,
      warn: (message) => log.onPass({ kind: 'warning', message, hint: null }),
    }),
  ];
  const git = await openSource(options, wiring);
  await watch(
    {
      manifestFile: context.manifestFile,
      indexOnly: false,
      rebuild: false,
      verify: null,
      notes: await wiring.openNotes(),
      proofs: await wiring.openProofs(),
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
      triggers: [watchCommits(git)],
      signal: context.signal,
      readRevision: () => readRevision(git, options, context.signal),
    },
  );
  return 0;
}

async function openSource(options: WatchOptions, wiring: Wiring): Promise<GitPort> {
  if (options.remote === null) return wiring.openGit();
  return openMirrorClone({ url: options.remote, ref: options.ref, folder: wiring.stateFolder });
}

async function readRevision(
  git: GitPort,
  options: WatchOptions,
  signal: AbortSignal,
): Promise<string> {
  if (options.remote !== null) return git.fetchRevision(options.remote, options.ref, signal);
  const revision = await git.resolveRevision(options.ref);
  if (revision !== null) return revision;
  throw new ToolError('GIT_NO_COMMIT', `${options.ref} names no commit in ${git.folder} yet.`, {
    hint: 'Commit mirror.yaml and catalogs/; the next pass takes them.',
  });
}

function watchCommits(git: GitPort): Trigger {
  return { start: (ring) => git.watchHead(() => ring({ reason: 'commit' })) };
}
