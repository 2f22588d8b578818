import { formatJson } from '../../base/format-json.ts';
import { shortRevision } from '../../base/text.ts';
import type { GitPort, Snapshot } from '../../git/port.ts';
import { dayOf } from '../../manifest/day.ts';
import type { Review } from '../../plan/review-types.ts';
import { type ExitCode, exitCodeOfReview } from '../../plan/sum-outcomes.ts';
import { buildReview } from '../../reconcile/build-review.ts';
import { renderReviewHtml } from '../../report/render-review-html.ts';
import { renderReviewMarkdown } from '../../report/render-review-markdown.ts';
import { renderReviewText } from '../../report/render-review-text.ts';
import { boundMemory } from '../bound-memory.ts';
import type { CommandContext } from '../context.ts';
import type { Compared } from '../read-compared.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';
import { type PassFlags, type PlanOptions, type ShowOptions, savePlan, saySaved } from './plan.ts';

export interface PlanReviewOptions extends PlanOptions, Compared {}

/** Says what a change does, and changes nothing. */
export async function runPlanReview(
  options: PlanReviewOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const review = await reviewCommits(options, { git: await wiring.openGit(), context, wiring });
  context.progress.clear();
  const attachment = review.plan === null ? null : await savePlan(review.plan, options.out);
  const { verbose } = context.console;
  context.console.result(renderReview(review, { ...options, attachment, verbose }));
  saySaved(attachment === null ? null : options.out, context);
  return exitCodeOfReview(review);
}

export interface ReviewSurroundings {
  readonly git: GitPort;
  readonly context: CommandContext;
  readonly wiring: Wiring;
}

export type ReviewRequest = Compared & PassFlags;

/** What a commit changes against another, and, unless that is to be offline, what production would become by it. */
export async function reviewCommits(
  request: ReviewRequest,
  { git, context, wiring }: ReviewSurroundings,
): Promise<Review> {
  boundMemory();
  const { manifestFile, signal } = context;
  const to = request.workingTree
    ? await git.openWorkingTree()
    : await git.openCommit((await git.obtainRevision(request.to, signal)).revision);
  const from = await openBase(request.from, to, { git, context });
  const compared = await buildReview({
    from,
    to,
    manifestFile,
    today: dayOf(systemClock.now()),
  });
  if (request.offline) return { ...compared, plan: null };
  const preparePass = await wiring.createPreparer(git);
  const { indexOnly, rebuild, allowShrink, verify, shard } = request;
  const { plan } = await preparePass(to, {
    manifestFile,
    indexOnly,
    rebuild,
    verify,
    ...(allowShrink === undefined ? {} : { allowShrink }),
    ...(shard === undefined ? {} : { shard }),
    keepsBudget: false,
  });
  return { ...compared, plan };
}

// Reviewers want what the change itself does, not what came to the target branch meanwhile.
async function openBase(
  name: string,
  to: Snapshot,
  { git, context }: Omit<ReviewSurroundings, 'wiring'>,
): Promise<Snapshot> {
  const { revision, fetched } = await git.obtainRevision(name, context.signal);
  const head = to.revision === 'working-tree' ? await git.resolveRevision('HEAD') : to.revision;
  const base = head === null ? null : await git.findMergeBase(revision, head);
  if (base === null) {
    context.progress.emit({
      kind: 'warning',
      message: `Where the change left ${name} cannot be told${fetched ? ', as the history here is shallow' : ''}: it is compared with ${shortRevision(revision)} itself.`,
      hint: 'What came to it meanwhile would look as if the change took it away; fetch the whole history to have the merge base.',
    });
  } else if (base !== revision) {
    context.console.say(
      `Compared with ${shortRevision(base)}, where the change left ${name} (${shortRevision(revision)}).`,
    );
  }
  return git.openCommit(base ?? revision);
}

/** In the form that is asked for. */
export function renderReview(
  review: Review,
  { format, limit, attachment, verbose }: ShowOptions,
): string | Iterable<string> {
  switch (format) {
    case 'text':
      return renderReviewText(review, { verbose });
    case 'markdown':
      return renderReviewMarkdown(review, { attachment, ...(limit === null ? {} : { limit }) });
    case 'html':
      return renderReviewHtml(review, { attachment });
    case 'json':
      return formatJson(review);
  }
}
