import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitMarkdown } from '../../src/report/fit-markdown.ts';
import { renderFailureMarkdown } from '../../src/report/render-failure-markdown.ts';
import { type ReviewText, renderReviewComment } from '../../src/report/render-review-comment.ts';

const COMMENT_LIMIT = 32_768;

function makeText(letter: string, markdown = `### Plan ${letter}\n\nbody ${letter}\n`): ReviewText {
  return {
    revision: letter.repeat(40),
    verdict: `Plan ${letter}: <b> -- & 1%.`,
    render: (limit) => fitMarkdown(markdown, limit, 'cut'),
  };
}

test('renderReviewComment keeps what it said of other commits, newest first, and replaces what it said of the same', () => {
  const first = renderReviewComment(makeText('a'), null);
  assert.match(first, /^<!-- olmirror:plan a{40} \S+ -->\n### Plan a\n\nbody a\n$/);
  const second = renderReviewComment(makeText('b'), first);
  const third = renderReviewComment(makeText('c'), second);
  assert.match(
    third,
    /^<!-- olmirror:plan c{40} [^]*body c\n[^]*Earlier plans \(2\)[^]*body b[^]*body a/,
  );
  assert.ok(third.includes('<code>bbbbbbbbbbbb</code> Plan b: &lt;b&gt; -- &amp; 1%.</summary>'));
  const again = renderReviewComment(makeText('c', 'anew'), third);
  assert.match(again, /anew\n[^]*Earlier plans \(2\)/);
  assert.doesNotMatch(again, /body c/);
  assert.equal(again.match(/<details>/g)?.length, again.match(/<\/details>/g)?.length);
  // A commit that was told of before comes back, as after a forced push.
  const back = renderReviewComment(makeText('a'), third);
  assert.match(back, /^<!-- olmirror:plan a{40}[^]*Earlier plans \(2\)[^]*body c[^]*body b/);
  assert.equal(back.match(/body a/g)?.length, 1);
});

// Guards against: with the limit left out the comment grew by every push until the forge refused it.
test('renderReviewComment stays within the limit however often it is written, and says what it no longer holds', () => {
  let comment: string | null = null;
  const long = `### Plan\n\n${'- a line of a plan\n'.repeat(600)}`;
  for (const letter of '0123456789abcdef') {
    comment = renderReviewComment(makeText(letter, `${long}${letter}`), comment);
    assert.ok(comment.length <= COMMENT_LIMIT, `${comment.length}`);
  }
  assert.match(comment ?? '', /Earlier plans \(15; 14 too long ago to be kept here\)/);
  const [whole = ''] = (comment ?? '').split('<!-- olmirror:earlier');
  assert.ok(whole.includes(`${long}f`), 'the newest is whole');
  const huge = renderReviewComment(makeText('e', 'x\n'.repeat(1e5)), comment);
  assert.ok(huge.length <= COMMENT_LIMIT);
  // `e` was told of before, so that it is no earlier plan now.
  assert.match(huge.slice(-200), /cut\n[^]*Earlier plans \(15; 15 too long ago/);
});

test('renderReviewComment takes a plan that has folds of its own, and a comment that a person wrote into', () => {
  const folded =
    '### P\n\n<details>\n<summary>4 steps</summary>\n\n```diff\n+ x\n```\n\n</details>';
  const second = renderReviewComment(
    makeText('b'),
    renderReviewComment(makeText('a', folded), null),
  );
  const third = renderReviewComment(makeText('c'), second);
  for (const text of [second, third]) assert.ok(text.includes(`${folded}\n\n</details>`), text);
  const odd = renderReviewComment(makeText('b'), 'something else\n<!-- olmirror:plan zz %E0 -->');
  assert.doesNotMatch(odd, /Earlier/);
  const broken = renderReviewComment(
    makeText('b'),
    `<!-- olmirror:plan ${'a'.repeat(40)} %E0% -->\nold`,
  );
  assert.match(broken, /Earlier plans \(1\)[^]*old/);
});

test('fitMarkdown closes what it cuts open, and leaves what fits', () => {
  assert.equal(fitMarkdown('short\n', 100, 'note'), 'short\n');
  const lines = Array.from({ length: 100 }, (_, i) => `+ line ${i} </details>`);
  const text = [
    '<details>',
    '<summary>s</summary>',
    '',
    '```diff',
    ...lines,
    '```',
    '</details>',
  ].join('\n');
  for (let limit = 60; limit < 400; limit += 1) {
    const cut = fitMarkdown(text, limit, 'note');
    assert.ok(cut.length <= limit, `${limit}: ${cut.length}`);
    assert.ok(cut.endsWith('\nnote'));
    const fences = cut.match(/^```/gm)?.length ?? 0;
    assert.equal(fences % 2, 0, cut);
    assert.equal(cut.includes('<details>'), /^<\/details>$/m.test(cut), cut);
  }
});

test('renderFailureMarkdown shows message and hint as text', () => {
  const markdown = renderFailureMarkdown({ message: 'No <b>_x_.', hint: 'Run `git fetch`.' });
  assert.equal(
    markdown,
    '### olmirror: no plan could be made\n\n**Error**: No \\<b\\>\\_x\\_.\n\nHint: Run `git fetch`.\n',
  );
});
