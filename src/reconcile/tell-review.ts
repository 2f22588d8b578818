import { isToolError, type ToolError } from '../base/tool-error.ts';
import type { CommitState, ForgePort } from '../forge/review-port.ts';
import { type ReviewText, renderReviewComment } from '../report/render-review-comment.ts';

/** Where a review is told of. */
export interface ReviewPlace {
  /** Null where there is no pull request to comment on. */
  readonly pull: number | null;
  /** Commit that gets the status: the newest of the pull request when the run began. */
  readonly revision: string;
  /** Tells this review from others of the same pull request: `olmirror/plan`. */
  readonly context: string;
  /** Page of the run; null for none. */
  readonly runUrl: string | null;
}

export interface ToldReview {
  readonly commentUrl: string | null;
  /** Newest commit of the pull request, where that is another one by now: its comment was left alone. */
  readonly movedOn: string | null;
  readonly troubles: readonly ToolError[];
}

export interface TellReviewDeps {
  readonly forge: Pick<ForgePort, 'readComment' | 'writeComment' | 'setStatus' | 'readPullRequest'>;
  readonly signal: AbortSignal;
}

/** Says at the forge that a review has begun. */
export async function beginReview(
  place: ReviewPlace,
  deps: TellReviewDeps,
): Promise<readonly ToolError[]> {
  const status = { state: 'pending', description: 'Planning', targetUrl: place.runUrl } as const;
  return collect(() => setStatus(place, status, deps));
}

/**
 * Writes the one comment of a review in place of what it said, and the status of the commit. What was reviewed is not
 * the newest any more: then the comment is left to whoever reviews that, and the status is set all the same.
 * Troubles of the forge are returned, not thrown; where it cannot be reached for the one, the other is not tried.
 */
export async function tellReview(
  place: ReviewPlace,
  review: ReviewText & { readonly state: CommitState },
  deps: TellReviewDeps,
): Promise<ToldReview> {
  let commentUrl: string | null = null;
  let movedOn: string | null = null;
  const { pull } = place;
  const first = await collect(async () => {
    if (pull === null) return;
    const newest = (await deps.forge.readPullRequest(pull, deps.signal)).headRevision;
    if (newest !== place.revision) movedOn = newest;
    else commentUrl = await writeComment({ ...place, pull }, review, deps);
  });
  if (first.some((error) => error.code === 'FORGE_UNREACHABLE'))
    return { commentUrl, movedOn, troubles: first };
  const targetUrl = commentUrl ?? place.runUrl;
  const status = { state: review.state, description: review.verdict, targetUrl };
  const second = await collect(() => setStatus(place, status, deps));
  return { commentUrl, movedOn, troubles: [...first, ...second] };
}

/** The marker by which the comment of a context is found again. */
function formatReviewMarker(context: string): string {
  return `<!-- olmirror:review ${context} -->`;
}

async function writeComment(
  place: ReviewPlace & { readonly pull: number },
  review: ReviewText,
  { forge, signal }: TellReviewDeps,
): Promise<string> {
  const marker = formatReviewMarker(place.context);
  const before = await forge.readComment(place.pull, marker, signal);
  const body = renderReviewComment(review, before?.body ?? null);
  return (await forge.writeComment(place.pull, { marker, body }, signal)).url;
}

function setStatus(
  { revision, context }: ReviewPlace,
  status: {
    readonly state: CommitState;
    readonly description: string;
    readonly targetUrl: string | null;
  },
  { forge, signal }: TellReviewDeps,
): Promise<void> {
  return forge.setStatus({ revision, context, ...status }, signal);
}

async function collect(tell: () => Promise<void>): Promise<readonly ToolError[]> {
  try {
    await tell();
    return [];
  } catch (error) {
    if (!isToolError(error)) throw error;
    return [error];
  }
}
