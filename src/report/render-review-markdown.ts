import type { Review } from '../plan/review-types.ts';
import { buildPage } from './build-page.ts';
import { type PageFacts, readReviewFacts } from './page-facts.ts';
import { FORGE_PAGE, fitPage } from './page-limits.ts';
import type { Attachment } from './page-types.ts';
import { formatPageVerdict } from './page-verdict.ts';
import { renderPageMarkdown } from './render-page-markdown.ts';

export interface MarkdownOptions {
  /**
   * Characters and bytes that the page has at most, `SMALLEST_PAGE` at least; by default what GitHub and Gitea take,
   * with room for a marker.
   */
  readonly limit?: number;
  /** Where all of it is; null or left out for nowhere. */
  readonly attachment?: Attachment | null;
}

/**
 * What changes between two commits as a comment for a pull request: the verdict, what upgrades by itself, what needs a
 * person, what users of OperatorHub get; what is long is folded, and what does not fit is counted. No change is one line.
 */
export function renderReviewMarkdown(review: Review, options: MarkdownOptions = {}): string {
  return renderMarkdown(readReviewFacts(review), options);
}

/** The first line of the page: for a commit's status, or the subject of a mail. */
export function formatReviewVerdict(review: Review): string {
  return formatPageVerdict(readReviewFacts(review));
}

export function renderMarkdown(
  facts: PageFacts,
  { limit = FORGE_PAGE, attachment = null }: MarkdownOptions,
): string {
  return fitPage(
    (limits) => renderPageMarkdown(buildPage(facts, limits, attachment)),
    (text) => Buffer.byteLength(text) <= limit,
  );
}
