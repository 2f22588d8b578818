import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readEntries } from '../../src/catalog/blob-fields.ts';
import { listBlobs } from '../../src/catalog/build-catalog.ts';
import { type CatalogDiff, diffCatalogs } from '../../src/catalog/diff-catalogs.ts';
import type { ChannelDiff } from '../../src/catalog/diff-channels.ts';
import { diffImages } from '../../src/catalog/diff-images.ts';
import { listBundleImages } from '../../src/catalog/list-images.ts';
import { mergeCatalogs } from '../../src/catalog/merge-catalogs.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import type { Catalog, JsonObject, JsonValue } from '../../src/catalog/types.ts';
import { anyCatalog } from './any-catalog.ts';
import { reachesHead, versionIn } from './olm-simulation.ts';
import { fileOf, type SamplePackage, sampleCatalog } from './sample-catalog.ts';

const RUNS = { numRuns: 500 };
const NOTHING = { packages: [], looseChanged: false, imagesAdded: [], imagesRemoved: [] };

function diff(before: Catalog, after: Catalog): CatalogDiff & ReturnType<typeof diffImages> {
  return { ...diffCatalogs(before, after), ...diffImages(before, after) };
}

describe('the laws of comparing', () => {
  it('diff(a, a) is empty', () => {
    fc.assert(
      fc.property(anyCatalog(), (a) => {
        assert.deepEqual(diff(a, a), NOTHING);
      }),
      RUNS,
    );
  });

  it('is empty where only files, order or formatting differ', () => {
    fc.assert(
      fc.property(anyCatalog(), fc.nat({ max: 4 }), fc.boolean(), (a, indent, together) => {
        const turned = rewrite(a, indent, together);
        assert.equal([...listBlobs(turned)].length, [...listBlobs(a)].length);
        assert.deepEqual(diff(a, turned), NOTHING);
        assert.deepEqual(diff(turned, a), NOTHING);
      }),
      RUNS,
    );
  });

  it('swaps what is added and what is removed when it is read backwards', () => {
    fc.assert(
      fc.property(anyCatalog(), anyCatalog(), (a, b) => {
        const [there, back] = [diff(a, b), diff(b, a)];
        assert.deepEqual(normalize(swap(there)), normalize(back));
        assert.deepEqual(
          [there.imagesAdded, there.imagesRemoved],
          [back.imagesRemoved, back.imagesAdded],
        );
      }),
      RUNS,
    );
  });

  it('taking away what is removed and adding what is added gives the other catalog', () => {
    fc.assert(
      fc.property(anyCatalog(), anyCatalog(), (a, b) => {
        const { packages, imagesAdded, imagesRemoved } = diff(a, b);
        const gone = packages.flatMap((pkg) =>
          pkg.bundlesRemoved.map((name) => `${pkg.package}/${name}`),
        );
        const fresh = packages.flatMap((pkg) =>
          pkg.bundlesAdded.map((name) => `${pkg.package}/${name}`),
        );
        const kept = listBundles(a).filter((name) => !gone.includes(name));
        assert.deepEqual([...kept, ...fresh].toSorted(), listBundles(b));
        const removed = new Set(imagesRemoved.map((change) => change.image));
        const images = [...listImages(a)].filter((image) => !removed.has(image));
        const added = imagesAdded.map((change) => change.image);
        assert.deepEqual([...images, ...added].toSorted(), [...listImages(b)].toSorted());
      }),
      RUNS,
    );
  });

  it('finds no broken path after a merge, which breaks none', () => {
    fc.assert(
      fc.property(anyCatalog(), anyCatalog(), (a, b) => {
        const { catalog } = mergeCatalogs(a, b, {
          duplicateBundle: 'newer',
          acceptDefaultChannel: true,
          strandedUpgrades: 'block',
        });
        const channels = diff(a, catalog).packages.flatMap((pkg) => pkg.channels);
        assert.deepEqual(
          channels.filter((channel) => channel.pathsBroken.length > 0),
          [],
        );
      }),
      RUNS,
    );
  });

  it('calls no path broken that still leads to the head, and opens none that led there', () => {
    fc.assert(
      fc.property(anyCatalog(), anyCatalog(), (a, b) => {
        for (const pkg of diff(a, b).packages)
          for (const channel of pkg.channels.filter(({ kind }) => kind === 'changed')) {
            const [old, fresh] = [a, b].map((side) => reach(side, pkg.package, channel.channel));
            for (const name of channel.pathsBroken) assert.ok(old?.(name) && !fresh?.(name));
            for (const name of channel.pathsOpened) assert.ok(!old?.(name) && fresh?.(name));
          }
      }),
      RUNS,
    );
  });
});

/** The same content in other files, the other way round and in another form. */
function rewrite(catalog: Catalog, indent: number, together: boolean): Catalog {
  const texts = [...listBlobs(catalog)]
    .toReversed()
    .map((blob) => JSON.stringify(turn(blob.value), null, indent));
  const files = together
    ? [fileOf('all.json', texts.join('\n'))]
    : texts.map((text, i) => fileOf(`${i}/x.yaml`, text));
  return parseCatalog(files).catalog;
}

function turn(value: JsonObject): JsonObject {
  const fields = Object.entries(value).toReversed();
  return Object.fromEntries(
    fields.map(([key, field]): [string, JsonValue] => [
      key,
      Array.isArray(field) ? field.toReversed() : field,
    ]),
  );
}

function swap(change: CatalogDiff): CatalogDiff {
  const kinds = { added: 'removed', removed: 'added', changed: 'changed' } as const;
  return {
    looseChanged: change.looseChanged,
    packages: change.packages.map((pkg) => ({
      ...pkg,
      kind: kinds[pkg.kind],
      channels: pkg.channels.map((channel) => ({
        ...channel,
        kind: kinds[channel.kind],
        oldHead: channel.newHead,
        newHead: channel.oldHead,
        entriesAdded: channel.entriesRemoved,
        entriesRemoved: channel.entriesAdded,
        edgesChanged: channel.edgesChanged.map(({ entry, before, after }) => ({
          entry,
          before: after,
          after: before,
        })),
      })),
      bundlesAdded: pkg.bundlesRemoved,
      bundlesRemoved: pkg.bundlesAdded,
      bundlesRereleased: pkg.bundlesRereleased.map((bundle) => ({
        bundle: bundle.bundle,
        image: bundle.image && { before: bundle.image.after, after: bundle.image.before },
        relatedAdded: bundle.relatedRemoved,
        relatedRemoved: bundle.relatedAdded,
      })),
      defaultChannel: pkg.defaultChannel && {
        before: pkg.defaultChannel.after,
        after: pkg.defaultChannel.before,
      },
      deprecationsAdded: pkg.deprecationsRemoved,
      deprecationsRemoved: pkg.deprecationsAdded,
    })),
  };
}

/** Without the paths, which know only what was there before, and without the order of a catalog. */
function normalize(change: CatalogDiff): unknown {
  return change.packages.map((pkg) => ({
    ...pkg,
    bundlesChanged: pkg.bundlesChanged.toSorted(),
    bundlesRereleased: pkg.bundlesRereleased.toSorted((a, b) => (a.bundle < b.bundle ? -1 : 1)),
    channels: pkg.channels.map((channel) => ({ ...channel, pathsBroken: [], pathsOpened: [] })),
  }));
}

function listBundles(catalog: Catalog): readonly string[] {
  return listBundleImages(catalog)
    .map((bundle) => `${bundle.package}/${bundle.bundle}`)
    .toSorted();
}

function listImages(catalog: Catalog): ReadonlySet<string> {
  return new Set(
    listBundleImages(catalog).flatMap((bundle) => [bundle.image, ...bundle.relatedImages]),
  );
}

/** Whether OLM gets from a name to the head, as the tests' own simulation has it. */
function reach(catalog: Catalog, name: string, channel: string): (installed: string) => boolean {
  const pkg = catalog.packages.get(name);
  const blob = pkg?.channels.find((candidate) => candidate.name === channel);
  assert.ok(blob !== undefined);
  const entries = readEntries(blob);
  return (installed) => reachesHead(entries, { name: installed, version: versionIn(installed) });
}

/** What differs in the channel `stable` of `foo`. */
function diffStable(
  before: SamplePackage['channels'],
  after: SamplePackage['channels'],
): ChannelDiff {
  const [pkg] = diffCatalogs(
    sampleCatalog({ name: 'foo', channels: before }),
    sampleCatalog({ name: 'foo', channels: after }),
  ).packages;
  const channel = pkg?.channels.find((candidate) => candidate.channel === 'stable');
  assert.ok(channel !== undefined);
  return channel;
}

const [V1, V2, V3, V4] = ['foo.v1.0.0', 'foo.v2.0.0', 'foo.v3.0.0', 'foo.v4.0.0'] as const;
const CHAIN = [{ name: V2, replaces: V1 }, { name: V1 }];

describe('diffCatalogs on channels', () => {
  it('shows an edge that changed before and after, whatever the order of its skips', () => {
    const before = [...CHAIN, { name: V3, replaces: V2, skips: ['b', 'a'] }];
    const after = [...CHAIN, { name: V3, replaces: V2, skips: ['a', 'b'], skipRange: '<3.0.0' }];
    const skips = ['a', 'b'];
    assert.deepEqual(diffStable({ stable: before }, { stable: after }).edgesChanged, [
      {
        entry: V3,
        before: { replaces: V2, skips, skipRange: '' },
        after: { replaces: V2, skips, skipRange: '<3.0.0' },
      },
    ]);
  });

  it('finds the versions that lost their way to the head, removed ones too', () => {
    const { pathsBroken, pathsOpened } = diffStable(
      { stable: CHAIN },
      { stable: [{ name: V3, replaces: V2 }, { name: V2 }] },
    );
    assert.deepEqual([pathsBroken, pathsOpened], [[V1], []]);
  });

  it('calls no path broken that a skipRange keeps open to a version that is gone', () => {
    const after = [{ name: V3, replaces: V2, skipRange: '<3.0.0' }, { name: V2 }];
    assert.deepEqual(diffStable({ stable: CHAIN }, { stable: after }).pathsBroken, []);
  });

  it('opens a path for a version of another channel, and says nothing of a new version', () => {
    const { pathsBroken, pathsOpened } = diffStable(
      { stable: CHAIN, fast: [{ name: V3 }] },
      { stable: [...CHAIN, { name: V4, replaces: V2, skips: [V3] }], fast: [{ name: V3 }] },
    );
    assert.deepEqual([pathsBroken, pathsOpened], [[], [V3]]);
  });
});

describe('diffCatalogs on bundles', () => {
  it('tells a re-release, whose images changed, from any other change', () => {
    function bundle(fields: JsonObject): Catalog {
      return sampleCatalog({
        name: 'foo',
        channels: { stable: CHAIN },
        bundles: { [V1]: fields, [V2]: { relatedImages: [{ name: 'x', image: 'r/a:1' }] } },
      });
    }
    const [pkg] = diffCatalogs(
      bundle({ relatedImages: [{ name: 'old-name', image: 'r/a:1' }] }),
      bundle({
        image: 'r/other:1',
        relatedImages: [{ name: 'new-name', image: 'r/b:1' }],
      }),
    ).packages;
    assert.deepEqual(pkg?.bundlesChanged, [V1]);
    assert.deepEqual(pkg.bundlesRereleased, [
      {
        bundle: V1,
        image: { before: 'registry.example.com/foo/bundle:1.0.0', after: 'r/other:1' },
        relatedAdded: ['r/b:1'],
        relatedRemoved: ['r/a:1'],
      },
    ]);
    const [renamed] = diffCatalogs(
      bundle({ relatedImages: [{ name: 'old-name', image: 'r/a:1' }] }),
      bundle({ relatedImages: [{ name: 'new-name', image: 'r/a:1' }] }),
    ).packages;
    assert.deepEqual([renamed?.bundlesChanged, renamed?.bundlesRereleased], [[V1], []]);
  });
});

describe('diffImages', () => {
  it('names who needs an image, and none that another bundle still names', () => {
    const shared = { relatedImages: [{ name: 'x', image: 'r/shared:1' }] };
    const before = sampleCatalog({
      name: 'foo',
      channels: { stable: CHAIN },
      bundles: { [V1]: shared, [V2]: shared },
    });
    const after = sampleCatalog({
      name: 'foo',
      channels: { stable: [{ name: V2 }] },
      bundles: { [V2]: shared },
    });
    assert.deepEqual(diffImages(before, after), {
      imagesAdded: [],
      imagesRemoved: [{ image: 'registry.example.com/foo/bundle:1.0.0', neededBy: [`foo/${V1}`] }],
    });
  });
});
