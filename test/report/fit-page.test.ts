import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { joinChecks } from '../../src/plan/join-checks.ts';
import type { ClusterUpgrade, Review } from '../../src/plan/review-types.ts';
import type { Check, PackagePlan, Plan } from '../../src/plan/types.ts';
import { CHECK_WORDS } from '../../src/report/check-words.ts';
import { SMALLEST_PAGE } from '../../src/report/page-limits.ts';
import { renderPlanMarkdown } from '../../src/report/render-plan-markdown.ts';
import { renderReviewMarkdown } from '../../src/report/render-review-markdown.ts';
import { dropCode } from './drop-code.ts';
import { reviewHuge } from './sample-huge.ts';
import { makeReview } from './sample-offers.ts';
import {
  EVIL,
  makeChannelPlan,
  makePackagePlan,
  planHostile,
  planManyCopies,
} from './sample-plans.ts';
import { PLANS } from './sample-reviews.ts';

const COMMENT = 32_768;
const ATTACHMENT = { name: 'plan.json', digest: `sha256:${'e'.repeat(64)}` };

/** That nothing was cut within a fence, a table, a fold or a character. */
function assertWhole(page: string): void {
  assert.ok(page.isWellFormed(), 'half of a character');
  const lines = page.split('\n');
  const fences = lines.filter((line) => line.startsWith('```'));
  assert.deepEqual(
    fences,
    fences.map((_, i) => (i % 2 === 0 ? '```diff' : '```')),
  );
  assert.equal(fences.length % 2, 0);
  assert.equal(countOf(lines, '<details>'), countOf(lines, '</details>'));
  for (const line of lines.filter((own) => own.startsWith('<summary>')))
    assert.match(line, /^<summary>[^<]*<\/summary>$/);
  assert.equal(page.split('<sub>').length, page.split('</sub>').length);
  assertTables(lines);
}

function countOf(lines: readonly string[], wanted: string): number {
  return lines.filter((line) => line === wanted).length;
}

function assertTables(lines: readonly string[]): void {
  let columns = 0;
  let isFenced = false;
  for (const line of lines) {
    if (line.startsWith('```')) isFenced = !isFenced;
    const bars: number =
      isFenced || !line.startsWith('|') ? 0 : (line.match(/(?<!\\)\|/g) ?? []).length;
    if (columns !== 0 && bars !== 0) assert.equal(bars, columns, line);
    columns = bars;
  }
}

function assertFits(page: string, limit: number): void {
  assert.ok(page.length <= limit, `${page.length} characters`);
  assert.ok(Buffer.byteLength(page) <= limit, `${Buffer.byteLength(page)} bytes`);
}

/** How many of a kind the table of checks counts, of whatever severity. */
function sumCounts(page: string, kind: Check['kind']): number {
  const { one, many } = CHECK_WORDS[kind];
  const [table = ''] = /^\| Check \|[^]*?\n\n/m.exec(page) ?? [];
  const counts = table.matchAll(new RegExp(`([\\d,]+) (?:${many}|${one})(?=[ ,])`, 'g'));
  return [...counts].reduce((sum, [, count = '0']) => sum + Number(count.replaceAll(',', '')), 0);
}

// Seen to fail: with a first page that is taken whatever its size, and with a count of checks that is always 1.
test('a review of 100,000 images fits a comment, every finding counted and the worst shown', () => {
  const review = reviewHuge(100_000);
  const page = renderReviewMarkdown(review, { limit: COMMENT, attachment: ATTACHMENT });
  assertFits(page, COMMENT);
  assertWhole(page);
  const lost = review.plan?.checks.filter(({ kind }) => kind === 'missing-source').length;
  assert.equal(lost, 4000);
  assert.equal(sumCounts(page, 'missing-source'), 4000);
  assert.match(page, /⛔ \*\*Refused: 4,000 images in neither registry\*\*/);
  assert.match(page, /image-0@sha256:b+` is neither in production nor in staging/);
  assert.match(
    page,
    /Upgrades that start by themselves once this is applied: 1,000, on 40 clusters/,
  );
  assert.match(page, /38 channels lose upgrade paths/);
  assert.match(page, /Left out here: \d{2,3},\d{3} of 100,000 steps/);
  assert.match(page, /The whole review: `plan\.json` \(`sha256:e{64}`\)/);
});

// Seen to fail: with 'details' before 'steps' in what is given up, and without the stop when taking back.
test('a page leaves out raw steps first, then what stays, then the details of operators', () => {
  const plan = planWide();
  const seen = new Set<string>();
  for (let limit = 61_440; limit >= SMALLEST_PAGE; limit -= 2500) {
    const page = renderPlanMarkdown(plan, { limit });
    assertFits(page, limit);
    const steps = page.match(/^\+ copy/gm)?.length ?? 0;
    const unchanged = page.match(/`quiet-\d+`/g)?.length ?? 0;
    const details = page.match(/^ {2}- 1 bundle in/gm)?.length ?? 0;
    if (unchanged < 40) assert.equal(steps, 0);
    if (details < 90) assert.equal(unchanged, 0);
    seen.add(`${steps > 0} ${unchanged > 0} ${details === 90}`);
  }
  assert.deepEqual([...seen], ['true true true', 'false false false']);
});

function planWide(): Plan {
  const { upgrade } = PLANS;
  const [catalog] = upgrade?.catalogs ?? [];
  assert.ok(catalog !== undefined);
  const packages = Array.from({ length: 90 }, (_, i) =>
    makePackagePlan({
      package: `operator-${i}`,
      channels: [makeChannelPlan({ channel: 'stable', old: `o-${i}.v1`, new: `o-${i}.v2` })],
      bundlesAdded: [
        `operator-${i}.v2.0.0-with-a-long-name-that-takes-some-room-of-the-page-${'x'.repeat(60)}`,
      ],
    }),
  );
  const quiet = Array.from({ length: 40 }, (_, i) => ({
    ...catalog,
    catalog: `quiet-${i}`,
    action: 'none' as const,
    packages: [],
  }));
  return { ...planManyCopies(400), catalogs: [{ ...catalog, packages }, ...quiet] };
}

const hostile = fc.oneof(
  fc.constant(EVIL),
  fc.constant('</details></summary>\n\n```\n|---|'),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom(
      ...'`\\|*_[]<>~#@&;1ax \n\t-'.split(''),
      '\u001b',
      '\u202e',
      '가',
      '😀',
      '\ud83d',
    ),
    maxLength: 60,
  }),
  fc.constantFrom(
    '가'.repeat(100_000),
    '😀'.repeat(50_000),
    '<b>'.repeat(30_000),
    ' '.repeat(100_000),
  ),
);

const names = fc.array(hostile, { maxLength: 10 });

const packagePlan: fc.Arbitrary<PackagePlan> = fc.record({
  package: hostile,
  change: fc.constantFrom('added', 'changed', 'removed'),
  defaultChannel: fc.option(fc.record({ before: hostile, after: hostile })),
  channels: fc.array(
    fc.record({
      channel: hostile,
      old: fc.option(hostile),
      new: fc.option(hostile),
      oldVersion: fc.option(hostile),
      newVersion: fc.option(hostile),
      pathsBroken: names,
      pathsOpened: names,
    }),
    { maxLength: 4 },
  ),
  bundlesAdded: names,
  bundlesRemoved: names,
  bundlesRereleased: names,
  deprecated: fc.array(fc.record({ subject: hostile, message: hostile }), { maxLength: 3 }),
  undeprecated: fc.array(fc.record({ subject: hostile, message: hostile }), { maxLength: 3 }),
});

const KINDS: readonly Check['kind'][] = ['closure', 'invalid', 'tag-would-move', 'missing-source'];

const check: fc.Arbitrary<Check> = fc.record({
  kind: fc.constantFrom(...KINDS),
  severity: fc.constantFrom('error', 'blocked', 'warning'),
  message: hostile,
  hint: fc.option(hostile),
  catalog: fc.constant(null),
  item: fc.constant(null),
  neededBy: fc.constant([]),
});

const upgrade: fc.Arbitrary<ClusterUpgrade> = fc.record({
  cluster: hostile,
  user: hostile,
  catalog: hostile,
  package: hostile,
  channel: hostile,
  from: hostile,
  to: fc.option(hostile),
  effect: fc.constantFrom('automatic', 'manual', 'stranded', 'opened'),
  seen: fc.option(hostile),
});

const review: fc.Arbitrary<Review> = fc
  .record({
    mirror: hostile,
    subject: hostile,
    catalogs: fc.array(
      fc.record({ catalog: hostile, packages: fc.array(packagePlan, { maxLength: 6 }) }),
      { maxLength: 4 },
    ),
    settings: names,
    images: names,
    upgrades: fc.array(upgrade, { maxLength: 15 }),
    checks: fc.array(check, { maxLength: 60 }),
    isOnline: fc.boolean(),
  })
  .map(({ subject, catalogs, images, isOnline, ...fields }) => {
    const base = makeReview();
    return {
      ...base,
      ...fields,
      to: { ...base.to, subject },
      images: { added: images, removed: images },
      catalogs: catalogs.map(({ catalog, packages }) => ({
        catalog,
        change: 'changed' as const,
        target: catalog,
        before: null,
        after: null,
        packages,
      })),
      plan: isOnline ? planHostile() : null,
    };
  });

// Seen to fail: with formatCode in cells, and with nothing behind @ and #.
test('whatever names it is given, a page fits, keeps its form, and counts every finding', () => {
  fc.assert(
    fc.property(review, fc.constantFrom(SMALLEST_PAGE, 20_000, COMMENT, 61_440), (own, limit) => {
      const page = renderReviewMarkdown(own, { limit, attachment: ATTACHMENT });
      assertFits(page, limit);
      assertWhole(page);
      assert.match(page, /^### olmirror: [^\n]+\n/);
      assert.doesNotMatch(page, /[^\P{Cc}\n]|\p{Bidi_Control}/u);
      const text = dropCode(page.replace(/^```diff$[^]*?^```$/gm, '')).replaceAll(
        '&#8203;',
        '\u200b',
      );
      assert.doesNotMatch(text, /(?<!\\)<(?!\/?(?:sub|details|summary|br)>)|(?<!\w)@\w|#\d/);
      for (const kind of KINDS) {
        const all = joinChecks(own).filter((entry) => entry.kind === kind).length;
        assert.equal(sumCounts(page, kind), all, kind);
      }
    }),
    { numRuns: 30 },
  );
});
