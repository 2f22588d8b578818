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
import { type SampleEntry, type SamplePackage, sampleCatalog } from './sample-catalog.ts';

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

/** A valid catalog of at most two packages out of a small world, so that two of them overlap. */
function anyCatalog(): fc.Arbitrary<Catalog> {
  const both = fc.tuple(anyPackage('bar'), anyPackage('foo'));
  return both.map((packages) => sampleCatalog(...packages.filter((pkg) => pkg !== null)));
}

function anyPackage(name: string): fc.Arbitrary<SamplePackage | null> {
  const image = fc.constantFrom('x', 'x', 'x', 'x', 'y');
  const description = fc.constantFrom('one', 'two');
  const made = fc.record({
    stable: anyChannel(name),
    fast: fc.option(anyChannel(name)),
    image,
    description,
    fastFirst: fc.boolean(),
  });
  return fc.option(
    made.map((pkg) => {
      const channels =
        pkg.fast === null ? { stable: pkg.stable } : { stable: pkg.stable, fast: pkg.fast };
      const bundles = { [`${name}.v3.0.0`]: { image: `registry.example.com/${pkg.image}:1` } };
      const defaultChannel = pkg.fast !== null && pkg.fastFirst ? 'fast' : 'stable';
      return { name, channels, bundles, defaultChannel, fields: { description: pkg.description } };
    }),
  );
}

/** A valid channel: a chain of some of five versions, the links made by replaces, skips or both a gap and a skipRange. */
function anyChannel(pkg: string): fc.Arbitrary<readonly SampleEntry[]> {
  const versions = fc.subarray([1, 2, 3, 4, 5], { minLength: 1 });
  const links = fc.array(fc.constantFrom('replaces', 'skips', 'range'), {
    minLength: 5,
    maxLength: 5,
  });
  return fc.tuple(versions, links, fc.boolean()).map(([chosen, kinds, tail]) =>
    chosen.map((version, index) => {
      const name = `${pkg}.v${version}.0.0`;
      const below = chosen.slice(0, index).map((older) => `${pkg}.v${older}.0.0`);
      const previous =
        below.at(-1) ?? (tail && version > 1 ? `${pkg}.v${version - 1}.0.0` : undefined);
      if (previous === undefined) return { name };
      if (kinds[index] === 'replaces' || below.length === 0) return { name, replaces: previous };
      return kinds[index] === 'skips'
        ? { name, skips: below }
        : { name, skips: below, skipRange: `<${version}.0.0` };
    }),
  );
}
