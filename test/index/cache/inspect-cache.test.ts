import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TreeEntry } from '../../../src/base/tree-entry.ts';
import { listCacheGroups } from '../../../src/catalog/cache/list-groups.ts';
import { parseCatalog } from '../../../src/catalog/parse-catalog.ts';
import type { CatalogFile } from '../../../src/catalog/types.ts';
import { computeJsonDigest } from '../../../src/index/cache/cache-digest.ts';
import { type InspectedCache, inspectCache } from '../../../src/index/cache/inspect-cache.ts';
import { computePogrebDigest } from '../../../src/index/cache/pogreb-digest.ts';
import {
  LAYER_MODES,
  listTreeEntries,
  OPM_CACHE_MODES,
} from '../../../src/index/cache/tree-entries.ts';
import { makePackageText } from '../../support/catalog.ts';
import { listOracleTrees, NO_TREES, readTreeFiles } from '../../support/oracle-trees.ts';
import { listStoreRecords, renderSegment, type StoreRecord } from './pogreb-writer.ts';

// The files of a folder come before what only starts like it, and opm hashes them in that order.
const FILES: readonly CatalogFile[] = ['foo', 'foo-bar'].map((name) => ({
  path: `${name}/catalog.json`,
  bytes: Buffer.from(
    makePackageText(name, [{ version: '1.0.0', image: 'registry.example.com/a:1' }]),
  ),
}));
const CONFIGS = [...listTreeEntries(FILES, LAYER_MODES)];

const INDEX = ['db.pmt', 'index.pmt', 'main.pix'].map((name) => ({
  path: name,
  bytes: bytesOf(''),
}));

// Both are opm's for real catalogs, as the tests at the end say.
const JSON_DIGEST = computeJsonDigest({
  configs: CONFIGS,
  cache: listTreeEntries(renderCache(FILES), OPM_CACHE_MODES),
});
const POGREB_DIGEST = computePogrebDigest(
  FILES.toReversed(),
  listStoreRecords(renderCache(FILES))
    .map(({ key, value }) => ({ key: Buffer.from(key), value: value ?? Buffer.alloc(0) }))
    .toSorted((a, b) => Buffer.compare(a.key, b.key)),
);

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text);
}

function renderCache(files: readonly CatalogFile[]): readonly CatalogFile[] {
  return listCacheGroups(parseCatalog(files).catalog).flatMap((group) => [...group.files()]);
}

function inFolder(folder: string, files: readonly CatalogFile[]): readonly CatalogFile[] {
  return files.map((file) => ({ ...file, path: `${folder}/${file.path}` }));
}

function jsonCache(digest: string): readonly CatalogFile[] {
  return [
    { path: 'digest', bytes: bytesOf(`${digest}\n`) },
    ...inFolder('cache', renderCache(FILES)),
  ];
}

function pogrebCache(digest: string | null, db: readonly CatalogFile[]): readonly CatalogFile[] {
  return inFolder('pogreb.v1', [
    { path: 'digest', bytes: bytesOf(digest ?? '') },
    ...inFolder('db', db),
  ]);
}

function segment(name: string, records: readonly StoreRecord[]): CatalogFile {
  return { path: name, bytes: renderSegment(records) };
}

function inspect(
  cache: readonly CatalogFile[],
  configs: readonly TreeEntry[] = CONFIGS,
): InspectedCache {
  return inspectCache({ configs, cache: [...listTreeEntries(cache, OPM_CACHE_MODES)] });
}

function summarize({ contents, caches, others }: InspectedCache): readonly unknown[] {
  return [contents, caches.map(({ format, state }) => `${format} ${state}`), others];
}

describe('inspectCache', () => {
  const records = listStoreRecords(renderCache(FILES));
  const db = [...INDEX, segment('00000-1.psg', records)];

  it('says what is there, the one that opm loads first', () => {
    const json = jsonCache(JSON_DIGEST);
    const pogreb = pogrebCache(POGREB_DIGEST, db);
    const other = { path: 'notes', bytes: bytesOf('') };
    const cases = [
      [json, ['json', ['json right'], []]],
      [pogreb, ['pogreb.v1', ['pogreb.v1 right'], []]],
      [
        [...json, ...pogreb, other],
        ['both', ['pogreb.v1 right', 'json right'], ['notes']],
      ],
      [[], ['none', [], []]],
      [[other], ['unknown', [], ['notes']]],
      [json.slice(1), ['unknown', [], ['cache']]],
      [json.slice(0, 1), ['unknown', [], ['digest']]],
    ] as const;
    for (const [cache, wanted] of cases) assert.deepEqual(summarize(inspect(cache)), wanted);
    assert.deepEqual(summarize(inspectCache({ configs: CONFIGS, cache: [] })), ['none', [], []]);
  });

  it('finds a cache that belongs to another catalog, and says both digests', () => {
    const [file] = FILES;
    assert.ok(file !== undefined);
    const changed = [...listTreeEntries([file], LAYER_MODES)];
    for (const cache of [jsonCache(JSON_DIGEST), pogrebCache(POGREB_DIGEST, db)]) {
      const [checked] = inspect(cache, changed).caches;
      assert.equal(checked?.state, 'wrong');
      assert.match(
        checked.reason,
        new RegExp(`^its digest is ${checked.recorded}, and .* is ${checked.computed}$`),
      );
    }
  });

  it('minds modes for json, and not for pogreb.v1', () => {
    const configs = CONFIGS.map((entry) => ({ ...entry, mode: entry.mode & 0o700 }));
    const both = [...jsonCache(JSON_DIGEST), ...pogrebCache(POGREB_DIGEST, db)];
    assert.deepEqual(summarize(inspect(both, configs))[1], ['pogreb.v1 right', 'json wrong']);
  });

  it('says of a cache without a digest in its file that it has none', () => {
    const [checked] = inspect(
      pogrebCache('', db).filter(({ path }) => path !== 'pogreb.v1/digest'),
    ).caches;
    assert.deepEqual(
      [checked?.state, checked?.recorded, checked?.reason],
      ['wrong', null, 'it has no digest'],
    );
  });

  it('takes the last record of each key of pogreb, whatever the segment', () => {
    const [first, second, ...rest] = records;
    assert.ok(first !== undefined && second !== undefined);
    const old = segment('00001-2.psg', [
      { ...first, value: bytesOf('old') },
      { key: 'gone', value: bytesOf('x') },
    ]);
    const fresh = segment('00000-10.psg', [{ key: 'gone', value: null }, ...rest, first, second]);
    const [checked] = inspect(pogrebCache(POGREB_DIGEST, [...INDEX, fresh, old])).caches;
    assert.equal(checked?.state, 'right');
  });

  const whole = renderSegment(records);
  const damaged = Buffer.from(whole);
  damaged.writeUInt8(damaged.readUInt8(600) ^ 1, 600);
  const unreadable: readonly (readonly [string, readonly CatalogFile[], RegExp])[] = [
    [
      'a damaged record',
      [...INDEX, { path: '00000-1.psg', bytes: damaged }],
      /damaged at byte 512$/,
    ],
    [
      'a segment that is cut off',
      [...INDEX, { path: '00000-1.psg', bytes: whole.subarray(0, -1) }],
      /damaged at byte \d+$/,
    ],
    [
      'a foreign segment',
      [...INDEX, { path: '00000-1.psg', bytes: bytesOf('no') }],
      /no segment of pogreb$/,
    ],
    ['an index that is missing', db.slice(1), /lacks the file db.pmt/],
  ];
  for (const [what, files, reason] of unreadable)
    it(`leaves pogreb.v1 unchecked for ${what}`, () => {
      const [checked] = inspect(pogrebCache(POGREB_DIGEST, files)).caches;
      assert.deepEqual([checked?.state, checked?.computed], ['unchecked', null]);
      assert.match(checked?.reason ?? '', reason);
    });

  it('leaves pogreb.v1 unchecked where the catalog cannot be read', () => {
    const configs = [...listTreeEntries([{ path: 'a.json', bytes: bytesOf('{') }], LAYER_MODES)];
    const [checked] = inspect(pogrebCache(POGREB_DIGEST, db), configs).caches;
    assert.deepEqual(
      [checked?.state, checked?.reason],
      ['unchecked', 'a file of the catalog cannot be read'],
    );
  });
});

describe('the caches that opm built of every catalog', { skip: NO_TREES }, () => {
  for (const tree of listOracleTrees()) {
    if (tree.cache === null || tree.pogrebDigest === null) continue;
    const { cache: json, pogrebDigest } = tree;
    it(`are right beside ${tree.path}`, () => {
      const files = readTreeFiles(tree);
      const rendered = renderCache(files);
      const db = [...INDEX, segment('00000-1.psg', listStoreRecords(rendered))];
      const cache = [
        { path: 'digest', bytes: bytesOf(json.digest) },
        ...inFolder('cache', rendered),
        ...pogrebCache(pogrebDigest, db),
      ];
      const inspected = inspect(cache, [...listTreeEntries(files, LAYER_MODES)]);
      assert.deepEqual(summarize(inspected), ['both', ['pogreb.v1 right', 'json right'], []]);
    });
  }
});
