import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderPlanMarkdown } from '../../src/report/render-plan-markdown.ts';
import { renderReviewMarkdown } from '../../src/report/render-review-markdown.ts';
import { assertGolden } from './golden.ts';
import { PLANS, REVIEWS } from './sample-reviews.ts';

for (const [name, plan] of Object.entries(PLANS)) {
  test(`renderPlanMarkdown says of a plan with ${name} what the golden file does`, () => {
    assertGolden(`page-${name}.md`, renderPlanMarkdown(plan));
  });
}

for (const [name, review] of Object.entries(REVIEWS)) {
  test(`renderReviewMarkdown says of a review that is ${name} what the golden file does`, () => {
    assertGolden(`page-review-${name}.md`, renderReviewMarkdown(review));
  });
}

// Seen to fail: with no upgrades taken for no in-use.yaml, a comparison offline said that it was missing, though it was there.
test('a review tells that no cluster upgrades from that nobody knows', () => {
  const { offline } = REVIEWS;
  assert.ok(offline);
  const known = renderReviewMarkdown({ ...offline, upgrades: [] });
  assert.match(known, /Nothing, going by `in-use\.yaml`/);
  assert.doesNotMatch(known, /in-use\.yaml`? is missing/);
  const unknown = renderReviewMarkdown({ ...offline, upgrades: null });
  assert.match(unknown, /Not known: `in-use\.yaml` is missing, or cannot be read/);
});
