import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readEntries, readVersions } from '../../src/catalog/blob-fields.ts';
import { buildCatalog, listBlobs } from '../../src/catalog/build-catalog.ts';
import { buildChannelGraph, findHead, findUpgradable } from '../../src/catalog/channel-graph.ts';
import { diffCatalogs } from '../../src/catalog/diff-catalogs.ts';
import { findMissing } from '../../src/catalog/find-missing.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { mergeCatalogs } from '../../src/catalog/merge-catalogs.ts';
import type { MergeOptions } from '../../src/catalog/merge-types.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { anyCatalog } from './any-catalog.ts';

const RUNS = { numRuns: 1_000 };
const EMPTY = buildCatalog([]);

describe('the laws of merging', () => {
  it('merge(a, a) is a, without a word', () => {
    fc.assert(
      fc.property(anyCatalog(), anyOptions(), (a, options) => {
        const result = mergeCatalogs(
          a,
          buildCatalog([...listBlobs(a)].map((blob) => ({ ...blob }))),
          options,
        );
        assertSameObjects(result.catalog, a);
        assert.deepEqual([result.gaps, result.notes], [[], []]);
        assert.ok(result.changes.every(({ kind }) => kind === 'unchanged'));
      }),
      RUNS,
    );
  });

  it('merge(a, nothing) is a, and merge(nothing, b) is b', () => {
    fc.assert(
      fc.property(anyCatalog(), anyOptions(), (a, options) => {
        assertSameObjects(mergeCatalogs(a, EMPTY, options).catalog, a);
        assertSameObjects(mergeCatalogs(EMPTY, a, options).catalog, a);
      }),
      RUNS,
    );
  });

  it('no bundle of the base is lost, none of the delivery but for a gap, and the result is valid', () => {
    fc.assert(
      fc.property(anyCatalog(), anyCatalog(), anyOptions(), (a, b, options) => {
        const { catalog, gaps } = mergeCatalogs(a, b, options);
        const blocked = new Set(gaps.map((gap) => gap.package));
        assert.deepEqual(findMissing(catalog, a), { packages: [], bundles: [] });
        assert.deepEqual(
          findMissing(catalog, b).bundles.filter((key) => !blocked.has(key.split('/')[0] ?? '')),
          [],
        );
        assert.deepEqual(validateCatalog(catalog), []);
        for (const name of blocked) assert.equal(catalog.packages.get(name), a.packages.get(name));
      }),
      RUNS,
    );
  });

  it('every version that could reach the head of a channel still can', () => {
    fc.assert(
      fc.property(anyCatalog(), anyCatalog(), (a, b) => {
        const { catalog } = mergeCatalogs(a, b, {
          duplicateBundle: 'newer',
          acceptDefaultChannel: true,
          strandedUpgrades: 'block',
        });
        const after = listUpgradable(catalog);
        assert.deepEqual(
          listUpgradable(a).filter((path) => !after.includes(path)),
          [],
        );
      }),
      RUNS,
    );
  });

  it('does not depend on the order of blobs', () => {
    fc.assert(
      fc.property(anyCatalog(), anyCatalog(), anyOptions(), (a, b, options) => {
        const [straight, turned] = [
          mergeCatalogs(a, b, options),
          mergeCatalogs(turn(a), turn(b), options),
        ];
        assert.equal(hashCatalog(turned.catalog), hashCatalog(straight.catalog));
        assert.deepEqual(turned.changes, straight.changes);
      }),
      RUNS,
    );
  });

  it('merging the result with the delivery again changes nothing', () => {
    fc.assert(
      fc.property(anyCatalog(), anyCatalog(), anyOptions(), (a, b, options) => {
        const { catalog, gaps } = mergeCatalogs(a, b, options);
        fc.pre(gaps.length === 0);
        assert.deepEqual(diffCatalogs(catalog, mergeCatalogs(catalog, b, options).catalog), {
          packages: [],
          looseChanged: false,
        });
      }),
      RUNS,
    );
  });
});

function turn(catalog: Catalog): Catalog {
  return buildCatalog([...listBlobs(catalog)].toReversed());
}

function assertSameObjects(actual: Catalog, expected: Catalog): void {
  assert.equal(actual.packages.size, expected.packages.size);
  for (const [name, pkg] of expected.packages) assert.equal(actual.packages.get(name), pkg);
}

function listUpgradable(catalog: Catalog): readonly string[] {
  return [...catalog.packages.values()].flatMap((pkg) =>
    pkg.channels.flatMap((channel) => {
      const graph = buildChannelGraph(readEntries(channel));
      const head = findHead(graph);
      return head === null
        ? []
        : [...findUpgradable(graph, head, readVersions(pkg))].map(
            (name) => `${pkg.name}/${channel.name}/${name}`,
          );
    }),
  );
}

function anyOptions(): fc.Arbitrary<MergeOptions> {
  return fc.record({
    duplicateBundle: fc.constantFrom<MergeOptions['duplicateBundle']>('newer', 'keep', 'block'),
    acceptDefaultChannel: fc.boolean(),
    strandedUpgrades: fc.constant<MergeOptions['strandedUpgrades']>('block'),
  });
}
