import { openMirrorClone } from '../../git/mirror-clone.ts';
import type { GitPort } from '../../git/port.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { watch } from '../../reconcile/watch.ts';
import { joinSinks } from '../../reconcile/watch-types.ts';
import type { CommandContext } from '../context.ts';
import { createNoteSink } from '../note-sink.ts';
import type { LeaseChoice } from '../read-lease.ts';
import { createStatusKeeper } from '../status-keeper.ts';
import { systemClock } from '../system-clock.ts';
import { createTelling, type TellingOptions } from '../telling.ts';
import { openWatchControl } from '../watch-control.ts';
import { createWatchLog } from '../watch-log.ts';
import { createSource, watchSource } from '../watch-source.ts';
import type { WatchSourceChoice } from '../watch-source-options.ts';
import type { Wiring } from '../wire.ts';

export interface WatchOptions extends WatchSourceChoice, TellingOptions {
  /** URL of a remote, or null for the local clone. */
  readonly remote: string | null;
  readonly allowShrink: boolean;
  /** Null for `spec.reconcile.interval`. */
  readonly intervalMilliseconds: number | null;
  readonly concurrency: number;
  readonly copyTimeoutMilliseconds: number;
  readonly graceMilliseconds: number;
  readonly lease: LeaseChoice;
  readonly logFormat: 'text' | 'json';
}

/** The reconciler: runs the pass that `apply` runs whenever a commit appears, and at every interval, until it is told to stop. */
export async function runWatch(
  options: WatchOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const log = createWatchLog(options.logFormat, context);
  const keeper = await createStatusKeeper({
    stateFolder: wiring.stateFolder,
    clock: systemClock,
    warn: log.warn,
  });
  const telling = await createTelling(options, {
    wiring,
    folder: context.folder,
    clock: systemClock,
    log,
    readStatus: keeper.current,
    signal: context.signal,
  });
  const git = await openSource(options, wiring);
  const notes = createNoteSink({
    git,
    remote: options.remote ?? 'origin',
    warn: log.warn,
    signal: context.signal,
  });
  const sink = joinSinks([log, keeper, ...telling.sinks, notes]);
  const listening = openWatchControl(wiring.stateFolder, log.warn);
  const source = createSource(options, {
    git,
    signal: context.signal,
    tell: sink.onWatch,
  });
  await watch(
    {
      manifestFile: context.manifestFile,
      indexOnly: false,
      rebuild: false,
      verify: null,
      allowShrink: options.allowShrink,
      notes: await wiring.openNotes(),
      proofs: await wiring.openProofs(),
      keepsBudget: true,
      intervalMilliseconds: options.intervalMilliseconds,
    },
    {
      git,
      prepare: await wiring.createPreparer(git, sink.onPass),
      applier: await wiring.createApplier(options),
      concurrency: options.concurrency,
      findAccess: wiring.findAccess,
      clock: systemClock,
      random: Math.random,
      sink,
      triggers: [
        watchSource(source, git, { options, signal: context.signal }),
        listening.trigger,
        ...telling.triggers,
      ],
      control: listening.control,
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
