import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiffDocument } from '../../src/report/build-diff-document.ts';
import { renderDiffMarkdown } from '../../src/report/render-diff-markdown.ts';
import { renderDiffText } from '../../src/report/render-diff-text.ts';
import { type SamplePackage, sampleCatalog } from '../catalog/sample-catalog.ts';
import { assertGolden } from './golden.ts';
import { compare, diffDelivery, diffHostile, diffMigrated, diffNothing } from './sample-diffs.ts';
import { EVIL } from './sample-plans.ts';

const DIFFS: Readonly<Record<string, DiffDocument>> = {
  delivery: diffDelivery(),
  nothing: diffNothing(),
  hostile: diffHostile(),
  migrated: diffMigrated(),
};
for (const [name, document] of Object.entries(DIFFS)) {
  test(`renderDiffText shows a diff of ${name} as the golden file does`, () => {
    assertGolden(`diff-${name}.txt`, renderDiffText(document, { verbose: false }));
  });

  test(`renderDiffMarkdown shows a diff of ${name} as the golden file does`, () => {
    assertGolden(`diff-${name}.md`, renderDiffMarkdown(document));
  });
}

test('renderDiffText cuts long lists, and with verbose names everything', () => {
  const [short, long] = [false, true].map((verbose) => renderDiffText(diffDelivery(), { verbose }));
  assert.match(short ?? '', /… and \d+ more \(-v names all\)/);
  assert.doesNotMatch(long ?? '', /more \(-v/);
  for (let i = 0; i < 30; i += 1)
    assert.ok(long?.includes(`registry.example.com/fresh/operator:0.${i}.0\n`));
});

test('a diff keeps a hostile name in its line, and shows no control character', () => {
  const texts = [
    renderDiffText(diffHostile(), { verbose: true }),
    renderDiffMarkdown(diffHostile()),
  ];
  for (const text of texts) {
    assert.doesNotMatch(text, /[^\P{Cc}\n]|\p{Bidi_Control}/u);
    assert.doesNotMatch(text, /^```|^\| a \|/m);
  }
  assert.ok(JSON.parse(JSON.stringify(diffHostile())).packages[0].package === EVIL);
});

test('renderDiffMarkdown fits into a comment, however much differs', () => {
  const many = Array.from({ length: 300 }, (_, i): SamplePackage => {
    const name = `some-operator-with-a-rather-long-name-${i}`;
    return {
      name,
      channels: {
        stable: Array.from({ length: 12 }, (__, j) => ({
          name: `${name}.v1.${j}.0`,
          ...(j === 0 ? {} : { replaces: `${name}.v1.${j - 1}.0` }),
        })),
        fast: [{ name: `${name}.v1.11.0` }],
      },
    };
  });
  const broken = many.map((pkg) => ({ ...pkg, channels: { stable: pkg.channels['fast'] ?? [] } }));
  const forward = renderDiffMarkdown(compare(sampleCatalog(...broken), sampleCatalog(...many)));
  const back = renderDiffMarkdown(compare(sampleCatalog(...many), sampleCatalog(...broken)));
  assert.match(back, /Broken upgrade path/);
  for (const page of [forward, back]) assert.ok(page.length < 65_536, `${page.length} characters`);
});
