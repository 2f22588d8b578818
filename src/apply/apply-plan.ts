import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/tool-error.ts';
import type { MoveIndexStep, OutcomeKind, Plan, PushIndexStep, Step } from '../plan/types.ts';
import { removeLeftovers } from './apply-index.ts';
import { type Journal, type JournalEntry, openJournal } from './journal.ts';
import { createKillSwitch } from './kill-switch.ts';
import { acquireLock } from './lock.ts';
import { paceCopies } from './pace-copies.ts';
import type { PassContext, PodmanDeps, RetrySettings } from './pass-context.ts';
import type { Applier, ApplyRequest, ApplyResult, Copier } from './port.ts';
import { pushState } from './push-state.ts';
import { type CatalogSteps, runCatalog } from './run-catalog.ts';
import type { Running } from './run-step.ts';
import { COPIES_AT_A_TIME, runTransfers, type Transfer } from './run-transfers.ts';
import { isDone, type StepResult } from './step-result.ts';

export interface ApplierDeps {
  readonly copier: Copier;
  readonly podman: PodmanDeps;
  readonly clock: Clock;
  /** From 0 up to 1, for jitter. */
  readonly random: () => number;
  /** Holds the lock, the journal, and an index while it is built and pushed. */
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

/** Makes what carries out plans: one at a time per state folder. */
export function createApplier(deps: ApplierDeps): Applier {
  return {
    async applyPlan(request, signal): Promise<ApplyResult> {
      if (request.plan.steps.length === 0)
        return { outcomes: [], interrupted: false, stepsDone: 0, bytes: 0, milliseconds: 0 };
      return underLock(deps, () => applyLocked(deps, request, signal));
    },
    pushState(request, push, signal) {
      const context = buildContext({ deps, request, journal: null, stop: signal, kill: signal });
      return underLock(deps, () => pushState(context, push));
    },
  };
}

async function underLock<T>(deps: ApplierDeps, work: () => Promise<T>): Promise<T> {
  await deps.copier.assertReady();
  const lock = await acquireLock(deps.stateFolder);
  try {
    await removeLeftovers(deps.stateFolder, deps.podman.builder);
    return await work();
  } finally {
    await deps.copier.forget();
    await lock.release();
  }
}

async function applyLocked(
  deps: ApplierDeps,
  request: ApplyRequest,
  stop: AbortSignal,
): Promise<ApplyResult> {
  const journal = await openJournal(deps.stateFolder, deps.clock);
  const running: Running = { count: 0 };
  const finished: StepResult[] = [];
  const kill = createKillSwitch(stop, {
    clock: deps.clock,
    graceMilliseconds: deps.graceMilliseconds ?? 10_000,
    onStop: () =>
      request.emit({
        kind: 'interrupted',
        running: running.count,
        left: request.plan.steps.length - finished.length - running.count,
      }),
  });
  try {
    const context = buildContext({ deps, request, journal, stop, kill: kill.signal });
    return await runPlan(context, running, finished);
  } finally {
    kill.end();
    await journal.close();
  }
}

interface ContextParts {
  readonly deps: ApplierDeps;
  readonly request: ApplyRequest;
  /** Null: nothing is written down. */
  readonly journal: Journal | null;
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
}

function buildContext({ deps, request, journal, stop, kill }: ContextParts): PassContext {
  const { podman, clock, random, stateFolder } = deps;
  const retry = { ...RETRY, ...deps.retry };
  const most = request.concurrency ?? COPIES_AT_A_TIME;
  return {
    request,
    copier: paceCopies(deps.copier, { ...retry, most, clock }),
    podman,
    clock,
    random,
    stateFolder,
    stop,
    kill,
    retry,
    sharing: listSharing(request.plan.steps),
    record: journal === null ? () => Promise.resolve() : recordOrWarn(journal, request),
  };
}

function listSharing(steps: readonly Step[]): ReadonlySet<string> {
  return new Set(
    steps.flatMap((step) =>
      step.kind === 'copy' && step.after !== undefined ? [step.id, ...step.after] : [],
    ),
  );
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
  const transfers = await runTransfers(context, plan.steps.filter(isTransfer), {
    running,
    onFinished: (result) => finished.push(result),
  });
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
