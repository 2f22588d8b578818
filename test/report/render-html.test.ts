import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatHtml, html } from '../../src/report/html-template.ts';
import { renderPlanHtml, renderReviewHtml } from '../../src/report/render-review-html.ts';
import { reviewHuge } from './sample-huge.ts';
import { makeReview } from './sample-offers.ts';
import { EVIL, planHostile } from './sample-plans.ts';
import { PLANS, REVIEWS } from './sample-reviews.ts';

const TAGS =
  /^<(?:!doctype html|\/?(?:html|head|title|style|body|header|main|footer|section|h[123]|p|ul|li|table|thead|tbody|tr|th|td|span|strong|code|bdi|b|details|summary|pre)(?: [a-z-]+="[^"<>]*")*|meta(?: [a-z-]+="[^"<>]*")+)>/;

// Seen to fail: without the quote in escapeHtml.
test('html lets no text out of the place where it stands', () => {
  const text = fc.oneof(
    fc.constantFrom(
      EVIL,
      '"><script>alert(1)</script>',
      "' onload='x",
      '</style><img src=x>',
      '&lt;',
    ),
    fc.string({ unit: 'binary', maxLength: 40 }),
  );
  fc.assert(
    fc.property(text, (own) => {
      const page = formatHtml(html`<p title="${own}">${own}${[html`<b>${own}</b>`]}</p>`);
      assert.match(page, /^<p title="[^"<>]*">[^<>]*<b>[^<>]*<\/b><\/p>$/);
      assert.doesNotMatch(page, /[\p{Cc}\p{Bidi_Control}\p{Cs}]/u);
    }),
  );
  assert.equal(formatHtml(html`${'a & <b>'} ${3}`), 'a &amp; &lt;b&gt; 3');
});

test('a page of HTML is one file: it names nothing that would be fetched, and has no script', () => {
  const pages = [
    ...Object.values(PLANS).map((plan) => renderPlanHtml(plan)),
    ...Object.values(REVIEWS).map((review) => renderReviewHtml(review)),
    renderPlanHtml(planHostile()),
  ];
  for (const page of pages) {
    assert.match(page, /^<!doctype html>\n<html lang="en" dir="ltr">/);
    assert.match(
      page,
      /<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;;/,
    );
    for (const [tag] of page.replace(/<style>[^]*?<\/style>/, '').matchAll(/<[^>]*>?/g))
      assert.match(tag, TAGS);
    assert.doesNotMatch(page, /url\(|@import|\bhref=|\bsrc=(?!x)|javascript:/);
  }
});

test('a page of HTML says what the page of Markdown says, and shows hostile names as text', () => {
  const page = renderPlanHtml(planHostile());
  assert.match(page, /&lt;img src=x&gt;/);
  assert.match(page, /\\u001b\[2J\\u202eabc &amp;lt;/);
  const { automatic } = PLANS;
  assert.ok(automatic !== undefined);
  const text = renderPlanHtml(automatic).replace(/<[^>]*>/g, ' ');
  assert.match(text, /2 upgrades start by themselves; 2 operators updated/);
  assert.match(text, /prod-seoul +quay-enterprise/);
  assert.match(text, /Upgrades that wait for approval in the cluster: 1, on 1 cluster/);
});

test('a page of HTML isolates letters that are written from right to left', () => {
  const review = makeReview({ settings: ['metadata.name: מראה → mirror'] });
  assert.match(renderReviewHtml(review), /<bdi>metadata\.name: מראה → mirror<\/bdi>/);
});

test('a page of HTML of 100,000 images stays small enough for a mail, and counts the rest', () => {
  const attachment = { name: 'review.json', digest: `sha256:${'e'.repeat(64)}` };
  const page = renderReviewHtml(reviewHuge(100_000), { attachment });
  assert.ok(page.length < 2_000_000, `${page.length}`);
  assert.match(page, /Left out here: 98,000 of 100,000 steps/);
  assert.match(page, /4,000 images in neither registry/);
});
