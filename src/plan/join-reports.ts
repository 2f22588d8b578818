import type { PassReport } from './report-types.ts';
import { sumOutcomes, worstOf } from './sum-outcomes.ts';
import type { Outcome, Plan } from './types.ts';

/**
 * Joins what a shard did with what publishing the indexes came to afterwards: one outcome for each item,
 * that of the index pass for what belongs to indexes.
 */
export function joinReports(shard: PassReport, indexes: PassReport): PassReport {
  const later = new Map(indexes.outcomes.map((outcome) => [outcome.item, outcome]));
  const outcomes = shard.outcomes.map((outcome) => {
    const found = isLeft(outcome) ? later.get(outcome.item) : undefined;
    return found ?? outcome;
  });
  return {
    ...shard,
    finished: indexes.finished,
    outcomes,
    sums: sumOutcomes(outcomes, shard.sums.wanted),
    steps: {
      planned: shard.steps.planned + indexes.steps.planned,
      done: shard.steps.done + indexes.steps.done,
    },
    bytes: shard.bytes + indexes.bytes,
    requests: shard.requests + indexes.requests,
    ...(indexes.budgets === undefined ? {} : { budgets: indexes.budgets }),
    interrupted: indexes.interrupted,
    exitCode: worstOf(shard.exitCode, indexes.exitCode),
  };
}

/** Who asked for the indexes alone did not get them where one waits for a shard. */
export function judgeWaiting(report: PassReport, { shard }: Pick<Plan, 'shard'>): PassReport {
  const waits = report.outcomes.some((outcome) => outcome.type === 'index' && isLeft(outcome));
  if (shard?.part !== 'index' || !waits) return report;
  return { ...report, exitCode: worstOf(report.exitCode, 1) };
}

function isLeft({ code }: Outcome): boolean {
  return code === 'PLAN_OTHER_SHARD';
}
