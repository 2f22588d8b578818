import type { Clock } from '../base/clock.ts';
import type { PassEvent } from '../base/events.ts';
import type { HeldLock, Locker } from '../base/locker.ts';
import { isToolError, messageOf, type ToolError } from '../base/tool-error.ts';
import { formatShard } from '../plan/shard.ts';
import type { MoveIndexStep, OutcomeKind, Plan, PushIndexStep, Step } from '../plan/types.ts';
import { acquirePass, listRunningShards } from './acquire-pass.ts';
import { removeLeftovers } from './apply-index.ts';
import { listSharing, listSmall } from './copy-traits.ts';
import type { Transfer } from './group-transfers.ts';
import { guardCopies } from './guard-copies.ts';
import { type Journal, type JournalEntry, openJournal } from './journal.ts';
import { createKillSwitch } from './kill-switch.ts';
import { paceCopies } from './pace-copies.ts';
import type { PassContext, PodmanDeps, RetrySettings } from './pass-context.ts';
import type { Applier, ApplyRequest, ApplyResult, Copier } from './port.ts';
import { pushState } from './push-state.ts';
import { interruption } from './retry.ts';
import { type CatalogSteps, runCatalog } from './run-catalog.ts';
import { type PayloadStep, runPayloads } from './run-payloads.ts';
import type { Running } from './run-step.ts';
import { COPIES_AT_A_TIME, runTransfers } from './run-transfers.ts';
import { nameStep } from './step-name.ts';
import { endBefore, isDone, type StepResult } from './step-result.ts';

export interface ApplierDeps {
  readonly copier: Copier;
  readonly podman: PodmanDeps;
  readonly clock: Clock;
  /** From 0 up to 1, for jitter. */
  readonly random: () => number;
  /** All of them are taken for a pass, in this order. */
  readonly lockers: readonly Locker[];
  /** Holds the journal, and an index while it is built and pushed; nobody else writes there meanwhile. */
  readonly stateFolder: string;
  readonly retry?: Partial<RetrySettings>;
  /** How long running copies may go on after an interrupt; default 10 seconds. */
  readonly graceMilliseconds?: number;
}

const RETRY: RetrySettings = {
  attempts: 4,
  attemptsAfterRefusals: 12,
  delayMilliseconds: 1_000,
  longestDelayMilliseconds: 60_000,
  longestWaitMilliseconds: 120_000,
};

const LOCK_INTERVAL = 1_000;
const LOCKED: ReadonlySet<string> = new Set(['APPLY_LOCKED', 'APPLY_SHARDS_RUNNING']);

/** Makes what carries out plans: one at a time, or shares of one side by side, as far as its locks reach. */
export function createApplier(deps: ApplierDeps): Applier {
  return {
    async applyPlan(request, signal): Promise<ApplyResult> {
      if (request.plan.steps.length === 0)
        return { outcomes: [], interrupted: false, stepsDone: 0, bytes: 0, milliseconds: 0 };
      return underLock(deps, request, {
        signal,
        work: (lock) => applyLocked(deps, { request, lock }, signal),
      });
    },
    pushState(request, push, signal) {
      return underLock(deps, request, {
        signal,
        work(lock) {
          const stop = AbortSignal.any([signal, lock.lost]);
          const context = buildContext({ deps, request, lock, journal: null, stop, kill: stop });
          return pushState(context, push);
        },
      });
    },
    async listShards({ mirror }, signal) {
      const shards = await listRunningShards(deps.lockers, mirror, signal);
      return [...new Set(shards.map((shard) => `shard ${formatShard(shard)}`))];
    },
  };
}

interface LockedWork<T> {
  readonly signal: AbortSignal;
  readonly work: (lock: HeldLock) => Promise<T>;
}

async function underLock<T>(
  deps: ApplierDeps,
  request: ApplyRequest,
  { signal, work }: LockedWork<T>,
): Promise<T> {
  await deps.copier.assertReady();
  const lock = await acquireInTurn(deps, request, signal);
  try {
    await removeLeftovers(deps.stateFolder, deps.podman.builder);
    return await work(lock);
  } finally {
    await deps.copier.forget();
    await lock.release();
  }
}

async function acquireInTurn(
  { clock, lockers }: ApplierDeps,
  { plan, lockKey = plan.mirror, waits = false, emit }: ApplyRequest,
  signal: AbortSignal,
): Promise<HeldLock> {
  for (let isTold = false; ; isTold = true) {
    try {
      return await acquirePass(lockers, { mirror: lockKey, shard: plan.shard }, signal);
    } catch (error) {
      if (!waits || !isWorthWaiting(error, plan)) throw error;
      if (!isTold) emit({ kind: 'warning', message: `Waits. ${error.message}`, hint: null });
      await waitForLock(clock, signal);
    }
  }
}

// The pass that holds the whole does what another would; a shard's end is what the whole, or an index, needs.
function isWorthWaiting(error: unknown, { shard }: Plan): error is ToolError {
  if (shard === undefined) return isToolError(error, 'APPLY_SHARDS_RUNNING');
  return shard.part === 'index' && isToolError(error) && LOCKED.has(error.code);
}

async function waitForLock(clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(LOCK_INTERVAL, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw interruption(error);
  }
}

interface Locked {
  readonly request: ApplyRequest;
  readonly lock: HeldLock;
}

async function applyLocked(
  deps: ApplierDeps,
  { request, lock }: Locked,
  signal: AbortSignal,
): Promise<ApplyResult> {
  const journal = await openJournal(deps.stateFolder, deps.clock);
  const running: Running = { count: 0 };
  const finished: StepResult[] = [];
  const stop = AbortSignal.any([signal, lock.lost]);
  const { graceMilliseconds = 10_000 } = deps;
  let before: number | null = null;
  const kill = createKillSwitch(stop, {
    clock: deps.clock,
    graceMilliseconds,
    atOnce: lock.lost,
    onStop() {
      before = finished.length;
      request.emit({
        kind: 'interrupted',
        running: running.count,
        left: request.plan.steps.length - finished.length - running.count,
        graceMilliseconds,
      });
    },
  });
  try {
    const context = buildContext({ deps, request, lock, journal, stop, kill: kill.signal });
    const result = await runPlan(context, running, finished);
    if (before !== null) request.emit(describeEnd(finished.slice(before), stop));
    return result;
  } finally {
    if (lock.lost.aborted) warnOfLoss(request, lock.lost.reason);
    kill.end();
    await journal.close();
  }
}

function describeEnd(
  finished: readonly StepResult[],
  stop: AbortSignal,
): Extract<PassEvent, { kind: 'interrupt-ended' }> {
  const { message } = endBefore(stop);
  const begun = finished.filter((result) => result.message !== message);
  const abandoned = begun.filter(({ kind }) => kind === 'deferred');
  return {
    kind: 'interrupt-ended',
    ended: begun.length - abandoned.length,
    abandoned: abandoned.map(({ step }) => nameStep(step).title),
    left: finished.length - begun.length,
  };
}

function warnOfLoss({ emit }: ApplyRequest, reason: unknown): void {
  const hint = isToolError(reason) ? (reason.hint ?? null) : null;
  emit({ kind: 'warning', message: messageOf(reason), hint });
}

interface ContextParts extends Locked {
  readonly deps: ApplierDeps;
  /** Null: nothing is written down. */
  readonly journal: Journal | null;
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
}

function buildContext({ deps, request, lock, journal, stop, kill }: ContextParts): PassContext {
  const { podman, clock, random, stateFolder } = deps;
  const retry = { ...RETRY, ...deps.retry };
  const most = request.concurrency ?? COPIES_AT_A_TIME;
  return {
    request,
    copier: paceCopies(guardCopies(deps.copier, lock), { ...retry, most, clock }),
    podman,
    clock,
    random,
    stateFolder,
    stop,
    kill,
    retry,
    sharing: listSharing(request.plan.steps),
    small: listSmall(request.plan.steps),
    record: journal === null ? () => Promise.resolve() : recordOrWarn(journal, request),
  };
}

// The journal is for people; the pass must not end half-way because its disk is full.
function recordOrWarn(
  journal: Journal,
  request: ApplyRequest,
): (entry: JournalEntry) => Promise<void> {
  let broken = false;
  return async (entry) => {
    if (broken) return;
    try {
      await journal.write(entry);
    } catch (error) {
      if (broken) return;
      broken = true;
      request.emit({
        kind: 'warning',
        message: `The rest of this pass is not written down. ${messageOf(error)}`,
        hint: null,
      });
    }
  };
}

async function runPlan(
  context: PassContext,
  running: Running,
  finished: StepResult[],
): Promise<ApplyResult> {
  const { plan, emit } = context.request;
  const started = context.clock.now().getTime();
  emit({ kind: 'apply-started', steps: plan.steps.length, bytes: plan.bytes });
  await context.record({
    kind: 'pass-started',
    mirror: plan.mirror,
    revision: plan.revision,
    plan: plan.hash,
    steps: plan.steps.length,
  });
  const options = { running, onFinished: (result: StepResult) => finished.push(result) };
  const images = plan.steps.filter(isTransfer);
  const others = await runTransfers(
    context,
    images.filter((step) => !isPayload(step)),
    options,
  );
  const payloads = await runPayloads(context, images.filter(isPayload), {
    ...options,
    results: others,
  });
  const transfers = [...others, ...payloads];
  for (const steps of groupByCatalog(plan))
    finished.push(...(await runCatalog(context, steps, { results: transfers, running })));
  const result = summarize(plan, finished);
  const interrupted = context.stop.aborted && finished.some((entry) => entry.kind === 'deferred');
  await context.record({ kind: 'pass-finished', interrupted, counts: countOutcomes(finished) });
  return { ...result, interrupted, milliseconds: context.clock.now().getTime() - started };
}

function isTransfer(step: Step): step is Transfer {
  return step.kind === 'copy' || step.kind === 'tag';
}

function isPayload(step: Transfer): step is PayloadStep {
  return step.kind === 'copy' && step.release !== undefined;
}

function groupByCatalog(plan: Plan): readonly CatalogSteps[] {
  const pushes = plan.steps.filter((step): step is PushIndexStep => step.kind === 'push-index');
  const moves = plan.steps.filter((step): step is MoveIndexStep => step.kind === 'move-index');
  const catalogs = new Set([...pushes, ...moves].map((step) => step.catalog));
  return [...catalogs].map((catalog) => ({
    push: pushes.find((step) => step.catalog === catalog) ?? null,
    move: moves.find((step) => step.catalog === catalog) ?? null,
  }));
}

function summarize(
  plan: Plan,
  finished: readonly StepResult[],
): Pick<ApplyResult, 'outcomes' | 'stepsDone' | 'bytes'> {
  const byStep = new Map(finished.map((result) => [result.step.id, result]));
  const ordered = plan.steps.map((step) => {
    const result = byStep.get(step.id);
    if (result === undefined) throw new Error(`Step ${step.id} was not settled.`);
    return result;
  });
  const done = ordered.filter(isDone);
  const bytes = done
    .filter((result) => result.kind === 'copied')
    .reduce((sum, result) => sum + result.step.bytes, 0);
  return { outcomes: ordered.flatMap((result) => result.outcomes), stepsDone: done.length, bytes };
}

function countOutcomes(finished: readonly StepResult[]): Readonly<Record<OutcomeKind, number>> {
  const counts: Record<OutcomeKind, number> = {
    'in-sync': 0,
    copied: 0,
    refused: 0,
    lost: 0,
    deferred: 0,
    failed: 0,
  };
  for (const { outcomes } of finished) for (const { kind } of outcomes) counts[kind] += 1;
  return counts;
}
