import { formatJson } from '../../base/format-json.ts';
import { ToolError } from '../../base/tool-error.ts';
import { readFile } from '../../files/read-file.ts';
import type { GitPort, Signers } from '../../git/port.ts';
import { joinReports, judgeWaiting } from '../../plan/join-reports.ts';
import { parsePlan } from '../../plan/parse-plan.ts';
import type { PassReport } from '../../plan/report-types.ts';
import { formatShard, type Shard } from '../../plan/shard.ts';
import { type ExitCode, exitCodeOfPlan } from '../../plan/sum-outcomes.ts';
import type { Plan, PlanShard } from '../../plan/types.ts';
import type { PreparedPass } from '../../reconcile/prepare-pass.ts';
import { assertFresh, runPass } from '../../reconcile/run-pass.ts';
import { countSteps, renderPlanText } from '../../report/render-plan-text.ts';
import { renderReportText } from '../../report/render-report-text.ts';
import { createRecorder, type Recorder } from '../apply-recorder.ts';
import type { CommandContext } from '../context.ts';
import { loadPasses } from '../load-passes.ts';
import type { LeaseChoice } from '../read-lease.ts';
import { systemClock } from '../system-clock.ts';
import { assertOutside } from '../watch-source-options.ts';
import type { Wiring } from '../wire.ts';
import { type AllowedPlan, allowPlan, type HoldFlags } from './apply-holds.ts';
import { openPreparer, type PassFlags } from './plan.ts';

export interface ApplyOptions extends PassFlags, HoldFlags {
  /** A saved plan: exactly this, or a refusal. */
  readonly planFile: string | null;
  /** Whose commits are applied; null for everybody's. */
  readonly signers: Signers | null;
  readonly concurrency: number;
  readonly copyTimeoutMilliseconds: number;
  readonly graceMilliseconds: number;
  readonly lease: LeaseChoice;
  readonly format: 'text' | 'json';
}

/** One pass, one shard of it, or exactly a saved plan. */
export async function runApply(
  options: ApplyOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const saved =
    options.planFile === null
      ? null
      : parsePlan(Buffer.from(await readFile(options.planFile)).toString(), options.planFile);
  if (saved !== null) assertSameShard(saved, options);
  const [git] = await Promise.all([wiring.openGit(), loadPasses()]);
  const record = createRecorder({ git, context, wiring });
  try {
    return await applyOnce(saved, { options, context, wiring, git, record });
  } catch (error) {
    await record.fail(error);
    throw error;
  }
}

async function applyOnce(saved: Plan | null, applying: Applying): Promise<ExitCode> {
  const { options, context, wiring, git, record } = applying;
  if (options.signers !== null) await assertSigned(options.signers, options, git);
  // A saved plan says itself what was verified; its steps are asked again one by one.
  const flags: PassFlags =
    saved === null ? options : { ...options, indexOnly: saved.indexOnly, verify: 'manifests' };
  const notes = await wiring.openNotes();
  const prepareShard = await openPreparer(flags, { git, context, wiring, notes });
  const prepared = await prepareShard(saved === null ? options.shard : saved.shard);
  if (saved !== null) await assertFresh(saved, prepared, { git, signal: context.signal });
  const allowed = await allowPlan(prepared, { flags: options, saved, context, wiring });
  const { plan } = allowed;
  const own = await carryOut(allowed, prepared, { options, context, wiring, git });
  const publishes = saved === null && isShareWithIndex(plan) && !own.interrupted;
  const indexes = publishes
    ? await publishIndexes(plan, prepareShard, { options, context, wiring, git })
    : null;
  const report = indexes === null ? judgeWaiting(own, plan) : joinReports(own, indexes);
  await record.end(prepared, report, allowed.listHolds());
  tell(report, plan, { options, context });
  return report.exitCode;
}

// A plan is approved as it is: the part that it says of itself is the part that is carried out.
function assertSameShard(saved: Plan, { shard, planFile }: ApplyOptions): void {
  if (shard === undefined || formatShard(shard) === (saved.shard && formatShard(saved.shard)))
    return;
  const what =
    saved.shard === undefined ? 'is a whole plan' : `is shard ${formatShard(saved.shard)}`;
  throw new ToolError(
    'CLI_USAGE',
    `--shard ${formatShard(shard)} does not fit ${planFile ?? ''}, which ${what}.`,
    { hint: 'Leave --shard out: a saved plan says itself what part it is.' },
  );
}

type ShardPlan = Plan & { readonly shard: PlanShard };

function isShareWithIndex(plan: Plan): plan is ShardPlan {
  return plan.shard !== undefined && plan.shard.part !== 'index' && plan.shard.index > 0;
}

/** The shard that ends last publishes what every shard has settled; null where others still run. */
async function publishIndexes(
  { mirror, shard: { of } }: ShardPlan,
  prepareShard: (shard: Shard) => Promise<PreparedPass>,
  { options, context, wiring, git }: ApplyContext,
): Promise<PassReport | null> {
  const shard: Shard = { part: 'index', of };
  const applier = await wiring.createApplier({ ...options, shard });
  const running = await applier.listShards({ mirror }, context.signal);
  if (running.length > 0) {
    const message = `The index is left to whoever ends last: ${running.join(', ')} still at work.`;
    context.progress.emit({ kind: 'warning', message, hint: null });
    return null;
  }
  const prepared = await prepareShard(shard);
  const allowed = await allowPlan(prepared, { flags: options, saved: null, context, wiring });
  return carryOut(allowed, prepared, { options, context, wiring, git });
}

async function assertSigned(
  signers: Signers,
  { workingTree }: Pick<ApplyOptions, 'workingTree'>,
  git: GitPort,
): Promise<void> {
  if (workingTree)
    throw new ToolError('CLI_USAGE', 'Files that are not committed are not signed.', {
      hint: 'Leave out --working-tree, or the options for signers.',
    });
  assertOutside(signers, git.folder);
  const { revision } = await git.openCommit('HEAD');
  await git.verifyCommit(revision, signers);
}

interface Applying extends ApplyContext {
  readonly record: Recorder;
}

interface ApplyContext {
  readonly options: ApplyOptions;
  readonly context: CommandContext;
  readonly wiring: Wiring;
  readonly git: GitPort;
}

async function carryOut(
  { plan, findHold }: AllowedPlan,
  prepared: PreparedPass,
  { options, context, wiring, git }: ApplyContext,
): Promise<PassReport> {
  context.progress.clear();
  if (plan.steps.length > 0 && options.format === 'text')
    context.console.say(
      exitCodeOfPlan(plan) === 2
        ? `Plan: ${countSteps(plan.steps)}.`
        : renderPlanText(plan, { verbose: context.console.verbose }),
    );
  const { shard } = plan;
  const applier = await wiring.createApplier({
    ...options,
    ...(shard === undefined ? {} : { shard }),
  });
  return runPass(prepared, plan, {
    git,
    applier,
    concurrency: options.concurrency,
    findAccess: wiring.findAccess,
    clock: systemClock,
    emit: context.progress.emit,
    signal: context.signal,
    ...(findHold === undefined ? {} : { findHold }),
  });
}

function tell(
  report: PassReport,
  plan: Plan,
  { options, context }: Pick<ApplyContext, 'options' | 'context'>,
): void {
  context.progress.clear();
  if (options.format === 'json') {
    context.console.result(formatJson(report));
    return;
  }
  context.console.result(renderReportText(report));
  if (plan.steps.length > 0 && report.interrupted)
    context.console.warn(
      'What is left is done by the next `olmirror apply`; nothing half-copied is visible.',
    );
}
