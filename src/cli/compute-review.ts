import { ToolError } from '../base/tool-error.ts';
import { type ExitCode, exitCodeOfPlan, exitCodeOfReview } from '../plan/sum-outcomes.ts';
import type { Plan } from '../plan/types.ts';
import { readPlanFacts } from '../report/page-facts.ts';
import { formatPageVerdict } from '../report/page-verdict.ts';
import { formatReviewVerdict } from '../report/render-review-markdown.ts';
import { renderPlan, type ShowOptions } from './commands/plan.ts';
import { type ReviewSurroundings, renderReview, reviewCommits } from './commands/plan-review.ts';

/** What a run looks at. */
export interface ReviewedRange {
  /** Commit to compare with; null where nobody knows one: then there is a plan alone. */
  readonly from: string | null;
  readonly to: string;
  /** Ask no registry. */
  readonly offline: boolean;
}

export interface ComputedReview {
  /** One sentence. */
  readonly verdict: string;
  /** As of `plan`. */
  readonly exitCode: ExitCode;
  readonly render: (options: ShowOptions) => string | Iterable<string>;
}

/** What a commit changes, and what production would become by it. */
export async function computeReview(
  { from, to, offline }: ReviewedRange,
  surroundings: ReviewSurroundings,
): Promise<ComputedReview> {
  if (from !== null) {
    const flags = { workingTree: false, indexOnly: false, rebuild: false, verify: null };
    const review = await reviewCommits({ from, to, offline, ...flags }, surroundings);
    return {
      verdict: formatReviewVerdict(review),
      exitCode: exitCodeOfReview(review),
      render: (options) => renderReview(review, options),
    };
  }
  if (offline)
    throw new ToolError(
      'CLI_USAGE',
      '--offline compares two commits, and the one before is not known.',
      { hint: 'Name it by --from: the branch that the pull request is to be merged into.' },
    );
  const plan = await planCommit(to, surroundings);
  return {
    verdict: formatPageVerdict(readPlanFacts(plan)),
    exitCode: exitCodeOfPlan(plan),
    render: (options) => renderPlan(plan, options),
  };
}

async function planCommit(to: string, { git, context, wiring }: ReviewSurroundings): Promise<Plan> {
  const { manifestFile, signal } = context;
  const { revision } = await git.obtainRevision(to, signal);
  const preparePass = await wiring.createPreparer(git);
  const flags = { indexOnly: false, rebuild: false, verify: null, keepsBudget: false };
  return (await preparePass(await git.openCommit(revision), { manifestFile, ...flags })).plan;
}
