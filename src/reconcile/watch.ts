import type { EmitEvent } from '../base/events.ts';
import { isToolError } from '../base/tool-error.ts';
import type { Snapshot } from '../git/port.ts';
import type { PassReason, PassRecord } from '../plan/history-types.ts';
import { outlinePlan } from '../plan/outline-plan.ts';
import type { PassReport } from '../plan/report-types.ts';
import { holdPass, NO_CONTROL } from './hold-pass.ts';
import { nextRun, type PassEnd } from './next-run.ts';
import type { PassOptions } from './pass-options.ts';
import type { PreparedPass } from './prepare-pass.ts';
import { overBudget } from './read-budget.ts';
import { formatPassId, type PassEnding, type PassHead, recordPass } from './record-pass.ts';
import { runPass } from './run-pass.ts';
import { beginSleep, createWaker, type Waker } from './waker.ts';
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
  const { sink } = deps;
  const context: Context = {
    ...deps,
    options,
    waker: createWaker(),
    emit: sink.onPass,
    tell: sink.onWatch,
  };
  const stops: (() => Promise<void>)[] = [];
  try {
    for (const trigger of deps.triggers) stops.push(await trigger.start(context.waker.ring));
    let turn: Turn = { revision: '', failures: 0, reason: 'start' };
    while (!deps.signal.aborted) turn = await takeTurn(turn, context);
  } finally {
    await Promise.all(stops.map((stop) => stop()));
    context.tell({ kind: 'stopped' });
    await sink.close();
  }
}

async function takeTurn(turn: Turn, context: Context): Promise<Turn> {
  const { clock, control, options, signal } = context;
  const requests = (await control?.takeRequests()) ?? [];
  const { end, record } = await runOnce(turn, context);
  await control?.answer(requests, record);
  const { revision } = end;
  const failures = end.kind === 'failed' ? turn.failures + 1 : 0;
  if (signal.aborted) return { ...turn, revision, failures };
  const { milliseconds, reason, why } = nextRun(end, {
    failures,
    interval: options.intervalMilliseconds ?? end.interval ?? FIRST_INTERVAL,
    random: context.random(),
    now: clock.now(),
  });
  const until = new Date(clock.now().getTime() + milliseconds);
  context.tell({ kind: 'sleeping', milliseconds, until, why });
  return {
    revision,
    failures,
    reason: await sleepUntilWoken({ milliseconds, otherwise: reason, revision }, context),
  };
}

interface Running {
  revision: string;
  subject: string | null;
  prepared: PreparedPass | null;
}

interface EndedPass {
  readonly end: PassEnd;
  readonly record: PassRecord;
}

async function runOnce(turn: Turn, context: Context): Promise<EndedPass> {
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
    const trouble = context.readTrouble?.() ?? null;
    const record = recordPass(head, { ...ending, prepared, trouble, interrupted, finished });
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
    const result = await runOnSnapshot(snapshot, { running, reason }, context);
    const record = end({ ...result, error: null });
    return { end: describeEnd(record, running, context), record };
  } catch (error) {
    const record = end({ report: null, holds: [], error });
    if (!signal.aborted && !isToolError(error)) throw error;
    const interval = readInterval(running.prepared);
    const fault = isToolError(error) ? error : null;
    return {
      end: { kind: 'failed', revision: running.revision, interval, error: fault },
      record,
    };
  }
}

async function runOnSnapshot(
  snapshot: Snapshot,
  { running, reason }: { readonly running: Running; readonly reason: PassReason },
  context: Context,
): Promise<Pick<PassEnding, 'report' | 'holds'>> {
  const prepared = await context.prepare(snapshot, takeTurns(reason, context.options));
  running.prepared = prepared;
  const { control, clock } = context;
  const held = await holdPass(prepared, { control: control ?? NO_CONTROL, clock });
  if (held.waitsForApproval) await control?.present(outlinePlan(prepared.plan));
  const report = await runPass(prepared, held.plan, { ...context, findHold: held.findHold });
  if (isDone(prepared, report)) await control?.endApproval();
  return { report, holds: held.listHolds() };
}

function isDone({ plan, state }: PreparedPass, { steps }: PassReport): boolean {
  return state.manifest.reconcile.approval === 'required' && steps.done === plan.steps.length;
}

// Who asks for a pass wants to know what is there.
function takeTurns(reason: PassReason, options: WatchOptions): PassOptions {
  const { proofs, intervalMilliseconds } = options;
  if (proofs === undefined) return options;
  const inTurn = { notes: proofs, intervalMilliseconds, all: reason === 'request' };
  return { ...options, inTurn };
}

function describeEnd(
  { report, result, holds, failure }: PassRecord,
  { revision, prepared }: Running,
  { clock }: Context,
): PassEnd {
  const interval = readInterval(prepared);
  const deferred = report?.outcomes.find(({ code }) => code === 'PLAN_OVER_BUDGET');
  if (deferred !== undefined) {
    const error = overBudget(deferred.message ?? '', clock.now());
    return { kind: 'failed', revision, interval, error, holds };
  }
  // What keeps newer commits away is asked again by its own interval; that is no reason to hurry with passes.
  if (failure !== null && endedWell(report))
    return { kind: 'refused', revision, interval, holds, trouble: failure.code };
  if (result === 'failed' || result === 'interrupted' || isSurprise(prepared, report))
    return { kind: 'failed', revision, interval, error: null, holds };
  return { kind: result, revision, interval, holds };
}

function endedWell(report: PassRecord['report']): boolean {
  return report === null || (!report.interrupted && report.exitCode !== 1);
}

function readInterval(prepared: PreparedPass | null): number | null {
  return prepared?.state.manifest.reconcile.intervalMilliseconds ?? null;
}

// An image was gone that an earlier look vouched for: nothing does any longer, so that the next pass finds it.
function isSurprise(prepared: PreparedPass | null, report: PassReport | null): boolean {
  if (prepared === null || (prepared.looks?.vouched.size ?? 0) === 0) return false;
  const stepped = new Set(prepared.plan.steps.flatMap(({ items }) => items));
  return (
    report?.outcomes.some(({ item, code }) => code === 'APPLY_CLOSURE' && stepped.has(item)) ??
    false
  );
}

interface Pause {
  readonly milliseconds: number;
  readonly otherwise: PassReason;
  readonly revision: string;
}

async function sleepUntilWoken(
  { milliseconds, otherwise, revision }: Pause,
  context: Context,
): Promise<PassReason> {
  const sleep = beginSleep(milliseconds, context);
  for (;;) {
    const wake = await sleep.next();
    if (wake === null) return otherwise;
    // Git touches its files, and forges send webhooks, for many reasons; only another commit is one to run for.
    const isHint = wake.reason === 'commit' || wake.reason === 'webhook';
    if (!isHint || (await readRevisionOr(revision, context)) !== revision) return wake.reason;
  }
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
