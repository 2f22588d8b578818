import { posix } from 'node:path';
import type { EmitEvent } from '../../base/events.ts';
import { openMirrorClone } from '../../git/mirror-clone.ts';
import type { GitPort } from '../../git/port.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import type { CommitSource } from '../../reconcile/commit-source.ts';
import type { PassRunner } from '../../reconcile/pass-runner.ts';
import { watch } from '../../reconcile/watch.ts';
import { joinSinks, type Trigger, type WatchSink } from '../../reconcile/watch-types.ts';
import { boundMemory } from '../bound-memory.ts';
import type { CommandContext } from '../context.ts';
import { noteFollowed } from '../followed-remotes.ts';
import { createNoteSink } from '../note-sink.ts';
import type { PassPlace, PassSetup } from '../pass-messages.ts';
import type { LeaseChoice } from '../read-lease.ts';
import { createStatusKeeper } from '../status-keeper.ts';
import { systemClock } from '../system-clock.ts';
import { createTelling, type Telling, type TellingDeps, type TellingOptions } from '../telling.ts';
import { openWatchControl } from '../watch-control.ts';
import { createWatchLog, type WatchLog } from '../watch-log.ts';
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
  // What little it reads itself is soon garbage, and it stays.
  boundMemory();
  const { remote } = options;
  const { signal } = context;
  if (remote !== null)
    await noteFollowed(context, { remote, state: wiring.stateFolder, now: systemClock.now() });
  await runLoop(options, {
    context,
    wiring,
    log: createWatchLog(options.logFormat, context),
    openGit: () => openSource(options, context, wiring),
    openTelling: (deps) => createTelling(options, deps),
    openFeed(git, { tell, onHint }) {
      const source = createSource(options, { git, signal, tell, onHint });
      return { ...source, trigger: watchSource(source, git, { options, signal, onHint }) };
    },
  });
  return 0;
}

/** What the loop of one manifest is made of; a part may be shared with other loops. */
export interface LoopParts {
  readonly context: CommandContext;
  readonly wiring: Wiring;
  readonly log: WatchLog;
  readonly openGit: () => Promise<GitPort>;
  readonly openTelling: (deps: TellingDeps) => Promise<Telling>;
  readonly openFeed: (git: GitPort, listener: FeedListener) => LoopSource;
  /** The repository that its manifest lies in, where one is opened for several; a mirror clone of a remote. */
  readonly top?: string;
  /** Lets others go first. */
  readonly limit?: (open: (emit: EmitEvent) => PassRunner, emit: EmitEvent) => PassRunner;
}

export interface FeedListener {
  readonly tell: WatchSink['onWatch'];
  /** Told of the first sign of a commit, which may turn out to be none. */
  readonly onHint: () => void;
}

/** Where a loop gets its commits from, and what rings when there is another. */
export interface LoopSource extends CommitSource {
  readonly trigger: Trigger;
  /** The next look must be a new one: somebody asked for a pass. */
  readonly expectNewest?: () => void;
}

export async function runLoop(options: WatchOptions, parts: LoopParts): Promise<void> {
  const { context, wiring, log } = parts;
  const keeper = await createStatusKeeper({
    stateFolder: wiring.stateFolder,
    clock: systemClock,
    warn: log.warn,
  });
  const telling = await parts.openTelling({
    wiring,
    folder: context.folder,
    clock: systemClock,
    log,
    readStatus: keeper.current,
    signal: context.signal,
  });
  const git = await parts.openGit();
  const notes = createNoteSink({
    git,
    remote: options.remote ?? 'origin',
    warn: log.warn,
    signal: context.signal,
  });
  const sink = joinSinks([log, keeper, ...telling.sinks, notes]);
  const listening = openWatchControl(wiring.stateFolder, log.warn);
  const { manifestPath = null, folder, manifestFile } = context;
  const place = { folder, manifestFile, manifestPath, stateFolder: wiring.stateFolder };
  const setup = { ...pickSetup(options), ...place, top: parts.top ?? null };
  function openRunner(emit: EmitEvent): PassRunner {
    return wiring.createRunner(setup, emit);
  }
  const runner = parts.limit?.(openRunner, sink.onPass) ?? openRunner(sink.onPass);
  const source = parts.openFeed(git, { tell: sink.onWatch, onHint: () => runner.warm() });
  const { intervalMilliseconds } = options;
  await watch(
    { intervalMilliseconds },
    {
      git,
      runner,
      clock: systemClock,
      random: Math.random,
      sink,
      triggers: [source.trigger, listening.trigger, ...telling.triggers],
      control: {
        ...listening.control,
        async takeRequests() {
          const requests = await listening.control.takeRequests();
          if (requests.length > 0) source.expectNewest?.();
          return requests;
        },
      },
      signal: context.signal,
      readRevision: () => source.readRevision(),
      readTrouble: () => source.readTrouble(),
    },
  );
}

async function openSource(
  options: WatchOptions,
  { manifestPath = '' }: CommandContext,
  wiring: Wiring,
): Promise<GitPort> {
  const { remote, ref, access } = options;
  if (remote === null) return wiring.openGit(access);
  const clone = await openMirrorClone({ url: remote, ref, folder: wiring.stateFolder, access });
  return clone.enter(posix.dirname(manifestPath));
}

function pickSetup(options: WatchOptions): Omit<PassSetup, keyof PassPlace> {
  const { remote, ref, access, allowShrink, intervalMilliseconds, concurrency } = options;
  const { copyTimeoutMilliseconds, graceMilliseconds, lease } = options;
  return {
    remote,
    ref,
    access,
    allowShrink,
    intervalMilliseconds,
    concurrency,
    copyTimeoutMilliseconds,
    graceMilliseconds,
    lease,
  };
}
