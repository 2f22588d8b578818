import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addAttributes } from '../../src/manifest/git-attributes.ts';

const OURS = /^catalogs\/\*\* text eol=lf linguist-generated gitlab-generated$/m;

test('addAttributes begins a file, and adds nothing to one that it wrote', () => {
  const text = addAttributes(null, ['catalogs/idx']);
  assert.ok(text !== null);
  assert.match(text, OURS);
  assert.match(text, /^HANDOVER\.md text eol=lf$/m);
  assert.equal(addAttributes(text, ['catalogs/idx']), null);
});

test('addAttributes leaves what is there, and paths that it names, as they are', () => {
  for (const before of ['* text=auto', '* text=auto\n', '# ours\r\n*.png binary\r\n']) {
    const text = addAttributes(before, []) ?? '';
    assert.ok(text.startsWith(before), text);
    assert.match(text, OURS);
  }
  for (const before of ['catalogs/** -text\n', '  /catalogs/**   -text\n'])
    assert.doesNotMatch(addAttributes(before, []) ?? '', OURS);
});

test('addAttributes names catalogs that lie elsewhere, in quotes where git needs them', () => {
  const text = addAttributes(null, ['fbc/my index', 'catalogs/idx', 'fbc/other']) ?? '';
  assert.match(text, /^"fbc\/my index\/\*\*" text eol=lf linguist/m);
  assert.match(text, /^fbc\/other\/\*\* text eol=lf linguist/m);
  assert.equal(text.match(/linguist-generated gitlab/g)?.length, 3);
  assert.equal(addAttributes(text, ['fbc/my index', 'fbc/other']), null);
});
