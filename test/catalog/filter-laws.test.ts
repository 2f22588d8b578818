import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readEntries } from '../../src/catalog/blob-fields.ts';
import { listBlobs } from '../../src/catalog/build-catalog.ts';
import { filterCatalog } from '../../src/catalog/filter-catalog.ts';
import type { PackageSelection } from '../../src/catalog/filter-types.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import type { Blob, Catalog } from '../../src/catalog/types.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { checkLaw } from '../support/check-law.ts';
import { anyChannels } from './any-channels.ts';

const NONE = new Map<string, string>();

function filter(catalog: Catalog, packages: readonly PackageSelection[]) {
  return filterCatalog(catalog, { packages, defaultChannels: NONE });
}

function anySelection(): fc.Arbitrary<PackageSelection> {
  const channels = fc.subarray(['alpha', 'fast', 'stable'], { minLength: 1 });
  const versions = fc.constantFrom('>=2.0.0 <4.0.0', '3.x', '<2.0.0', '>=7.0.0', '1.0.0 || 6.0.0');
  return fc.constantFrom('bar', 'foo').chain((name) =>
    fc.record({
      package: fc.constant(name),
      channels: fc.option(channels),
      versions: fc.option(versions),
      bundles: fc.option(
        fc
          .subarray([1, 2, 3, 5, 8], { minLength: 1, maxLength: 2 })
          .map((picked) => picked.map((version) => `${name}.v${version}.0.0`)),
      ),
    }),
  );
}

const anySelections = fc.array(anySelection(), { minLength: 1, maxLength: 3 });

/** OLM's view of a channel, written from the specification alone. */
function simulate(channel: Blob) {
  const entries = readEntries(channel);
  const named = new Set(entries.flatMap((entry) => [entry.replaces, ...entry.skips]));
  const known = new Set([...named, ...entries.map((entry) => entry.name)]);
  const heads = entries.filter((entry) => !named.has(entry.name));
  const skipped = new Set(entries.flatMap((entry) => entry.skips));
  const offered: (typeof entries)[number][] = [];
  const seen = new Set<string>();
  let current = heads.length === 1 ? heads[0] : undefined;
  while (current !== undefined && !seen.has(current.name)) {
    seen.add(current.name);
    if (!skipped.has(current.name)) offered.push(current);
    const next: string = current.replaces;
    current = entries.find((entry) => entry.name === next);
  }
  function listHops(from: string): readonly string[] {
    const hops = offered.filter(
      (entry) =>
        entry.name !== from &&
        (entry.replaces === from || entry.skips.includes(from) || covers(entry.skipRange, from)),
    );
    return hops.map((entry) => entry.name);
  }
  function reaches(from: string): boolean {
    const way = new Set<string>();
    let at: string | undefined = from;
    while (at !== undefined && at !== offered[0]?.name && !way.has(at)) {
      way.add(at);
      at = listHops(at)[0];
    }
    return at !== undefined && at === offered[0]?.name;
  }
  return {
    names: entries.map((entry) => entry.name),
    known,
    head: offered[0]?.name,
    listHops,
    reaches,
  };
}

function covers(range: string, name: string): boolean {
  const bounds = /^>=(\d+)\.0\.0 <(\d+)\.0\.0$/.exec(range);
  const version = /\.v(\d+)\.0\.0$/.exec(name);
  if (bounds === null || version === null) return false;
  return Number(version[1]) >= Number(bounds[1]) && Number(version[1]) < Number(bounds[2]);
}

function* listChannels(before: Catalog, after: Catalog) {
  for (const pkg of after.packages.values())
    for (const channel of pkg.channels) {
      const old = before.packages
        .get(pkg.name)
        ?.channels.find((item) => item.name === channel.name);
      assert.ok(old !== undefined);
      yield { before: simulate(old), after: simulate(channel) };
    }
}

describe('the laws of filtering', () => {
  it('the catalogs of these tests are valid, and selections cut them', (context) => {
    let cut = 0;
    checkLaw(
      context,
      fc.property(anyChannels(), anySelections, (catalog, selections) => {
        assert.deepEqual(validateCatalog(catalog), []);
        const { packages } = filter(catalog, selections);
        if (packages.some((pkg) => pkg.channels.some(({ dropped }) => dropped > 0))) cut += 1;
      }),
    );
    assert.ok(cut > 600, `${cut} of 2,000 were cut`);
  });

  it('a valid catalog gives a valid one', (context) => {
    checkLaw(
      context,
      fc.property(anyChannels(), anySelections, (catalog, selections) => {
        assert.deepEqual(validateCatalog(filter(catalog, selections).catalog), []);
      }),
    );
  });

  it('every channel keeps its head, and every kept version reaches it where it did before', (context) => {
    checkLaw(
      context,
      fc.property(anyChannels(), anySelections, (catalog, selections) => {
        for (const { before, after } of listChannels(
          catalog,
          filter(catalog, selections).catalog,
        )) {
          assert.equal(after.head, before.head);
          for (const name of after.names)
            assert.equal(after.reaches(name), before.reaches(name), name);
        }
      }),
    );
  });

  it('to a kept version exactly the hops stay that there were, from kept, dropped and unknown ones', (context) => {
    checkLaw(
      context,
      fc.property(anyChannels(), anySelections, (catalog, selections) => {
        for (const { before, after } of listChannels(
          catalog,
          filter(catalog, selections).catalog,
        )) {
          const kept = new Set(after.names);
          for (const name of before.known)
            assert.deepEqual(
              after.listHops(name),
              before.listHops(name).filter((to) => kept.has(to)),
              name,
            );
        }
      }),
    );
  });

  it('what OLM takes next from a kept version is kept', (context) => {
    checkLaw(
      context,
      fc.property(anyChannels(), anySelections, (catalog, selections) => {
        for (const { before, after } of listChannels(catalog, filter(catalog, selections).catalog))
          for (const name of after.names)
            assert.equal(after.listHops(name)[0], before.listHops(name)[0], name);
      }),
    );
  });

  it('what was selected is there, in every channel of the selection that had it', (context) => {
    checkLaw(
      context,
      fc.property(anyChannels(), anySelection(), (catalog, selection) => {
        const result = filter(catalog, [selection]).catalog.packages.get(selection.package);
        for (const channel of catalog.packages.get(selection.package)?.channels ?? []) {
          if (selection.channels?.includes(channel.name) === false) continue;
          const had = readEntries(channel).map(({ name }) => name);
          const wanted = had.filter((name) => selection.bundles?.includes(name) === true);
          const left = result?.channels.find(({ name }) => name === channel.name);
          const has = left === undefined ? [] : readEntries(left).map(({ name }) => name);
          assert.deepEqual(
            wanted.filter((name) => !has.includes(name)),
            [],
          );
        }
      }),
    );
  });

  it('filtering twice is filtering once', (context) => {
    checkLaw(
      context,
      fc.property(anyChannels(), anySelections, (catalog, selections) => {
        const once = filter(catalog, selections).catalog;
        assert.equal(hashCatalog(filter(once, selections).catalog), hashCatalog(once));
      }),
    );
  });

  it('selecting everything gives the identical blobs', (context) => {
    checkLaw(
      context,
      fc.property(anyChannels(), (catalog) => {
        const all = [...catalog.packages.keys()].map((name) => ({
          package: name,
          channels: null,
          versions: null,
          bundles: null,
        }));
        const result = filter(catalog, all);
        const [before, after] = [[...listBlobs(catalog)], [...listBlobs(result.catalog)]];
        assert.ok(before.length === after.length && before.every((blob, i) => blob === after[i]));
        assert.deepEqual([result.misses, result.packagesDropped], [[], []]);
      }),
    );
  });

  it('the order of selections does not count', (context) => {
    checkLaw(
      context,
      fc.property(anyChannels(), anySelections, (catalog, selections) => {
        const turned = selections.toReversed().map((selection) => ({
          ...selection,
          channels: selection.channels?.toReversed() ?? null,
          bundles: selection.bundles?.toReversed() ?? null,
        }));
        const [a, b] = [filter(catalog, selections), filter(catalog, turned)];
        assert.equal(hashCatalog(a.catalog), hashCatalog(b.catalog));
        assert.deepEqual(b.packages, a.packages);
      }),
    );
  });

  it('only selected packages are left, bundles and custom blobs as they were', (context) => {
    checkLaw(
      context,
      fc.property(anyChannels(), anySelections, (catalog, selections) => {
        const result = filter(catalog, selections).catalog;
        const selected = new Set(selections.map((selection) => selection.package));
        assert.deepEqual(
          [...result.packages.keys()].filter((name) => !selected.has(name)),
          [],
        );
        for (const [name, pkg] of result.packages) {
          const old = catalog.packages.get(name);
          assert.ok(pkg.bundles.every((bundle) => old?.bundles.includes(bundle)));
          assert.deepEqual(pkg.others, old?.others);
        }
        assert.equal(result.loose, catalog.loose);
      }),
    );
  });
});
