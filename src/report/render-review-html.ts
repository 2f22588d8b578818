import type { Review } from '../plan/review-types.ts';
import type { Plan } from '../plan/types.ts';
import { buildPage } from './build-page.ts';
import { type PageFacts, readPlanFacts, readReviewFacts } from './page-facts.ts';
import { MAIL } from './page-limits.ts';
import type { Attachment } from './page-types.ts';
import { renderPageHtml } from './render-page-html.ts';

export interface HtmlOptions {
  /** Where all of it is; null or left out for nowhere. */
  readonly attachment?: Attachment | null;
}

/** What changes between two commits as one file for mail and browser; it needs no network and no script. */
export function renderReviewHtml(review: Review, options: HtmlOptions = {}): string {
  return renderHtml(readReviewFacts(review), options);
}

/** As `renderReviewHtml`, of a plan alone. */
export function renderPlanHtml(plan: Plan, options: HtmlOptions = {}): string {
  return renderHtml(readPlanFacts(plan), options);
}

function renderHtml(facts: PageFacts, { attachment = null }: HtmlOptions): string {
  return renderPageHtml(buildPage(facts, MAIL, attachment));
}
