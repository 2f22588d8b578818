import type { Plan } from '../plan/types.ts';
import { readPlanFacts } from './page-facts.ts';
import { type MarkdownOptions, renderMarkdown } from './render-review-markdown.ts';

/** As `renderReviewMarkdown`, of a plan alone. */
export function renderPlanMarkdown(plan: Plan, options: MarkdownOptions = {}): string {
  return renderMarkdown(readPlanFacts(plan), options);
}
