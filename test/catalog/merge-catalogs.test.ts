import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  readDefaultChannel,
  readDeprecations,
  readEntries,
} from '../../src/catalog/blob-fields.ts';
import { mergeCatalogs } from '../../src/catalog/merge-catalogs.ts';
import type { MergeOptions, MergeResult } from '../../src/catalog/merge-types.ts';
import type { Blob, Catalog } from '../../src/catalog/types.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import {
  findBundle,
  type SampleEntry,
  type SamplePackage,
  sampleCatalog,
} from './sample-catalog.ts';

const OPTIONS: MergeOptions = {
  duplicateBundle: 'newer',
  acceptDefaultChannel: false,
  strandedUpgrades: 'block',
};

function merge(base: Catalog, incoming: Catalog, options: Partial<MergeOptions> = {}): MergeResult {
  const result = mergeCatalogs(base, incoming, { ...OPTIONS, ...options });
  assert.deepEqual(validateCatalog(result.catalog), []);
  return result;
}

function foo(stable: readonly SampleEntry[], more: Partial<SamplePackage> = {}): Catalog {
  return sampleCatalog({ name: 'foo', channels: { stable }, ...more });
}

function channelOf(catalog: Catalog, name = 'stable'): Blob {
  const channel = catalog.packages
    .get('foo')
    ?.channels.find((candidate) => candidate.name === name);
  assert.ok(channel !== undefined);
  return channel;
}

const [V1, V2, V3] = ['foo.v1.0.0', 'foo.v2.0.0', 'foo.v3.0.0'] as const;

describe('mergeCatalogs, what was not delivered', () => {
  it('keeps packages, channels and bundles of one side only, as the same objects', () => {
    const base = sampleCatalog(
      { name: 'bar', channels: { alpha: [{ name: 'bar.v1.0.0' }] } },
      { name: 'foo', channels: { old: [{ name: V1 }] } },
    );
    const incoming = sampleCatalog(
      { name: 'foo', channels: { stable: [{ name: V2 }] } },
      { name: 'new', channels: { beta: [{ name: 'new.v1.0.0' }] } },
    );
    const { catalog, changes, gaps } = merge(base, incoming);
    assert.deepEqual(gaps, []);
    assert.deepEqual(
      changes.map(({ package: pkg, kind }) => [pkg, kind]),
      [
        ['bar', 'kept'],
        ['foo', 'updated'],
        ['new', 'added'],
      ],
    );
    assert.equal(catalog.packages.get('bar'), base.packages.get('bar'));
    assert.equal(channelOf(catalog, 'old'), channelOf(base, 'old'));
    assert.equal(findBundle(catalog, 'foo', V1), findBundle(base, 'foo', V1));
    assert.equal(findBundle(catalog, 'foo', V2), findBundle(incoming, 'foo', V2));
  });

  it('says per channel which head follows which, and which bundles came', () => {
    const [change] = merge(foo([{ name: V1 }]), foo([{ name: V2, replaces: V1 }])).changes;
    assert.deepEqual(change?.channels, [
      {
        channel: 'stable',
        kind: 'updated',
        oldHead: { name: V1, version: '1.0.0' },
        newHead: { name: V2, version: '2.0.0' },
      },
    ]);
    assert.deepEqual(change.bundlesAdded, [V2]);
  });
});

describe('mergeCatalogs, edges', () => {
  it('takes an edge that a filtered delivery has lost from the base', () => {
    const base = foo([{ name: V2, replaces: V1, skips: ['foo.v1.5.0'] }, { name: V1 }]);
    const { catalog } = merge(
      base,
      foo([
        { name: V3, replaces: V2 },
        { name: V2, skips: ['foo.v1.6.0'] },
      ]),
    );
    assert.deepEqual(readEntries(channelOf(catalog)), [
      { name: V2, replaces: V1, skips: ['foo.v1.5.0', 'foo.v1.6.0'], skipRange: '' },
      { name: V1, replaces: '', skips: [], skipRange: '' },
      { name: V3, replaces: V2, skips: [], skipRange: '' },
    ]);
  });

  it('adds an old head inside the new head’s skipRange to its skips, and what that strands', () => {
    const base = foo([{ name: V2, replaces: V1 }, { name: V1 }]);
    const { catalog, notes } = merge(base, foo([{ name: V3, skipRange: '>=1.0.0 <3.0.0' }]));
    assert.deepEqual(readEntries(channelOf(catalog)).find(({ name }) => name === V3)?.skips, [
      V2,
      V1,
    ]);
    assert.deepEqual(
      notes.map(({ kind, bundle }) => [kind, bundle]),
      [['skips-added', V3]],
    );
  });

  it('names a second head as a gap and leaves the package exactly as it was', () => {
    const base = foo([{ name: V1 }]);
    const incoming = sampleCatalog(
      { name: 'foo', channels: { stable: [{ name: V3, replaces: V2 }] } },
      { name: 'new', channels: { beta: [{ name: 'new.v1.0.0' }] } },
    );
    const { catalog, changes, gaps } = merge(base, incoming);
    assert.equal(catalog.packages.get('foo'), base.packages.get('foo'));
    assert.deepEqual(
      changes.map(({ kind }) => kind),
      ['blocked', 'added'],
    );
    assert.deepEqual(
      gaps.map(({ kind, channel, bundles, bridges }) => ({ kind, channel, bundles, bridges })),
      [{ kind: 'several-heads', channel: 'stable', bundles: [V1, V3], bridges: [V2] }],
    );
  });

  it('names a cycle and a stranded version as gaps', () => {
    const base = foo([{ name: V2, replaces: V1 }, { name: V1 }]);
    const cycle = merge(
      base,
      foo([{ name: V3, replaces: V2 }, { name: V2 }, { name: V1, replaces: V2 }]),
    );
    assert.deepEqual(
      cycle.gaps.map(({ kind }) => kind),
      ['cycle'],
    );
    const stranded = merge(base, foo([{ name: V3, skips: [V2] }, { name: V2 }]));
    assert.deepEqual(
      stranded.gaps.map(({ kind, bundles }) => [kind, bundles]),
      [['stranded', [V1]]],
    );
  });

  it('blocks, or only warns, where a version loses its path to the head', () => {
    const base = foo([{ name: V2, replaces: 'foo.v0.9.0' }]);
    const incoming = foo([
      { name: V3, replaces: V2 },
      { name: V2, replaces: 'foo.v1.9.0' },
    ]);
    assert.deepEqual(
      merge(base, incoming).gaps.map(({ kind, bundles }) => [kind, bundles]),
      [['upgrade-lost', ['foo.v0.9.0']]],
    );
    const warned = merge(base, incoming, { strandedUpgrades: 'warn' });
    assert.deepEqual([warned.gaps, warned.notes.map(({ kind }) => kind)], [[], ['upgrade-lost']]);
  });
});

describe('mergeCatalogs, package fields', () => {
  const base = sampleCatalog({
    name: 'foo',
    channels: { stable: [{ name: V1 }] },
    fields: { description: 'old', own: 1 },
  });
  const incoming = sampleCatalog({
    name: 'foo',
    channels: { stable: [{ name: V1 }], fast: [{ name: V2 }] },
    defaultChannel: 'fast',
    fields: { description: 'new' },
  });

  it('takes the description of the delivery, and its default channel only when accepted', () => {
    const kept = merge(base, incoming);
    const pkg = kept.catalog.packages.get('foo');
    assert.ok(pkg !== undefined);
    assert.deepEqual(
      [
        readDefaultChannel(pkg),
        pkg.packages[0]?.value['description'],
        pkg.packages[0]?.value['own'],
      ],
      ['stable', 'new', 1],
    );
    assert.deepEqual(
      kept.notes.map(({ kind }) => kind),
      ['default-channel-kept'],
    );
    const accepted = merge(base, incoming, { acceptDefaultChannel: true });
    assert.deepEqual(accepted.changes[0]?.defaultChannel, { before: 'stable', after: 'fast' });
    assert.deepEqual(accepted.notes, []);
  });

  it('lets the base win every conflict with an older delivery, and says so', () => {
    const { catalog, notes, changes } = merge(incoming, base, { acceptDefaultChannel: true });
    assert.equal(catalog.packages.get('foo')?.packages[0]?.value['description'], 'new');
    assert.deepEqual(changes[0]?.defaultChannel, null);
    assert.deepEqual(
      notes.map(({ kind }) => kind),
      ['default-channel-kept', 'older-delivery'],
    );
  });
});

describe('mergeCatalogs, one bundle name with two contents', () => {
  function delivery(createdAt: string, image: string, extra: readonly SampleEntry[] = []): Catalog {
    const version = { type: 'olm.package', value: { packageName: 'foo', version: '1.0.0' } };
    const metadata = { type: 'olm.csv.metadata', value: { annotations: { createdAt } } };
    return foo([...extra, { name: V1 }], {
      bundles: {
        [V1]: { image: `registry.example.com/foo:${image}`, properties: [version, metadata] },
      },
    });
  }
  const base = delivery('2024-01-02T00:00:00Z', 'a');
  const next: readonly SampleEntry[] = [{ name: V2, replaces: V1 }];

  it('takes the newer by createdAt, keeps the older’s loser, and blocks where nothing decides', () => {
    const newer = merge(base, delivery('2024/02/01', 'b', next));
    assert.equal(findBundle(newer.catalog, 'foo', V1).value['image'], 'registry.example.com/foo:b');
    assert.deepEqual(
      newer.notes.map(({ kind, bundle }) => [kind, bundle]),
      [['bundle-taken', V1]],
    );
    const older = merge(base, delivery('2023-12-31 10:00:00', 'b', next));
    assert.equal(findBundle(older.catalog, 'foo', V1), findBundle(base, 'foo', V1));
    assert.deepEqual(
      older.notes.map(({ kind }) => kind),
      ['bundle-kept'],
    );
    assert.deepEqual(
      merge(base, delivery('2024-01-02', 'b', next)).gaps.map(({ kind, bundles }) => [
        kind,
        bundles,
      ]),
      [['duplicate-bundle', [V1]]],
    );
  });

  it('follows the policies keep and block', () => {
    const incoming = delivery('2025-01-01', 'b', next);
    assert.equal(
      findBundle(merge(base, incoming, { duplicateBundle: 'keep' }).catalog, 'foo', V1),
      findBundle(base, 'foo', V1),
    );
    assert.equal(
      merge(base, incoming, { duplicateBundle: 'block' }).catalog.packages.get('foo'),
      base.packages.get('foo'),
    );
  });

  it('takes other metadata of the same images without asking', () => {
    const { catalog, notes, gaps } = merge(base, delivery('2020-01-01', 'a', next));
    assert.deepEqual([notes, gaps], [[], []]);
    assert.notEqual(findBundle(catalog, 'foo', V1), findBundle(base, 'foo', V1));
  });
});

describe('mergeCatalogs, deprecations and custom schemas', () => {
  it('unites them by key, the delivery winning, and drops references to nothing', () => {
    const base = foo([{ name: V1 }], {
      deprecations: [
        { schema: 'olm.package', message: 'a' },
        { schema: 'olm.bundle', name: V1, message: 'a' },
      ],
      others: [{ schema: 'acme.x', name: 'n', v: 1 }, { schema: 'acme.y' }],
    });
    const incoming = foo([{ name: V2, replaces: V1 }], {
      deprecations: [
        { schema: 'olm.bundle', name: V1, message: 'b' },
        { schema: 'olm.bundle', name: 'foo.v0.0.1', message: 'c' },
      ],
      others: [{ schema: 'acme.x', name: 'n', v: 2 }],
    });
    const { catalog, notes, gaps } = merge(base, incoming);
    const pkg = catalog.packages.get('foo');
    assert.deepEqual(gaps, []);
    assert.deepEqual(
      pkg?.deprecations.flatMap(readDeprecations).map(({ name, message }) => [name, message]),
      [
        ['', 'a'],
        [V1, 'b'],
      ],
    );
    assert.deepEqual(
      notes.map(({ kind, bundle }) => [kind, bundle]),
      [
        ['deprecation-kept', null],
        ['deprecation-dropped', 'foo.v0.0.1'],
      ],
    );
    assert.deepEqual(
      pkg.others.map(({ schema, value }) => [schema, value['v']]),
      [
        ['acme.x', 2],
        ['acme.y', undefined],
      ],
    );
  });

  it('blocks a delivered package that opm would refuse', () => {
    const broken = sampleCatalog({
      name: 'foo',
      channels: { stable: [{ name: V1 }] },
      defaultChannel: 'nope',
    });
    const { catalog, gaps } = merge(sampleCatalog(), broken);
    assert.equal(catalog.packages.size, 0);
    assert.deepEqual(
      gaps.map(({ kind }) => kind),
      ['invalid'],
    );
  });
});
