import { isToolError, messageOf } from '../base/tool-error.ts';
import type { PassReason, PassRecord } from '../plan/history-types.ts';
import { nextRun, type PassEnd } from './next-run.ts';
import type { RanPass } from './pass-runner.ts';
import type { PassView } from './pass-view.ts';
import { overBudget } from './read-budget.ts';
import { formatPassId, type PassHead, recordPass } from './record-pass.ts';
import { beginSleep, createWaker, type Waker } from './waker.ts';
import type { WatchDeps, WatchEvent, WatchOptions } from './watch-types.ts';

const FIRST_INTERVAL = 60_000;

interface Context extends WatchDeps {
  readonly options: WatchOptions;
  readonly waker: Waker;
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
    tell: sink.onWatch,
  };
  const stops: (() => Promise<void>)[] = [];
  try {
    for (const trigger of deps.triggers) stops.push(await trigger.start(context.waker.ring));
    let turn: Turn = { revision: '', failures: 0, reason: 'start' };
    while (!deps.signal.aborted) turn = await takeTurn(turn, context);
  } finally {
    await Promise.all([...stops.map((stop) => stop()), deps.runner.close()]);
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

interface EndedPass {
  readonly end: PassEnd;
  readonly record: PassRecord;
}

interface Running {
  readonly id: string;
  readonly started: Date;
  reason: PassReason;
  revision: string;
  subject: string | null;
}

async function runOnce(turn: Turn, context: Context): Promise<EndedPass> {
  const started = context.clock.now();
  const id = formatPassId(started, context.random());
  const { revision, reason } = turn;
  const running: Running = { id, started, reason, revision, subject: null };
  const ran = await runNext(running, turn, context);
  const { view, error } = ran;
  const record = endPass(running, ran, context);
  context.tell({ kind: 'pass-ended', record, view, error });
  if (error === null) return { end: describeEnd(record, view, context), record };
  if (!context.signal.aborted) rethrowBug(error);
  const fault = isToolError(error) ? error : null;
  const interval = readInterval(view);
  return { end: { kind: 'failed', revision: running.revision, interval, error: fault }, record };
}

// A fault of our own ends the loop.
function rethrowBug(error: unknown): void {
  if (isToolError(error)) return;
  throw error instanceof Error ? error : new Error(messageOf(error));
}

async function runNext(running: Running, turn: Turn, context: Context): Promise<RanPass> {
  try {
    running.revision = await context.readRevision();
    if (running.reason === 'interval' && running.revision !== turn.revision)
      running.reason = 'commit';
    const { id: pass, reason, revision } = running;
    const { subject, time } = await context.git.openCommit(revision);
    running.subject = subject;
    context.tell({ kind: 'pass-started', pass, reason, revision, subject });
    return await context.runner.run({ revision, head: { subject, time }, reason });
  } catch (error) {
    return { view: null, report: null, holds: [], error };
  }
}

function endPass(running: Running, ran: RanPass, context: Context): PassRecord {
  const { id, reason, revision, subject, started } = running;
  const head: PassHead = {
    id,
    reason,
    revision: revision === '' ? null : revision,
    subject,
    started: started.toISOString(),
  };
  return recordPass(head, {
    ...ran,
    trouble: context.readTrouble?.() ?? null,
    interrupted: ran.error !== null && context.signal.aborted,
    finished: context.clock.now().toISOString(),
  });
}

function describeEnd(
  { report, result, holds, failure, revision: commit }: PassRecord,
  view: PassView | null,
  { clock }: Context,
): PassEnd {
  const interval = readInterval(view);
  const revision = commit ?? '';
  const deferred = report?.outcomes.find(({ code }) => code === 'PLAN_OVER_BUDGET');
  if (deferred !== undefined) {
    const error = overBudget(deferred.message ?? '', clock.now());
    return { kind: 'failed', revision, interval, error, holds };
  }
  // What keeps newer commits away is asked again by its own interval; that is no reason to hurry with passes.
  if (failure !== null && endedWell(report))
    return { kind: 'refused', revision, interval, holds, trouble: failure.code };
  if (result === 'failed' || result === 'interrupted' || view?.isSurprise === true)
    return { kind: 'failed', revision, interval, error: null, holds };
  return { kind: result, revision, interval, holds };
}

function endedWell(report: PassRecord['report']): boolean {
  return report === null || (!report.interrupted && report.exitCode !== 1);
}

function readInterval(view: PassView | null): number | null {
  return view?.manifest.reconcile.intervalMilliseconds ?? null;
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
    context.runner.warm();
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
