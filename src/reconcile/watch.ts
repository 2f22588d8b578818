import type { EmitEvent } from '../base/events.ts';
import { isToolError } from '../base/tool-error.ts';
import type { Snapshot } from '../git/port.ts';
import type { PassReason, PassRecord } from '../plan/history-types.ts';
import { nextRun, type PassEnd } from './next-run.ts';
import type { PreparedPass } from './prepare-pass.ts';
import { overBudget } from './read-budget.ts';
import { formatPassId, type PassEnding, type PassHead, recordPass } from './record-pass.ts';
import { runPass } from './run-pass.ts';
import { describeSuspension } from './suspend.ts';
import { createWaker, sleepOrRing, type Waker } from './waker.ts';
import type { WatchDeps, WatchEvent, WatchOptions } from './watch-types.ts';

const FIRST_INTERVAL = 60_000;

interface Context extends WatchDeps {
  readonly options: WatchOptions;
  readonly waker: Waker;
  readonly emit: EmitEvent;
  readonly tell: (event: WatchEvent) => void;
}

/** What the loop knows when a pass is over. */
interface Turn {
  readonly revision: string;
  readonly failures: number;
  readonly reason: PassReason;
}

/**
 * Runs the pass that `apply` runs: at start, when a commit appears or somebody asks, and at every interval,
 * because registries drift without one. Returns when the signal aborts; a pass that runs then is ended as
 * `apply` ends it.
 */
export async function watch(options: WatchOptions, deps: WatchDeps): Promise<void> {
  const { sinks } = deps;
  const context: Context = {
    ...deps,
    options,
    waker: createWaker(),
    emit: (event) => sinks.forEach((sink) => sink.onPass(event)),
    tell: (event) => sinks.forEach((sink) => sink.onWatch(event)),
  };
  const stops: (() => Promise<void>)[] = [];
  try {
    for (const trigger of deps.triggers) stops.push(await trigger.start(context.waker.ring));
    let turn: Turn = { revision: '', failures: 0, reason: 'start' };
    while (!deps.signal.aborted) turn = await takeTurn(turn, context);
  } finally {
    await Promise.all(stops.map((stop) => stop()));
    context.tell({ kind: 'stopped' });
    await Promise.all(sinks.map((sink) => sink.close()));
  }
}

async function takeTurn(turn: Turn, context: Context): Promise<Turn> {
  const { clock, options, signal } = context;
  const end = await runOnce(turn, context);
  const { revision } = end;
  const failures = end.kind === 'failed' ? turn.failures + 1 : 0;
  if (signal.aborted) return { ...turn, revision, failures };
  const { milliseconds, reason, why } = nextRun(end, {
    failures,
    interval: options.intervalMilliseconds ?? end.interval ?? FIRST_INTERVAL,
    random: context.random(),
  });
  const until = new Date(clock.now().getTime() + milliseconds);
  context.tell({ kind: 'sleeping', milliseconds, until, why });
  return {
    revision,
    failures,
    reason: await sleepUntilWoken({ until, otherwise: reason, revision }, context),
  };
}

interface Running {
  revision: string;
  subject: string | null;
  prepared: PreparedPass | null;
}

async function runOnce(turn: Turn, context: Context): Promise<PassEnd> {
  const { clock, signal } = context;
  const started = clock.now();
  const id = formatPassId(started, context.random());
  const running: Running = { revision: turn.revision, subject: null, prepared: null };
  let reason = turn.reason;
  function end(ending: Pick<PassEnding, 'report' | 'holds' | 'error'>): PassRecord {
    const head: PassHead = {
      id,
      reason,
      revision: running.revision === '' ? null : running.revision,
      subject: running.subject,
      started: started.toISOString(),
    };
    const { prepared } = running;
    const finished = clock.now().toISOString();
    const interrupted = ending.error !== null && signal.aborted;
    const record = recordPass(head, { ...ending, prepared, interrupted, finished });
    context.tell({ kind: 'pass-ended', record, prepared, error: ending.error });
    return record;
  }
  try {
    running.revision = await context.readRevision();
    if (reason === 'interval' && running.revision !== turn.revision) reason = 'commit';
    const snapshot = await context.git.openCommit(running.revision);
    running.subject = snapshot.subject;
    context.tell({
      kind: 'pass-started',
      pass: id,
      reason,
      revision: running.revision,
      subject: snapshot.subject,
    });
    const result = await runOnSnapshot(snapshot, running, context);
    return describeEnd(end({ ...result, error: null }), running, context);
  } catch (error) {
    end({ report: null, holds: [], error });
    if (!signal.aborted && !isToolError(error)) throw error;
    const interval = running.prepared?.state.manifest.reconcile.intervalMilliseconds ?? null;
    return {
      kind: 'failed',
      revision: running.revision,
      interval,
      error: isToolError(error) ? error : null,
    };
  }
}

async function runOnSnapshot(
  snapshot: Snapshot,
  running: Running,
  context: Context,
): Promise<Pick<PassEnding, 'report' | 'holds'>> {
  const prepared = await context.prepare(snapshot, context.options);
  running.prepared = prepared;
  const suspension = describeSuspension(prepared.state.manifest.reconcile.suspend, context.clock);
  if (suspension !== null) return { report: null, holds: [suspension] };
  return { report: await runPass(prepared, prepared.plan, context), holds: [] };
}

function describeEnd(
  { report, result }: PassRecord,
  { revision, prepared }: Running,
  { clock }: Context,
): PassEnd {
  const interval = prepared?.state.manifest.reconcile.intervalMilliseconds ?? null;
  const deferred = report?.outcomes.find(({ code }) => code === 'PLAN_OVER_BUDGET');
  if (deferred !== undefined) {
    const error = overBudget(deferred.message ?? '', clock.now());
    return { kind: 'failed', revision, interval, error };
  }
  if (result === 'failed' || result === 'interrupted')
    return { kind: 'failed', revision, interval, error: null };
  return { kind: result, revision, interval };
}

interface Sleep {
  readonly until: Date;
  readonly otherwise: PassReason;
  readonly revision: string;
}

async function sleepUntilWoken(
  { until, otherwise, revision }: Sleep,
  context: Context,
): Promise<PassReason> {
  const { clock, signal, waker } = context;
  while (!signal.aborted) {
    const left = until.getTime() - clock.now().getTime();
    if (left <= 0) return otherwise;
    await sleepOrRing(left, context);
    const wake = waker.take();
    if (wake === null) continue;
    // Git touches its files, and forges send webhooks, for many reasons; only another commit is one to run for.
    const isHint = wake.reason === 'commit' || wake.reason === 'webhook';
    if (!isHint || (await readRevisionOr(revision, context)) !== revision) return wake.reason;
  }
  return otherwise;
}

// A revision that cannot be read now is read again by the next pass, which reports why.
async function readRevisionOr(revision: string, context: Context): Promise<string> {
  try {
    return await context.readRevision();
  } catch (error) {
    if (!isToolError(error)) throw error;
    return revision;
  }
}
