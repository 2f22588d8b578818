import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../../src/plan/types.ts';
import { renderPlanMarkdown } from '../../src/report/render-plan-markdown.ts';
import { renderPlanText } from '../../src/report/render-plan-text.ts';
import { dropCode } from './drop-code.ts';
import { assertGolden } from './golden.ts';
import {
  planDelivery,
  planHostile,
  planManyCopies,
  planNothing,
  planTrouble,
} from './sample-plans.ts';

const PLANS: Readonly<Record<string, Plan>> = {
  delivery: planDelivery(),
  trouble: planTrouble(),
  nothing: planNothing(),
  hostile: planHostile(),
};

for (const [name, plan] of Object.entries(PLANS)) {
  test(`renderPlanText shows a plan of ${name} as the golden file does`, () => {
    assertGolden(`plan-${name}.txt`, renderPlanText(plan, { verbose: false }));
  });
  test(`renderPlanMarkdown shows a plan of ${name} as the golden file does`, () => {
    assertGolden(`plan-${name}.md`, renderPlanMarkdown(plan));
  });
}

test('renderPlanText cuts a long list of copies, and lists it whole when it is to be verbose', () => {
  const plan = planManyCopies(30);
  const cut = renderPlanText(plan, { verbose: false });
  assert.match(cut, /… and 18 more images to copy \(--verbose lists them\)/);
  assert.equal(cut.match(/\+ copy/g)?.length, 12);
  assert.equal(renderPlanText(plan, { verbose: true }).match(/\+ copy/g)?.length, 30);
});

test('renderPlanMarkdown stays within what a forge takes as a comment', () => {
  const page = renderPlanMarkdown(planManyCopies(3000));
  assert.match(page, /… and 2,850 more/);
  assert.ok(page.length < 65_536, `${page.length}`);
});

// Seen to fail: with formatCode in place of formatCellCode, and with escapeMarkdown leaving @ alone.
test('renderPlanMarkdown keeps hostile names inside their cells, lists and fences', () => {
  const lines = renderPlanMarkdown(planHostile()).split('\n');
  const rows = lines.filter((line) => line.startsWith('|'));
  const wide = rows.filter((row) => row.match(/(?<!\\)\|/g)?.length === 5);
  const narrow = rows.filter((row) => row.match(/(?<!\\)\|/g)?.length === 3);
  // Operators and indexes have four columns, checks have two.
  assert.deepEqual([wide.length, narrow.length], [7, 9]);
  assert.equal(rows.length, 16);
  const fences = lines.filter((line) => /^ {0,3}```/.test(line));
  assert.deepEqual(fences, ['```diff', '```']);
  const text = lines.slice(0, lines.indexOf('```diff')).join('\n');
  assert.doesNotMatch(dropCode(text), /@everyone|#12|(?<!\\)<img|(?<!\\)\[l/);
});

test('no report lets a name write to the terminal, or break its line', () => {
  const text = renderPlanText(planHostile(), { verbose: true });
  assert.doesNotMatch(text, /[^\P{Cc}\n]|\u202e/u);
  assert.match(text, /\\u001b\[2J\\u202eabc/);
  assert.doesNotMatch(text, /^\| a \|/m);
});
