import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTagExplainer } from '../../src/images/explain-tags.ts';
import { digestOfChar } from '../support/manifest.ts';

const [A, B, C] = [digestOfChar('a'), digestOfChar('b'), digestOfChar('c')];
const HEX = { a: 'a'.repeat(64), b: 'b'.repeat(64), c: 'c'.repeat(64) };

function explain(): ReturnType<typeof createTagExplainer> {
  return createTagExplainer({
    images: [
      { digest: A, tag: null, repository: both('v/app'), demandedTags: ['release'] },
      { digest: null, tag: 'v2', repository: both('v/tool'), demandedTags: [] },
    ],
    indexes: [{ repository: 'olm/idx', tag: 'v4.20' }],
  });
}

function both(name: string): { readonly production: string; readonly staging: string } {
  return { production: name, staging: `other/${name}` };
}

// Seen to fail with each rule left out.
test('a tag is explained by its name: asked for, of a wanted digest, or one that keeps an index', () => {
  const explainer = explain();
  assert.deepEqual(explainer.repositories, ['olm/idx', 'v/app', 'v/tool']);
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['v/app', 'release', true],
    ['v/app', 'v2', false],
    ['v/tool', 'v2', true],
    ['v/app', `sha256-${HEX.a}`, true],
    ['v/app', `olmirror-${HEX.a}`, true],
    ['v/app', `sha256-${HEX.a}.sig`, true],
    ['v/app', `sha256-${HEX.a}.other`, false],
    ['v/app', `sha256-${HEX.b}`, false],
    ['v/tool', `sha256-${HEX.a}`, false],
    ['olm/idx', 'v4.20', true],
    ['olm/idx', 'v4.20-0123456789ab', true],
    ['olm/idx', 'v4.20-0123456789', false],
    ['olm/idx', 'v4.19', false],
    ['olm/idx', `sha256-${HEX.b}`, false],
    ['nobody/knows', 'v2', false],
  ];
  for (const [repository, tag, expected] of cases)
    assert.equal(explainer.explainsTag(repository, tag), expected, `${repository}:${tag}`);
});

test('else by what it points at: wanted content, or an index that its never-moving tag names', () => {
  const explainer = explain();
  assert.equal(explainer.explainsContent('v/app', 'old', A), true);
  assert.equal(explainer.explainsContent('v/app', 'old', B), false);
  assert.equal(explainer.explainsContent('v/app', `sha256-${HEX.b}`, B), false);
  assert.equal(explainer.explainsContent('olm/idx', `sha256-${HEX.b}`, B), true);
  assert.equal(explainer.explainsContent('olm/idx', `sha256-${HEX.b}`, C), false);
  assert.equal(explainer.explainsContent('nobody/knows', 'v2', A), false);
});

test('what is learned of a repository explains there, and nowhere else', () => {
  const explainer = explain();
  explainer.add('v/app', [B]);
  assert.deepEqual(explainer.digestsOf('v/app'), [A, B]);
  assert.equal(explainer.explainsTag('v/app', `sha256-${HEX.b}.att`), true);
  assert.equal(explainer.explainsContent('v/app', 'old', B), true);
  assert.equal(explainer.explainsContent('v/tool', 'old', B), false);
});
