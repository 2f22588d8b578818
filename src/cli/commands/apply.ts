import { formatJson } from '../../base/format-json.ts';
import { readFile } from '../../files/read-file.ts';
import type { GitPort } from '../../git/port.ts';
import { parsePlan } from '../../plan/parse-plan.ts';
import type { PassReport } from '../../plan/report-types.ts';
import { type ExitCode, exitCodeOfPlan } from '../../plan/sum-outcomes.ts';
import type { Plan } from '../../plan/types.ts';
import type { PreparedPass } from '../../reconcile/prepare-pass.ts';
import { assertFresh, runPass } from '../../reconcile/run-pass.ts';
import { isSuspended } from '../../reconcile/suspend.ts';
import { countSteps, renderPlanText } from '../../report/render-plan-text.ts';
import { renderReportText } from '../../report/render-report-text.ts';
import { createRecorder, type Recorder } from '../apply-recorder.ts';
import type { CommandContext } from '../context.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';
import { type PassFlags, prepare } from './plan.ts';

export interface ApplyOptions extends PassFlags {
  /** A saved plan: exactly this, or a refusal. */
  readonly planFile: string | null;
  readonly concurrency: number;
  readonly copyTimeoutMilliseconds: number;
  readonly format: 'text' | 'json';
}

/** One pass, or exactly a saved plan. */
export async function runApply(
  options: ApplyOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const saved =
    options.planFile === null
      ? null
      : parsePlan(Buffer.from(await readFile(options.planFile)).toString(), options.planFile);
  const git = await wiring.openGit();
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
  // A saved plan says itself what was verified; its steps are asked again one by one.
  const flags: PassFlags =
    saved === null ? options : { ...options, indexOnly: saved.indexOnly, verify: 'manifests' };
  const prepared = await prepare(flags, {
    git,
    context,
    wiring,
    notes: await wiring.openNotes(),
  });
  if (saved !== null) await assertFresh(saved, prepared, context.signal);
  warnWhenSuspended(prepared, context);
  const report = await carryOut(saved ?? prepared.plan, prepared, { options, context, wiring });
  await record.end(prepared, report);
  tell(report, saved ?? prepared.plan, { options, context });
  return report.exitCode;
}

function warnWhenSuspended(prepared: PreparedPass, context: CommandContext): void {
  const { suspend } = prepared.state.manifest.reconcile;
  if (suspend === null || !isSuspended(suspend, systemClock)) return;
  const message = `The reconciler is suspended by ${suspend.by} (${suspend.reason}); this apply goes on, because a person asked for it.`;
  context.progress.emit({ kind: 'warning', message, hint: null });
}

interface Applying extends ApplyContext {
  readonly git: GitPort;
  readonly record: Recorder;
}

interface ApplyContext {
  readonly options: ApplyOptions;
  readonly context: CommandContext;
  readonly wiring: Wiring;
}

async function carryOut(
  plan: Plan,
  prepared: PreparedPass,
  { options, context, wiring }: ApplyContext,
): Promise<PassReport> {
  context.progress.clear();
  if (plan.steps.length > 0 && options.format === 'text')
    context.console.say(
      exitCodeOfPlan(plan) === 2
        ? `Plan: ${countSteps(plan.steps)}.`
        : renderPlanText(plan, { verbose: context.console.verbose }),
    );
  const applier = await wiring.createApplier(options.copyTimeoutMilliseconds);
  return runPass(prepared, plan, {
    applier,
    concurrency: options.concurrency,
    findAccess: wiring.findAccess,
    clock: systemClock,
    emit: context.progress.emit,
    signal: context.signal,
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
