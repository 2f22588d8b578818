import { isToolError } from '../base/tool-error.ts';
import type { GitPort, Snapshot } from '../git/port.ts';
import type { PassReport } from '../plan/report-types.ts';
import { nextRun, type PassEnd } from './next-run.ts';
import type { PassOptions } from './pass-options.ts';
import type { PassPreparer, PreparedPass } from './prepare-pass.ts';
import { overBudget } from './read-budget.ts';
import { type RunDeps, runPass } from './run-pass.ts';
import { isSuspended } from './suspend.ts';

/** Why a pass ran: a commit that was not seen before, or the interval (drift). */
export type WatchReason = 'start' | 'commit' | 'interval' | 'retry';

export type WatchEvent =
  | {
      readonly kind: 'pass-started';
      readonly reason: WatchReason;
      readonly revision: string;
      readonly subject: string;
    }
  | {
      readonly kind: 'pass-finished';
      readonly prepared: PreparedPass;
      readonly report: PassReport;
      readonly drift: boolean;
    }
  | { readonly kind: 'pass-failed'; readonly error: unknown }
  | { readonly kind: 'suspended'; readonly reason: string; readonly by: string }
  | { readonly kind: 'sleeping'; readonly milliseconds: number; readonly why: string }
  | { readonly kind: 'stopped' };

export interface WatchDeps extends RunDeps {
  readonly git: GitPort;
  readonly prepare: PassPreparer;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly tell: (event: WatchEvent) => void;
  /** Commit to look at now: HEAD of a local clone, or what a remote branch points at after a fetch. */
  readonly readRevision: () => Promise<string>;
}

export interface WatchOptions extends PassOptions {
  /** Overrides `spec.reconcile.interval`; null for the manifest's. */
  readonly intervalMilliseconds: number | null;
}

const FIRST_INTERVAL = 60_000;

/**
 * Runs the pass that `apply` runs: at start, when a commit appears, and at every interval, because
 * registries drift without one. Returns when the signal aborts; a pass that runs then is ended as
 * `apply` ends it.
 */
export async function watch(options: WatchOptions, deps: WatchDeps): Promise<void> {
  const wake = createWaker();
  const stopWatching = await deps.git.watchHead(wake.ring);
  let last: { readonly revision: string; readonly failures: number } = {
    revision: '',
    failures: 0,
  };
  let reason: WatchReason = 'start';
  try {
    while (!deps.signal.aborted) {
      const end = await runOnce(options, { ...deps, reason, lastRevision: last.revision });
      last = { revision: end.revision, failures: end.kind === 'failed' ? last.failures + 1 : 0 };
      if (deps.signal.aborted) break;
      const run = nextRun(end, {
        failures: last.failures,
        interval: options.intervalMilliseconds ?? end.interval ?? FIRST_INTERVAL,
        random: deps.random(),
      });
      deps.tell({ kind: 'sleeping', milliseconds: run.milliseconds, why: run.why });
      reason = await sleepUntilWoken(run.milliseconds, run.reason, {
        deps,
        wake,
        revision: last.revision,
      });
    }
  } finally {
    await stopWatching();
    deps.tell({ kind: 'stopped' });
  }
}

type RunContext = WatchDeps & { readonly reason: WatchReason; readonly lastRevision: string };

async function runOnce(options: WatchOptions, context: RunContext): Promise<PassEnd> {
  let revision = context.lastRevision;
  try {
    revision = await context.readRevision();
    const snapshot = await context.git.openCommit(revision);
    return await runOnSnapshot(snapshot, options, context);
  } catch (error) {
    if (context.signal.aborted) return { kind: 'failed', revision, interval: null, error: null };
    context.tell({ kind: 'pass-failed', error });
    if (!isToolError(error)) throw error;
    return { kind: 'failed', revision, interval: null, error };
  }
}

async function runOnSnapshot(
  snapshot: Snapshot,
  options: WatchOptions,
  context: RunContext,
): Promise<PassEnd> {
  const reason =
    context.reason === 'interval' && snapshot.revision !== context.lastRevision
      ? 'commit'
      : context.reason;
  context.tell({
    kind: 'pass-started',
    reason,
    revision: snapshot.revision,
    subject: snapshot.subject,
  });
  const prepared = await context.prepare(snapshot, options);
  const { reconcile } = prepared.state.manifest;
  const interval = reconcile.intervalMilliseconds;
  if (isSuspended(reconcile.suspend, context.clock)) {
    context.tell({
      kind: 'suspended',
      reason: reconcile.suspend?.reason ?? '',
      by: reconcile.suspend?.by ?? '',
    });
    return { kind: 'done', revision: snapshot.revision, interval };
  }
  const report = await runPass(prepared, prepared.plan, context);
  const { revision } = snapshot;
  const drift = reason === 'interval' && prepared.plan.steps.length > 0;
  context.tell({ kind: 'pass-finished', prepared, report, drift });
  return describeEnd(report, { revision, interval, now: context.clock.now() });
}

function describeEnd(
  report: PassReport,
  {
    now,
    ...end
  }: { readonly revision: string; readonly interval: number | null; readonly now: Date },
): PassEnd {
  const deferred = report.outcomes.find(({ code }) => code === 'PLAN_OVER_BUDGET');
  if (deferred !== undefined)
    return { kind: 'failed', ...end, error: overBudget(deferred.message ?? '', now) };
  if (report.exitCode === 1) return { kind: 'failed', ...end, error: null };
  return { kind: report.exitCode === 4 ? 'refused' : 'done', ...end };
}

interface Waker {
  readonly ring: () => void;
  /** Resolves when it rings, or at once when it rang since the last `take`. */
  readonly rung: () => Promise<void>;
  /** Whether it rang since the last call. */
  readonly take: () => boolean;
}

function createWaker(): Waker {
  let pending = false;
  let wakeUp: (() => void) | null = null;
  return {
    ring() {
      pending = true;
      wakeUp?.();
    },
    rung() {
      if (pending) return Promise.resolve();
      return new Promise((resolve) => {
        wakeUp = resolve;
      });
    },
    take() {
      const rang = pending;
      pending = false;
      return rang;
    },
  };
}

interface Sleep {
  readonly deps: WatchDeps;
  readonly wake: Waker;
  readonly revision: string;
}

async function sleepUntilWoken(
  milliseconds: number,
  otherwise: WatchReason,
  { deps, wake, revision }: Sleep,
): Promise<WatchReason> {
  const deadline = deps.clock.now().getTime() + milliseconds;
  while (!deps.signal.aborted) {
    const left = deadline - deps.clock.now().getTime();
    if (left <= 0) return otherwise;
    await sleepOrRing(left, deps, wake);
    // Git touches its files for many reasons; only another commit is one to run for.
    if (wake.take() && (await readRevisionOr(revision, deps)) !== revision) return 'commit';
  }
  return otherwise;
}

// Timers take no more than 31 bits and run out at once beyond that.
const LONGEST_SLEEP = 2 ** 31 - 1;

async function sleepOrRing(milliseconds: number, deps: WatchDeps, wake: Waker): Promise<void> {
  const controller = new AbortController();
  const slept = deps.clock.sleep(
    Math.min(milliseconds, LONGEST_SLEEP),
    AbortSignal.any([deps.signal, controller.signal]),
  );
  await Promise.race([wake.rung(), slept.catch(ignoreAbort)]);
  controller.abort();
}

function ignoreAbort(): void {}

// A revision that cannot be read now is read again by the next pass, which reports why.
async function readRevisionOr(revision: string, deps: WatchDeps): Promise<string> {
  try {
    return await deps.readRevision();
  } catch (error) {
    if (!isToolError(error)) throw error;
    return revision;
  }
}
