// The digest and the files of the json cache that opm v1.73.0 built of every catalog of the real data.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, describe, it } from 'node:test';
import type { TreeEntry } from '../../../src/base/tree-entry.ts';
import { listCacheGroups } from '../../../src/catalog/cache/list-groups.ts';
import { validateServable } from '../../../src/catalog/cache/validate-servable.ts';
import { parseCatalog } from '../../../src/catalog/parse-catalog.ts';
import type { Catalog, CatalogFile } from '../../../src/catalog/types.ts';
import { computeJsonDigest } from '../../../src/index/cache/cache-digest.ts';
import {
  LAYER_MODES,
  listSortedEntries,
  listTreeEntries,
  OPM_CACHE_MODES,
  rootEntry,
} from '../../../src/index/cache/tree-entries.ts';
import {
  listOracleTrees,
  NO_TREES,
  type OracleTree,
  readTreeFiles,
} from '../../support/oracle-trees.ts';

const TREES = listOracleTrees();
let compared = 0;

describe('the json cache of every catalog that opm judged', { skip: NO_TREES }, () => {
  for (const tree of TREES)
    it(`is opm's for ${tree.path}`, () => {
      const files = readTreeFiles(tree);
      const { catalog, problems } = parseCatalog(files);
      const faults = [...problems, ...validateServable(catalog)];
      if (tree.cache === null) {
        assert.notDeepEqual(faults, [], 'opm refused it');
        return;
      }
      assert.deepEqual(faults, []);
      assertSameCache(tree.cache, files, catalog);
    });

  after(() => assert.ok(compared > 3_000, `only ${compared} files were compared`));
});

type OracleCache = NonNullable<OracleTree['cache']>;

function assertSameCache(
  cache: OracleCache,
  files: readonly CatalogFile[],
  catalog: Catalog,
): void {
  const sums = new Map<string, string>();
  function* listEntries(): Generator<TreeEntry> {
    yield rootEntry(OPM_CACHE_MODES);
    for (const group of listCacheGroups(catalog)) {
      for (const entry of listSortedEntries(group.files(), OPM_CACHE_MODES)) {
        if (entry.type === 'file') sums.set(entry.path, sha256(entry.bytes));
        yield entry;
      }
    }
  }
  const configs = listTreeEntries(files, LAYER_MODES);
  const digest = computeJsonDigest({ configs, cache: listEntries() });
  assert.deepEqual(Object.fromEntries(sums), cache.files);
  assert.equal(digest, cache.digest);
  compared += sums.size;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
