import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TreeEntry } from '../../../src/base/tree-entry.ts';
import { computeJsonDigest, hashTree } from '../../../src/index/cache/cache-digest.ts';

const CATALOG_TEXT = '{"schema":"olm.package","name":"a","defaultChannel":"s"}\n';
const CATALOG = folderOf(file('catalog.json', 0o644, CATALOG_TEXT));

describe('computeJsonDigest', () => {
  // Computed by Go's archive/tar as opm calls it (spec "file-based catalogs" §6.4).
  const vectors: readonly (readonly [string, readonly TreeEntry[], string])[] = [
    ['an empty folder', folderOf(), '425145506de93e5a'],
    ['one file', CATALOG, '22a514a37ea6ef40'],
    [
      'a name over 100 bytes without a folder to split it at',
      [...CATALOG, directory('sub'), file(`sub/${'n'.repeat(120)}.json`, 0o640, 'hi\n')],
      'a2d92b56ad380602',
    ],
    ['a name that is not ASCII', folderOf(file('päck.json', 0o644, 'x')), '6d9e76eb9bb1035a'],
    [
      'a path over 100 bytes that can be split',
      folderOf(
        directory('d'.repeat(80)),
        file(`${'d'.repeat(80)}/${'f'.repeat(60)}.json`, 0o644, 'yo\n'),
      ),
      '3ccbec1f766eb628',
    ],
  ];
  for (const [name, configs, digest] of vectors)
    it(`is Go's for ${name}`, () => {
      assert.equal(computeJsonDigest({ configs, cache: [] }), digest);
    });

  it('goes on with the cache folder, with its own modes', () => {
    const cache = [directory('.', 0o750), file('packages.json', 0o640, '{}')];
    assert.equal(computeJsonDigest({ configs: CATALOG, cache }), '8b5b055203f99de2');
  });

  it('changes with any mode', () => {
    const [root = directory('.')] = CATALOG;
    const others = [
      [{ ...root, mode: 0o700 }, ...CATALOG.slice(1)],
      CATALOG.map((entry) => (entry.type === 'file' ? { ...entry, mode: 0o600 } : entry)),
    ];
    const digests = [CATALOG, ...others].map((configs) =>
      computeJsonDigest({ configs, cache: [] }),
    );
    assert.equal(new Set(digests).size, 3);
  });
});

describe('hashTree', () => {
  it('leaves the hash as it is for a tree that is not there', () => {
    assert.equal(hashTree(17n, []), 17n);
  });
});

function folderOf(...entries: readonly TreeEntry[]): readonly TreeEntry[] {
  return [directory('.'), ...entries];
}

function directory(path: string, mode = 0o755): TreeEntry {
  return { type: 'directory', path, mode };
}

function file(path: string, mode: number, text: string): TreeEntry {
  return { type: 'file', path, mode, bytes: Buffer.from(text) };
}
