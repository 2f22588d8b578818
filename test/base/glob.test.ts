import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGlob, findGlobBase, isGlob, splitGlobs } from '../../src/base/glob.ts';

test('compileGlob matches as shells do', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['sites/*/mirror.yaml', 'sites/a/mirror.yaml', true],
    ['sites/*/mirror.yaml', 'sites/a/b/mirror.yaml', false],
    ['sites/*/mirror.yaml', 'sites/mirror.yaml', false],
    ['sites/*/mirror.yaml', 'sites/.a/mirror.yaml', false],
    ['sites/*/mirror.yaml', 'x/sites/a/mirror.yaml', false],
    ['sites/*/mirror.yaml', 'sites/a/mirrorXyaml', false],
    ['**/mirror.yaml', 'mirror.yaml', true],
    ['**/mirror.yaml', 'a/b/mirror.yaml', true],
    ['**/mirror.yaml', 'a/.git/mirror.yaml', false],
    ['sites/**', 'sites/a/b.yaml', true],
    ['sites/**', 'sites', false],
    ['mirror-?.yaml', 'mirror-a.yaml', true],
    ['mirror-?.yaml', 'mirror-ab.yaml', false],
    ['mirror-[ab].yaml', 'mirror-b.yaml', true],
    ['mirror-[!ab].yaml', 'mirror-b.yaml', false],
    ['mirror-[!ab].yaml', 'mirror-c.yaml', true],
    ['mirror-[a-c].yaml', 'mirror-b.yaml', true],
    ['{prod,test}/mirror.yaml', 'test/mirror.yaml', true],
    ['{prod,test}/mirror.yaml', 'dev/mirror.yaml', false],
    ['{a,{b,c}}.yaml', 'c.yaml', true],
    ['a+(b).yaml', 'a+(b).yaml', true],
    ['a[.yaml', 'a[.yaml', true],
    ['x/*.yaml', 'x/new\nline.yaml', true],
    ['*', '.hidden', false],
    ['.*', '.hidden', true],
  ];
  for (const [pattern, path, wanted] of cases)
    assert.equal(compileGlob(pattern)(path), wanted, `${pattern} and ${path}`);
});

test('findGlobBase gives the folder that holds all matches', () => {
  assert.deepEqual(
    [
      'sites/*/mirror.yaml',
      '*.yaml',
      '/srv/x/{a,b}/m.yaml',
      '/*.yaml',
      'a/mirror.yaml',
      'mirror.yaml',
      '../b/*.yaml',
    ].map(findGlobBase),
    ['sites', '.', '/srv/x', '/', 'a', '.', '../b'],
  );
});

test('splitGlobs parts a list at commas outside of braces', () => {
  assert.deepEqual(splitGlobs('a.yaml,b/{c,d}.yaml,e\\,f.yaml,'), [
    'a.yaml',
    'b/{c,d}.yaml',
    'e,f.yaml',
  ]);
  assert.deepEqual(['a.yaml', 'a?.yaml', '{a,b}.yaml'].map(isGlob), [false, true, true]);
});
