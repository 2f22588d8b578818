import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChannelEntry } from '../../src/catalog/blob-fields.ts';
import { readEntries } from '../../src/catalog/blob-fields.ts';
import { buildCatalog } from '../../src/catalog/build-catalog.ts';
import { mergeCatalogs } from '../../src/catalog/merge-catalogs.ts';
import type { DeclaredBridge, MergeResult } from '../../src/catalog/merge-types.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { type SampleEntry, sampleCatalog } from './sample-catalog.ts';

const [V1, V2, V3] = ['foo.v1.0.0', 'foo.v2.0.0', 'foo.v3.0.0'] as const;
const EMPTY = buildCatalog([]);

function foo(stable: readonly SampleEntry[]): Catalog {
  return sampleCatalog({ name: 'foo', channels: { stable } });
}

function bridge(edges: Partial<DeclaredBridge>): DeclaredBridge {
  return {
    package: 'foo',
    channel: 'stable',
    bundle: V3,
    replaces: '',
    skips: [],
    skipRange: '',
    reason: 'tried on the test cluster',
    by: 'kim',
    until: null,
    file: 'rules/idx/bridges.yaml',
    line: 1,
    ...edges,
  };
}

function merge(base: Catalog, incoming: Catalog, ...bridges: DeclaredBridge[]): MergeResult {
  const result = mergeCatalogs(base, incoming, {
    duplicateBundle: 'newer',
    acceptDefaultChannel: false,
    strandedUpgrades: 'block',
    declared: { bridges, today: '2026-06-15' },
  });
  assert.deepEqual(validateCatalog(result.catalog), []);
  return result;
}

function entryOf({ catalog }: MergeResult, name: string, channel = 'stable'): ChannelEntry {
  const blob = catalog.packages.get('foo')?.channels.find((found) => found.name === channel);
  const entry = blob && readEntries(blob).find((found) => found.name === name);
  assert.ok(entry !== undefined);
  return entry;
}

function kindsOf({ gaps, notes }: MergeResult): readonly string[] {
  return [...gaps, ...notes].map(({ kind }) => kind);
}

const BASE = foo([{ name: V1 }]);
const LEAP = foo([{ name: V3, replaces: V2 }]);

describe('a declared bridge', () => {
  it('closes the gap that it is for, and is told of each time', () => {
    assert.deepEqual(kindsOf(merge(BASE, LEAP)), ['several-heads']);
    const result = merge(BASE, LEAP, bridge({ skips: [V1] }));
    assert.deepEqual(entryOf(result, V3).skips, [V1]);
    assert.deepEqual(
      result.notes.map(({ message }) => message),
      [
        `By the bridge at rules/idx/bridges.yaml:1 "${V3}" skips ${V1} in the channel "stable" of the package "foo": tried on the test cluster (kim).`,
      ],
    );
    const again = merge(result.catalog, LEAP, bridge({ skips: [V1] }));
    assert.equal(again.catalog.packages.get('foo'), result.catalog.packages.get('foo'));
    assert.deepEqual(kindsOf(again), ['bridge-applied']);
    const later = merge(
      result.catalog,
      foo([
        { name: 'foo.v4.0.0', replaces: V3 },
        { name: V3, replaces: V2 },
      ]),
    );
    assert.deepEqual(later.gaps, []);
    assert.deepEqual(entryOf(later, V3).skips, [V1]);
  });

  it('puts replaces in place of its own, and adds to skips and skipRange without repeating', () => {
    const base = foo([{ name: V2, replaces: V1 }, { name: V1 }]);
    const incoming = foo([{ name: V3, skips: ['foo.v1.9.0'], skipRange: '>=2.0.0 <3.0.0' }]);
    const all = bridge({ replaces: V2, skips: ['foo.v1.5.0'], skipRange: '<1.0.0' });
    const result = merge(base, incoming, all);
    assert.deepEqual(entryOf(result, V3), {
      name: V3,
      replaces: V2,
      skips: ['foo.v1.9.0', 'foo.v1.5.0'],
      skipRange: '>=2.0.0 <3.0.0 || <1.0.0',
    });
    const again = merge(result.catalog, incoming, all);
    assert.equal(again.catalog.packages.get('foo'), result.catalog.packages.get('foo'));
  });

  it('keeps its range where upstream narrows the entry’s own', () => {
    const base = foo([{ name: V3, skipRange: '<3.0.0 || <0.5.0' }]);
    const incoming = foo([{ name: V3, replaces: V2, skipRange: '>=2.0.0 <3.0.0' }, { name: V2 }]);
    const result = merge(base, incoming, bridge({ skipRange: '<0.5.0' }));
    assert.equal(entryOf(result, V3).skipRange, '>=2.0.0 <3.0.0 || <0.5.0');
  });

  it('is added to a package that is not delivered, and to one that is new', () => {
    const base = foo([{ name: V3, skips: [V2] }, { name: V2 }]);
    const kept = merge(base, EMPTY, bridge({ skips: [V1] }));
    assert.deepEqual(entryOf(kept, V3).skips, [V2, V1]);
    assert.deepEqual(
      kept.changes.map(({ kind }) => kind),
      ['updated'],
    );
    const again = merge(kept.catalog, EMPTY, bridge({ skips: [V1] }));
    assert.equal(again.catalog.packages.get('foo'), kept.catalog.packages.get('foo'));
    assert.deepEqual(
      [again.changes.map(({ kind }) => kind), kindsOf(again)],
      [['kept'], ['bridge-applied']],
    );
    assert.deepEqual(entryOf(merge(EMPTY, base, bridge({ skips: [V1] })), V3).skips, [V2, V1]);
  });

  it('says that it is not needed where the delivery has its edge', () => {
    const incoming = foo([{ name: V3, replaces: V2, skips: [V1] }]);
    const result = merge(BASE, incoming, bridge({ skips: [V1] }));
    assert.deepEqual(kindsOf(result), ['bridge-idle']);
    assert.match(result.notes[0]?.message ?? '', /is not needed for this delivery/);
  });

  it('counts until its day comes and is then named with what it was for', () => {
    const ends = bridge({ skips: [V1], until: '2026-06-16' });
    assert.deepEqual(kindsOf(merge(BASE, LEAP, ends)), ['bridge-applied']);
    const ended = merge(BASE, LEAP, { ...ends, until: '2026-06-15' });
    assert.deepEqual(kindsOf(ended), ['several-heads', 'bridge-expired']);
    assert.match(ended.notes[0]?.message ?? '', /bridges\.yaml:1 expired on 2026-06-15/);
  });

  const astray: readonly (readonly [string, Partial<DeclaredBridge>, RegExp])[] = [
    ['package', { package: 'fo' }, /no package "fo"\. Did you mean "foo"\?/],
    ['channel', { channel: 'stabel' }, /"foo" has no channel "stabel"\. Did you mean "stable"\?/],
    ['entry', { bundle: 'foo.v3.0.1' }, /has no entry "foo\.v3\.0\.1"\. Did you mean/],
  ];
  for (const [what, field, message] of astray)
    it(`that names an unknown ${what} is named, with the nearest that there is`, () => {
      const incoming = foo([{ name: V3, replaces: V1 }]);
      const result = merge(BASE, incoming, bridge({ skips: [V1], ...field }));
      assert.deepEqual(kindsOf(result), ['bridge-unused']);
      assert.match(result.notes[0]?.message ?? '', message);
    });

  it('names what nothing answers to, since a typing mistake bridges nothing', () => {
    const incoming = foo([{ name: V3, replaces: V1 }]);
    const result = merge(BASE, incoming, bridge({ skips: ['foo.v1.0.O'] }));
    assert.deepEqual(kindsOf(result), ['bridge-applied']);
    assert.match(
      result.notes[0]?.message ?? '',
      /Nothing in the package "foo" is named "foo\.v1\.0\.O"\. Did you mean "foo\.v1\.0\.0"\?/,
    );
  });

  const broken: readonly (readonly [string, Partial<DeclaredBridge>, RegExp])[] = [
    ['a head too few', { bundle: V1, replaces: V3 }, /has no head/],
    ['a circle', { bundle: V2, replaces: V2 }, /has 2 heads: foo\.v1\.0\.0, foo\.v3\.0\.0/],
    ['a cycle', { bundle: V1, replaces: V2 }, /has a cycle: foo\.v2\.0\.0 -> foo\.v1\.0\.0/],
    ['a lost version', { skips: [V2] }, /cuts off foo\.v1\.0\.0|no path of upgrades/],
    ['a range that is none', { skipRange: '^1.0.0' }, /"\^1\.0\.0" is not a version range/],
  ];
  for (const [what, edges, message] of broken)
    it(`that makes ${what} keeps the package as it was`, () => {
      const base = foo([{ name: V2, replaces: V1 }, { name: V1 }]);
      const incoming = foo([{ name: V3, replaces: V2 }, { name: V2 }]);
      assert.deepEqual(merge(base, incoming).gaps, []);
      const result = merge(base, incoming, bridge({ line: 4, ...edges }));
      assert.deepEqual(
        result.gaps.map(({ kind }) => kind),
        ['bad-bridge'],
      );
      assert.match(result.gaps[0]?.message ?? '', message);
      assert.match(result.gaps[0]?.message ?? '', /bridges\.yaml:4/);
      assert.equal(result.catalog.packages.get('foo'), base.packages.get('foo'));
    });

  it('is not blamed for a gap that was there without it, nor for that of another', () => {
    const beside = bridge({ skips: ['foo.v0.5.0'] });
    assert.deepEqual(
      merge(BASE, LEAP, beside).gaps.map(({ kind }) => kind),
      ['several-heads'],
    );
    const base = foo([{ name: V2, replaces: V1 }, { name: V1 }]);
    const incoming = foo([{ name: V3, replaces: V2 }, { name: V2 }]);
    const { gaps } = merge(base, incoming, beside, bridge({ skips: [V2], line: 7 }));
    assert.deepEqual(
      gaps.map(({ message }) => /yaml:\d+/.exec(message)?.[0]),
      ['yaml:7'],
    );
  });
});

describe('the analysis of a gap', () => {
  it('names the missing bundle that would bridge it, and an edge that was tried', () => {
    const [gap] = merge(BASE, LEAP).gaps;
    assert.deepEqual(gap?.paths, {
      head: { name: V3, version: '3.0.0' },
      cutOff: [
        {
          name: V1,
          version: '1.0.0',
          bridges: [
            { kind: 'bundle', bundle: V2 },
            { kind: 'edge', bundle: V3 },
          ],
        },
      ],
      ranges: [],
      proposal: [{ bundle: V3, replaces: V1, skips: [V2], skipRange: '' }],
    });
    assert.deepEqual(gap.bridges, [V2]);
    assert.match(
      gap.hint,
      /^Bring foo\.v2\.0\.0 and what leads there with a delivery .*; or declare/,
    );
  });

  it('calls no bundle a bridge that OLM would not offer', () => {
    const [gap] = merge(BASE, foo([{ name: V3, skips: [V2] }])).gaps;
    assert.deepEqual(gap?.bridges, []);
    assert.match(gap?.hint ?? '', /^Declare the bridge/);
  });

  it('names another channel through which a version gets on', () => {
    const base = sampleCatalog({
      name: 'foo',
      channels: {
        stable: [{ name: V1 }],
        fast: [{ name: V2, replaces: V1 }, { name: V1 }],
        slow: [{ name: 'foo.v1.0.1', replaces: V1 }, { name: V1 }],
      },
    });
    const incoming = sampleCatalog({
      name: 'foo',
      channels: { stable: [{ name: V3, replaces: V2 }] },
    });
    const [gap] = merge(base, incoming).gaps;
    assert.deepEqual(gap?.paths?.cutOff[0]?.bridges.slice(0, 2), [
      { kind: 'channel', channel: 'fast', bundle: V2 },
      { kind: 'other-head', channel: 'slow', bundle: 'foo.v1.0.1' },
    ]);
  });

  it('finds what OLM strands where opm is content: the way led through an entry that is now skipped', () => {
    const base = foo([{ name: V2, skips: [V1] }, { name: V1 }]);
    const incoming = foo([{ name: V3, skips: [V2] }, { name: V2 }]);
    const [gap] = merge(base, incoming).gaps;
    assert.deepEqual([gap?.kind, gap?.bundles], ['upgrade-lost', [V1]]);
    assert.deepEqual(gap?.paths?.proposal, [
      { bundle: V3, replaces: '', skips: [V1], skipRange: '' },
    ]);
  });

  it('names a cycle that only OLM sees, and proposes nothing where no edge helps', () => {
    const base = foo([
      { name: V3, replaces: V2, skips: [V2, V1] },
      { name: V2, replaces: V1 },
      { name: V1 },
    ]);
    const incoming = foo([
      { name: 'foo.v4.0.0', replaces: V3 },
      { name: V3, replaces: V2, skips: [V2, V1] },
      { name: V2, replaces: V1 },
      { name: V1, replaces: V2 },
    ]);
    const [gap] = merge(base, incoming).gaps;
    assert.deepEqual([gap?.kind, gap?.bundles], ['cycle', [V2, V1, V2]]);
    assert.deepEqual(
      [gap?.paths?.cutOff.map(({ name }) => name), gap?.paths?.proposal],
      [[V1, V2, V3], []],
    );
    assert.match(gap?.hint ?? '', /contradict each other/);
  });

  it('tells of versions that only a range held, without blocking', () => {
    const base = foo([{ name: V2, skipRange: '>=1.0.0 <2.0.0' }]);
    const incoming = foo([{ name: V3, skipRange: '>=2.0.0 <3.0.0' }]);
    const result = merge(base, incoming);
    assert.deepEqual(kindsOf(result), ['skips-added', 'range-lost']);
    assert.match(result.notes[1]?.message ?? '', /versions in >=1\.0\.0 <2\.0\.0 to the head/);
  });
});
