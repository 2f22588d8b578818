import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readEntries } from '../../src/catalog/blob-fields.ts';
import { buildCatalog } from '../../src/catalog/build-catalog.ts';
import { excludeFromDelivery } from '../../src/catalog/exclude-content.ts';
import { excludeFromMerge } from '../../src/catalog/exclude-merge.ts';
import type { ContentExclusion } from '../../src/catalog/exclude-types.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { mergeCatalogs } from '../../src/catalog/merge-catalogs.ts';
import type { MergeOptions } from '../../src/catalog/merge-types.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { checkLaw } from '../support/check-law.ts';
import { anyChannels } from './any-channels.ts';
import { type SampleEntry, sampleCatalog } from './sample-catalog.ts';

const EMPTY = buildCatalog([]);
const OPTIONS = {
  duplicateBundle: 'newer',
  strandedUpgrades: 'block',
  acceptDefaultChannel: false,
} as const;

function exclude(name: string, part: { channel?: string; bundle?: string } = {}): ContentExclusion {
  const { channel = null, bundle = null } = part;
  return { package: name, channel, bundle, reason: 'bad.', place: 'rules/idx/exclude.yaml:1' };
}

function merge(base: Catalog, delivery: Catalog, exclusions: readonly ContentExclusion[]) {
  return mergeWith(OPTIONS, { base, delivery, exclusions });
}

function mergeWith(
  options: MergeOptions,
  {
    base,
    delivery,
    exclusions,
  }: {
    readonly base: Catalog;
    readonly delivery: Catalog;
    readonly exclusions: readonly ContentExclusion[];
  },
) {
  const { catalog, taken } = excludeFromDelivery(delivery, base, exclusions);
  const merged = mergeCatalogs(base, catalog, options);
  return excludeFromMerge(merged, { base, delivery: catalog, exclusions, keptOut: taken, options });
}

function op(entries: readonly SampleEntry[], more: Record<string, readonly SampleEntry[]> = {}) {
  return sampleCatalog({ name: 'op', channels: { stable: entries, ...more } });
}

function entriesOf(catalog: Catalog, channel = 'stable') {
  const found = catalog.packages.get('op')?.channels.find(({ name }) => name === channel);
  return found === undefined ? null : readEntries(found);
}

const V1 = { name: 'op.v1.0.0' };
const V2 = { name: 'op.v2.0.0', replaces: 'op.v1.0.0' };
const V3 = { name: 'op.v3.0.0', replaces: 'op.v2.0.0' };

describe('excludeFromMerge', () => {
  it('keeps a bad release out of a delivery: the one below stays the head', () => {
    const result = merge(op([V1]), op([V1, V2, V3]), [exclude('op', { bundle: 'op.v3.0.0' })]);
    assert.deepEqual(
      entriesOf(result.catalog)?.map(({ name }) => name),
      ['op.v1.0.0', 'op.v2.0.0'],
    );
    assert.deepEqual([result.gaps, result.excluded], [[], ['op/op.v3.0.0']]);
    assert.deepEqual(
      result.notes.map(({ kind, message }) => [kind, message]),
      [
        [
          'excluded',
          'The delivery brings the bundle "op.v3.0.0" of "op"; it is kept out by rules/idx/exclude.yaml:1 (bad).',
        ],
      ],
    );
    assert.deepEqual(result.changes[0]?.bundlesAdded, ['op.v2.0.0']);
  });

  it('takes out of Git what was taken in before, and says what that means', () => {
    const base = op([V1, V2, V3]);
    const result = merge(base, EMPTY, [exclude('op', { bundle: 'op.v3.0.0' })]);
    assert.deepEqual(entriesOf(result.catalog)?.at(-1)?.name, 'op.v2.0.0');
    assert.deepEqual([result.gaps, result.changes[0]?.kind], [[], 'updated']);
    const [note] = result.notes;
    assert.match(note?.message ?? '', /^Taken out of the catalog: the bundle "op\.v3\.0\.0"/);
    assert.match(note?.message ?? '', /The head of the channel "stable" is now "op\.v2\.0\.0"\./);
    assert.match(note?.message ?? '', /Clusters that run op\.v3\.0\.0 stay on it/);
    assert.match(note?.message ?? '', /Images that production holds stay there\./);
    assert.deepEqual(validateCatalog(result.catalog), []);
  });

  it('keeps the hop over a middle one where a skipRange allows it', () => {
    const wide = { ...V3, skipRange: '>=1.0.0 <3.0.0' };
    const result = merge(EMPTY, op([V1, V2, wide]), [exclude('op', { bundle: 'op.v2.0.0' })]);
    assert.deepEqual(result.gaps, []);
    assert.deepEqual(entriesOf(result.catalog), [
      { name: 'op.v1.0.0', replaces: '', skips: [], skipRange: '' },
      {
        name: 'op.v3.0.0',
        replaces: 'op.v1.0.0',
        skips: ['op.v2.0.0'],
        skipRange: '>=1.0.0 <3.0.0',
      },
    ]);
  });

  it('has a gap where nothing allows that hop: Git stays, and the gap names what would bridge it', () => {
    const base = op([V1, V2]);
    const result = merge(base, op([V1, V2, V3]), [exclude('op', { bundle: 'op.v2.0.0' })]);
    assert.equal(result.catalog.packages.get('op'), base.packages.get('op'));
    const [gap] = result.gaps;
    assert.deepEqual(
      [gap?.kind, gap?.bundles, gap?.bridges, result.changes[0]?.kind, result.excluded],
      ['several-heads', ['op.v1.0.0', 'op.v3.0.0'], ['op.v2.0.0'], 'blocked', []],
    );
    assert.match(
      gap?.hint ?? '',
      /^Only op\.v2\.0\.0 would bridge it: lift the exclude at rules\/idx\/exclude\.yaml:1/,
    );
  });

  it('says in a gap of the merge that an exclude causes it', () => {
    const result = merge(op([V1]), op([V1, V2, V3]), [exclude('op', { bundle: 'op.v2.0.0' })]);
    const [gap] = result.gaps;
    assert.equal(gap?.kind, 'several-heads');
    assert.match(
      gap?.hint ?? '',
      /op\.v2\.0\.0 would bridge it, but rules\/idx\/exclude\.yaml:1 excludes it/,
    );
  });

  it('blocks where a version that is not in the catalog loses its path, or warns of it', () => {
    const base = op([V1, V2, { ...V3, skips: ['op.v2.5.0'] }]);
    const rule = [exclude('op', { bundle: 'op.v3.0.0' })];
    const blocked = merge(base, EMPTY, rule);
    assert.deepEqual(
      [blocked.gaps[0]?.kind, blocked.gaps[0]?.bundles],
      ['upgrade-lost', ['op.v2.5.0']],
    );
    const warned = mergeWith(
      { ...OPTIONS, strandedUpgrades: 'warn' },
      { base, delivery: EMPTY, exclusions: rule },
    );
    assert.deepEqual(warned.gaps, []);
    assert.deepEqual(
      warned.notes.map(({ kind }) => kind),
      ['excluded', 'upgrade-lost'],
    );
  });

  it('brings back the edges that Git had where a delivery moved them to the excluded head', () => {
    const base = op([V1, V2]);
    const next = [
      V1,
      { name: 'op.v2.0.0' },
      { name: 'op.v2.1.0', replaces: 'op.v1.0.0', skips: ['op.v2.0.0'] },
    ];
    const result = merge(base, op(next), [exclude('op', { bundle: 'op.v2.1.0' })]);
    assert.deepEqual(result.gaps, []);
    assert.deepEqual(entriesOf(result.catalog)?.at(-1)?.replaces, 'op.v1.0.0');
  });

  it('lets a delivery replace the head of Git that is excluded, though the two do not fit together', () => {
    const base = op([V1, V2]);
    const better = { name: 'op.v2.0.1', replaces: 'op.v1.0.0' };
    const rule = [exclude('op', { bundle: 'op.v2.0.0' })];
    assert.equal(merge(base, op([V1, better]), []).gaps[0]?.kind, 'several-heads');
    const result = merge(base, op([V1, better]), rule);
    assert.deepEqual([result.gaps, entriesOf(result.catalog)?.at(-1)?.name], [[], 'op.v2.0.1']);
    assert.match(
      result.notes[0]?.message ?? '',
      /head of the channel "stable" is now "op\.v2\.0\.1"\. Clusters that run op\.v2\.0\.0 stay on it/,
    );
    assert.deepEqual(result.changes[0]?.bundlesAdded, ['op.v2.0.1']);
  });

  it('excludes a channel with what only it has, and moves the default channel with a note', () => {
    const base = op([V1, V2], { beta: [V1, { ...V2, name: 'op.v4.0.0' }] });
    const result = merge(base, EMPTY, [exclude('op', { channel: 'stable' })]);
    const pkg = result.catalog.packages.get('op');
    assert.deepEqual(
      pkg?.bundles.map(({ name }) => name),
      ['op.v1.0.0', 'op.v4.0.0'],
    );
    assert.deepEqual(
      result.notes.map(({ kind, channel }) => [kind, channel]),
      [
        ['excluded', 'stable'],
        ['default-channel-changed', 'beta'],
      ],
    );
    assert.deepEqual([validateCatalog(result.catalog), result.excluded], [[], ['op/op.v2.0.0']]);
  });

  it('excludes a package, even one with a gap, and a channel whose last bundle goes', () => {
    const two = op([V1, { name: 'op.v9.0.0' }]);
    const whole = merge(op([V1]), two, [exclude('op')]);
    assert.deepEqual(
      [whole.catalog.packages.size, whole.gaps, whole.changes[0]?.kind, whole.excluded],
      [0, [], 'excluded', ['op/op.v1.0.0', 'op/op.v9.0.0']],
    );
    const base = op([V1], { beta: [{ name: 'op.v7.0.0' }] });
    const last = merge(base, EMPTY, [exclude('op', { bundle: 'op.v7.0.0' })]);
    assert.equal(entriesOf(last.catalog, 'beta'), null);
    assert.match(last.notes[0]?.message ?? '', /Nothing else was in the channel "beta"\./);
  });

  it('reports an exclude that matches nothing', () => {
    const result = merge(op([V1]), op([V1]), [
      exclude('op', { bundle: 'op.v8.0.0' }),
      exclude('nope'),
    ]);
    assert.deepEqual(
      result.notes.map(({ kind, package: pkg }) => [kind, pkg]),
      [
        ['exclude-idle', 'op'],
        ['exclude-idle', 'nope'],
      ],
    );
  });
});

/** What Git has and what is delivered: half of the time the same, so that few have a gap of their own. */
const anyPair = fc
  .tuple(anyChannels(), anyChannels(), fc.boolean())
  .map(([base, delivery, same]) => [base, same ? base : delivery] as const);

const anyExclusions = fc.array(
  fc.tuple(fc.constantFrom('bar', 'foo'), fc.integer({ min: 0, max: 11 })).map(([name, pick]) => {
    if (pick === 0) return exclude(name);
    if (pick > 8)
      return exclude(name, { channel: ['alpha', 'fast', 'stable'][pick - 9] ?? 'fast' });
    return exclude(name, { bundle: `${name}.v${pick}.0.0` });
  }),
  { maxLength: 3 },
);

describe('the laws of excluding', () => {
  it('what is excluded is not in the result, and the result is valid, save where a gap leaves Git as it was', (context) => {
    let done = 0;
    checkLaw(
      context,
      fc.property(anyPair, anyExclusions, ([base, delivery], exclusions) => {
        const { catalog, gaps } = merge(base, delivery, exclusions);
        assert.deepEqual(validateCatalog(catalog), []);
        const blocked = new Set(gaps.map((gap) => gap.package));
        for (const { package: name, channel, bundle } of exclusions) {
          const pkg = catalog.packages.get(name);
          if (blocked.has(name)) assert.equal(pkg, base.packages.get(name));
          else if (channel === null && bundle === null) assert.equal(pkg, undefined);
          else {
            done += 1;
            assert.ok(!pkg?.bundles.some((item) => item.name === bundle), bundle ?? '');
            assert.ok(!pkg?.channels.some((item) => item.name === channel), channel ?? '');
          }
        }
      }),
    );
    assert.ok(done > 500, `${done} carried out`);
  });

  it('a second merge of the same delivery changes nothing', (context) => {
    let merged = 0;
    checkLaw(
      context,
      fc.property(anyPair, anyExclusions, ([base, delivery], exclusions) => {
        const once = merge(base, delivery, exclusions);
        // A gap leaves a package as it was, to be merged another time.
        if (once.gaps.length > 0) return;
        merged += 1;
        const twice = merge(once.catalog, delivery, exclusions);
        assert.deepEqual(twice.gaps, []);
        assert.equal(hashCatalog(twice.catalog), hashCatalog(once.catalog));
      }),
    );
    assert.ok(merged > 100, `${merged} without a gap`);
  });

  it('the order of excludes does not count, and other packages are untouched', (context) => {
    checkLaw(
      context,
      fc.property(anyPair, anyExclusions, ([base, delivery], exclusions) => {
        const [a, b] = [
          merge(base, delivery, exclusions),
          merge(base, delivery, exclusions.toReversed()),
        ];
        assert.equal(hashCatalog(a.catalog), hashCatalog(b.catalog));
        const plain = mergeCatalogs(base, delivery, OPTIONS).catalog;
        for (const name of ['bar', 'foo'])
          if (!exclusions.some((exclusion) => exclusion.package === name))
            assert.equal(
              JSON.stringify(a.catalog.packages.get(name)),
              JSON.stringify(plain.packages.get(name)),
            );
      }),
    );
  });
});
