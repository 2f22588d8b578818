import { FULL_ID } from '../../base/object-id.ts';
import { isToolError, ToolError } from '../../base/tool-error.ts';
import type { CommitState, ForgeAccess } from '../../forge/review-port.ts';
import type { GitPort } from '../../git/port.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import {
  beginReview,
  type ReviewPlace,
  type TellReviewDeps,
  tellReview,
} from '../../reconcile/tell-review.ts';
import { fitMarkdown } from '../../report/fit-markdown.ts';
import type { Attachment } from '../../report/page-types.ts';
import { renderFailureMarkdown } from '../../report/render-failure-markdown.ts';
import type { ReviewText } from '../../report/render-review-comment.ts';
import { type ComputedReview, computeReview, type ReviewedRange } from '../compute-review.ts';
import type { CommandContext } from '../context.ts';
import { exitCodeOf } from '../exit-code.ts';
import { type ForgeChoice, findForge } from '../find-review.ts';
import { saveAttachment } from '../save-attachment.ts';
import type { Wiring } from '../wire.ts';
import type { PlanOptions } from './plan.ts';

export interface ReviewOptions {
  readonly choice: ForgeChoice;
  readonly access: ForgeAccess;
  /** Null for what the CI says. */
  readonly from: string | null;
  readonly to: string | null;
  readonly offline: boolean;
  readonly pull: string | null;
  readonly context: string;
  /** File for the whole review. */
  readonly attach: string | null;
  readonly format: PlanOptions['format'];
}

/** Plans a commit and tells its pull request; prints the plan whatever the forge says. */
export async function runReview(
  options: ReviewOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const git = await wiring.openGit();
  const { place, repository, range } = await findPlace(options, git);
  const forge = await wiring.openForge(repository, options.access);
  const deps = { forge, signal: context.signal };
  const begun = await beginReview(place, deps);
  const { format, attach } = options;
  const show = { limit: null, attachment: null, verbose: context.console.verbose };
  let computed: ComputedReview;
  let attachment: Attachment | null = null;
  try {
    computed = await computeReview(range, { git, context, wiring });
    context.progress.clear();
    context.console.result(computed.render({ ...show, format }));
    if (attach !== null) attachment = await saveAttachment(attach, renderFile(computed, attach));
  } catch (error) {
    await tellFailure(error, { place, deps, context, begun });
    throw error;
  }
  const review: ReviewText = {
    revision: place.revision,
    verdict: computed.verdict,
    render: (limit) =>
      joinPieces(computed.render({ ...show, format: 'markdown', limit, attachment })),
  };
  const telling = { place, deps, context, begun };
  const isTold = await tell({ ...review, state: stateOf(computed.exitCode) }, telling);
  // Changes are what a review is for.
  const code = computed.exitCode === 2 ? 0 : computed.exitCode;
  return isTold ? code : 1;
}

interface FoundPlace {
  readonly place: ReviewPlace;
  readonly repository: Awaited<ReturnType<typeof findForge>>['repository'];
  readonly range: ReviewedRange;
}

async function findPlace(options: ReviewOptions, git: GitPort): Promise<FoundPlace> {
  const { repository, ci } = await findForge(options.choice, git);
  if (!/^[\w./-]{1,100}$/.test(options.context))
    throw new ToolError('CLI_USAGE', `"${options.context}" cannot be the name of a status.`, {
      hint: 'Letters, digits and _ . / - make it up, 100 of them at most.',
    });
  const to = options.to ?? ci.head ?? 'HEAD';
  // What the CI names gets its status even where the clone lacks it.
  const revision = FULL_ID.test(to) ? to : await git.resolveRevision(to);
  if (revision === null)
    throw new ToolError('GIT_UNKNOWN_REVISION', `There is no commit ${to} in this clone.`, {
      hint: 'Name a commit, a branch or a tag that `git rev-parse` knows.',
    });
  const pull = options.pull === null ? ci.pull : readPull(options.pull);
  const place = { pull, revision, context: options.context, runUrl: ci.runUrl };
  const range = { from: options.from ?? ci.base, to: revision, offline: options.offline };
  return { place, repository, range };
}

function readPull(text: string): number {
  const number = Number(text.replace(/^[#!]/, ''));
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new ToolError('CLI_USAGE', `--pull ${text} is not the number of a pull request.`);
}

function renderFile(computed: ComputedReview, file: string): string {
  const format = FILE_FORMATS.find((name) => file.endsWith(`.${name}`)) ?? 'markdown';
  return joinPieces(computed.render({ format, limit: null, attachment: null, verbose: true }));
}

const FILE_FORMATS = ['html', 'json'] as const;

function joinPieces(text: string | Iterable<string>): string {
  return typeof text === 'string' ? text : Array.from(text).join('');
}

function stateOf(code: ExitCode): CommitState {
  if (code === 4) return 'failure';
  return code === 0 || code === 2 ? 'success' : 'error';
}

interface Telling {
  readonly place: ReviewPlace;
  readonly deps: TellReviewDeps;
  readonly context: CommandContext;
  /** What went wrong when the pending status was set. */
  readonly begun: readonly ToolError[];
}

const FAREWELL_MILLISECONDS = 10_000;

/** A status that stays pending would say that somebody still works on it. */
async function tellFailure(error: unknown, telling: Telling): Promise<void> {
  const { place, deps } = telling;
  const failure = isToolError(error)
    ? error
    : new ToolError('APPLY_INTERRUPTED', 'The review did not come to its end.', {
        hint: 'The log of the run says why.',
      });
  const signal = deps.signal.aborted ? AbortSignal.timeout(FAREWELL_MILLISECONDS) : deps.signal;
  const review: ReviewText = {
    revision: place.revision,
    verdict: failure.message,
    render: (limit) => fitMarkdown(renderFailureMarkdown(failure), limit, '…'),
  };
  const state = stateOf(exitCodeOf(error));
  try {
    await tell({ ...review, state }, { ...telling, deps: { ...deps, signal } });
  } catch {
    // It must not stand in the place of what went wrong; a status that stays pending is all that is left of it.
    telling.context.console.warn('The forge could not be told of it in time.');
  }
}

/** False where something could not be told; says what. */
async function tell(
  review: ReviewText & { readonly state: CommitState },
  { place, deps, context, begun }: Telling,
): Promise<boolean> {
  const { console } = context;
  const cannotReach = begun.some((error) => error.code === 'FORGE_UNREACHABLE');
  const { commentUrl, movedOn, troubles } = cannotReach
    ? { commentUrl: null, movedOn: null, troubles: begun }
    : await tellReview(place, review, deps);
  if (movedOn !== null)
    console.say(
      `The pull request has moved on to ${movedOn.slice(0, 12)}; its comment is left to the run of that.`,
    );
  if (commentUrl !== null) console.say(`Comment: ${commentUrl}`);
  // A status that could not be begun but could be ended is none that anybody misses.
  for (const { message, hint } of troubles)
    console.warn(hint === undefined ? message : `${message}\nHint: ${hint}`);
  if (troubles.length > 0)
    console.warn('The review above stands; the forge could not be told of it.');
  return troubles.length === 0;
}
