import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readEntries } from '../../src/catalog/blob-fields.ts';
import { joinCatalog } from '../../src/catalog/build-catalog.ts';
import { findUnmet } from '../../src/catalog/find-unmet.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { type KeepWish, keepContent } from '../../src/catalog/keep-content.ts';
import type { Catalog, CatalogPackage, JsonObject } from '../../src/catalog/types.ts';
import { buildUpgradeGraphs } from '../../src/catalog/upgrade-graph.ts';
import { findInstalled, findUpgradePath } from '../../src/catalog/upgrade-path.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { checkLaw } from '../support/check-law.ts';
import { anyChannels } from './any-channels.ts';
import { type SamplePackage, sampleCatalog } from './sample-catalog.ts';

function wish(name: string, changes: Partial<KeepWish> = {}): KeepWish {
  return { package: name, bundles: [], channels: [], range: null, whole: false, ...changes };
}

function keepOf(catalog: Catalog, wishes: readonly KeepWish[]) {
  const kept = keepContent(new Map([['idx', catalog]]), new Map([['idx', wishes]])).get('idx');
  assert.ok(kept !== undefined);
  return kept;
}

function listNames(catalog: Catalog): readonly string[] {
  return [...catalog.packages.values()].flatMap(({ bundles }) => bundles.map(({ name }) => name));
}

function anyWish(): fc.Arbitrary<KeepWish> {
  const channels = fc.oneof(
    fc.constantFrom('all' as const, 'default' as const),
    fc.subarray(['alpha', 'fast', 'stable']),
  );
  return fc.constantFrom('bar', 'foo').chain((name) =>
    fc.record({
      package: fc.constant(name),
      bundles: fc
        .subarray([1, 2, 3, 4, 5, 6, 7, 8], { maxLength: 3 })
        .map((picked) => picked.map((version) => `${name}.v${version}.0.0`)),
      channels,
      range: fc.option(fc.constantFrom('>=2.0.0 <4.0.0', '3.x', '~5.0')),
      whole: fc.nat({ max: 9 }).map((dice) => dice === 0),
    }),
  );
}

const anyWishes = fc.array(anyWish(), { maxLength: 3 });

describe('the laws of keeping', () => {
  it('a valid catalog stays valid, whatever is kept of it, and some of it goes', (context) => {
    let cut = 0;
    checkLaw(
      context,
      fc.property(anyChannels(), anyWishes, (catalog, wishes) => {
        const kept = keepOf(catalog, wishes).catalog;
        assert.deepEqual(validateCatalog(kept), []);
        if (listNames(kept).length < listNames(catalog).length) cut += 1;
      }),
    );
    assert.ok(cut > 1_000, `${cut} of 2,000 were cut`);
  });

  // Seen to fail: with the bundles of wishes left out.
  it('what is wished and there is kept, in every channel that had it, and gets as far up as before', (context) => {
    checkLaw(
      context,
      fc.property(anyChannels(), anyWishes, (catalog, wishes) => {
        const kept = keepOf(catalog, wishes).catalog;
        for (const { package: name, bundles } of wishes)
          for (const bundle of bundles) assertKept(bundle, catalog.packages.get(name), kept);
      }),
    );
  });

  // Seen to fail: with the hops into a followed channel left out.
  it('a followed channel stays with its head, and who is elsewhere gets there as before', (context) => {
    checkLaw(
      context,
      fc.property(anyChannels(), anyWishes, (catalog, wishes) => {
        const kept = keepOf(catalog, wishes).catalog;
        for (const { package: name, bundles, channels } of wishes) {
          const pkg = catalog.packages.get(name);
          if (pkg === undefined || typeof channels === 'string') continue;
          for (const channel of channels.filter((known) =>
            pkg.channels.some((one) => one.name === known),
          ))
            for (const bundle of bundles)
              assert.equal(
                endOf(kept.packages.get(name), channel, bundle),
                endOf(pkg, channel, bundle),
              );
        }
      }),
    );
  });

  it('more wishes never keep less, and keeping again changes nothing', (context) => {
    checkLaw(
      context,
      fc.property(anyChannels(), anyWishes, anyWishes, (catalog, wishes, more) => {
        const few = keepOf(catalog, wishes).catalog;
        const many = new Set(listNames(keepOf(catalog, [...wishes, ...more]).catalog));
        const missing = listNames(few).filter((name) => !many.has(name));
        assert.deepEqual(missing, []);
        assert.equal(hashCatalog(keepOf(few, wishes).catalog), hashCatalog(few));
      }),
    );
  });
});

function assertKept(bundle: string, pkg: CatalogPackage | undefined, kept: Catalog): void {
  if (pkg?.bundles.some(({ name: known }) => known === bundle) !== true) return;
  const after = kept.packages.get(pkg.name);
  assert.ok(after?.bundles.some(({ name: known }) => known === bundle));
  for (const channel of pkg.channels)
    if (readEntries(channel).some((entry) => entry.name === bundle))
      assert.equal(endOf(after, channel.name, bundle), endOf(pkg, channel.name, bundle));
}

/** Where OLM gets from a bundle in a channel. */
function endOf(pkg: CatalogPackage | undefined, channel: string, bundle: string): string | null {
  if (pkg === undefined) return null;
  const graphs = buildUpgradeGraphs(pkg);
  const graph = graphs.find((one) => one.channel === channel);
  const installed = findInstalled(bundle, pkg, graphs);
  if (graph === undefined || installed === null) return null;
  return findUpgradePath(graph, installed, graphs).hops.at(-1)?.to ?? bundle;
}

function needing(name: string, properties: readonly JsonObject[], version = '1.0.0') {
  const bundle = `${name}.v${version}`;
  const own = { type: 'olm.package', value: { packageName: name, version } };
  return { [bundle]: { properties: [own, ...properties] } };
}

function makePackage(name: string, properties: readonly JsonObject[] = []): SamplePackage {
  const channels = { stable: [{ name: `${name}.v1.0.0` }] };
  return { name, channels, bundles: needing(name, properties) };
}

function needPackage(name: string, range = '>=1.0.0'): JsonObject {
  return { type: 'olm.package.required', value: { packageName: name, versionRange: range } };
}

const API = { group: 'x.example.com', version: 'v1', kind: 'Thing' };

describe('keepContent', () => {
  // Seen to fail: with the first round of keeping taken for the last.
  it('keeps what kept bundles require, and what that requires, in a circle too', () => {
    const catalog = sampleCatalog(
      makePackage('a', [needPackage('b')]),
      makePackage('b', [needPackage('c')]),
      makePackage('c', [needPackage('a')]),
      makePackage('d'),
    );
    const { catalog: kept, unmet } = keepOf(catalog, [wish('a', { bundles: ['a.v1.0.0'] })]);
    assert.deepEqual([...kept.packages.keys()], ['a', 'b', 'c']);
    assert.deepEqual(unmet, []);
  });

  it('reads every form of olm.constraint', () => {
    const providing = [{ type: 'olm.gvk', value: API }];
    const constraints: readonly (readonly [JsonObject, readonly string[]])[] = [
      [{ package: { packageName: 'b', versionRange: '>=1.0.0' } }, ['b']],
      [{ gvk: API }, ['d']],
      [
        {
          all: {
            constraints: [{ gvk: API }, { package: { packageName: 'b', versionRange: '1.x' } }],
          },
        },
        ['b', 'd'],
      ],
      [
        {
          any: {
            constraints: [{ package: { packageName: 'c', versionRange: '1.x' } }, { gvk: API }],
          },
        },
        ['c', 'd'],
      ],
      [{ not: { constraints: [{ package: { packageName: 'b', versionRange: '1.x' } }] } }, []],
      [{ all: { constraints: [{ any: { constraints: [{ gvk: API }] } }] } }, ['d']],
    ];
    for (const [constraint, expected] of constraints) {
      const value = { failureMessage: 'no', ...constraint };
      const catalog = sampleCatalog(
        makePackage('a', [{ type: 'olm.constraint', value }]),
        makePackage('b'),
        makePackage('c'),
        makePackage('d', providing),
      );
      const {
        catalog: kept,
        unmet,
        unclear,
      } = keepOf(catalog, [wish('a', { bundles: ['a.v1.0.0'] })]);
      assert.deepEqual([...kept.packages.keys()], ['a', ...expected], JSON.stringify(constraint));
      assert.deepEqual([unmet, unclear], [[], []]);
    }
  });

  it('says what nobody can judge, and what nothing provides', () => {
    const rule = {
      failureMessage: 'no',
      cel: { rule: 'properties.exists(p, p.type.matches("x"))' },
    };
    const catalog = sampleCatalog(
      makePackage('a', [{ type: 'olm.constraint', value: rule }, needPackage('z')]),
    );
    const { unmet, unclear } = keepOf(catalog, [wish('a', { bundles: ['a.v1.0.0'] })]);
    assert.deepEqual(unclear, ['a/a.v1.0.0']);
    assert.deepEqual(
      unmet.map(({ bundle, requires }) => [bundle, requires]),
      [['a.v1.0.0', 'z >=1.0.0']],
    );
  });

  // Seen to fail: with rules in CEL taken for unknown, nothing of them was kept.
  it('keeps what fulfils a rule in CEL, and says what none fulfils or nobody can judge', () => {
    const cases = [
      ['properties.exists(p, p.type == "certified" && p.value.level == 2)', ['d'], 0],
      [
        'properties.exists(p, p.type == "olm.package" && p.value.packageName == "c" && semver_compare(p.value.version, "v1") >= 0)',
        ['c'],
        0,
      ],
      ['properties.exists(p, p.type == "olm.package" && p.value.packageName == "a")', [], 0],
      ['properties.exists(p, p.type == "nobody")', [], 1],
      ['properties.exists(p, p.value.nowhere == 1)', [], 1],
      ['properties.exists(p, semver_compare(p.value, "none") == 0)', [], 1],
    ] as const;
    const certified = [{ type: 'certified', value: { level: 2 } }];
    for (const [rule, expected, lacking] of cases) {
      const catalog = sampleCatalog(
        makePackage('a', [
          { type: 'olm.constraint', value: { failureMessage: 'no', cel: { rule } } },
        ]),
        makePackage('b'),
        makePackage('c'),
        makePackage('d', certified),
      );
      const kept = keepOf(catalog, [wish('a', { bundles: ['a.v1.0.0'] })]);
      assert.deepEqual([...kept.catalog.packages.keys()], ['a', ...expected], rule);
      assert.deepEqual([kept.unmet.length, kept.unclear], [lacking, []], rule);
    }
    for (const rule of ['properties.exists(', '1 + 1', 'nothing(properties)', 'other == 1']) {
      const value = { failureMessage: 'no', cel: { rule } };
      const catalog = sampleCatalog(makePackage('a', [{ type: 'olm.constraint', value }]));
      const kept = keepOf(catalog, [wish('a', { bundles: ['a.v1.0.0'] })]);
      assert.deepEqual([kept.unmet, kept.unclear], [[], ['a/a.v1.0.0']], rule);
    }
  });

  it('takes what is required from another catalog where its own has none', () => {
    const catalogs = new Map([
      ['one', sampleCatalog(makePackage('a', [needPackage('b')]))],
      ['two', sampleCatalog(makePackage('b'), makePackage('c'))],
    ]);
    const kept = keepContent(catalogs, new Map([['one', [wish('a', { bundles: ['a.v1.0.0'] })]]]));
    assert.deepEqual([...(kept.get('two')?.catalog.packages.keys() ?? [])], ['b']);
    assert.deepEqual(kept.get('one')?.unmet, []);
  });

  it('leaves nothing unmet that was met before, whatever requires what', (context) => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const anyNeeds = fc.tuple(...names.map(() => fc.subarray(names, { maxLength: 2 })));
    checkLaw(
      context,
      fc.property(anyNeeds, fc.subarray(names), (needs, wished) => {
        const packages = names.map((name, i) =>
          makePackage(
            name,
            (needs[i] ?? []).filter((other) => other !== name).map((other) => needPackage(other)),
          ),
        );
        const whole = sampleCatalog(...packages);
        const { catalog } = keepOf(
          whole,
          wished.map((name) => wish(name, { bundles: [`${name}.v1.0.0`] })),
        );
        assert.deepEqual(findUnmet(catalog, whole), []);
        assert.ok(wished.every((name) => catalog.packages.has(name)));
      }),
      500,
    );
  });

  it('keeps the default channel for who follows it, and every channel for an extension that names none', () => {
    const channels = {
      stable: [{ name: 'a.v2.0.0', replaces: 'a.v1.0.0' }],
      alpha: [{ name: 'a.v1.0.0' }],
      beta: [{ name: 'a.v3.0.0' }],
    };
    const catalog = sampleCatalog({ name: 'a', defaultChannel: 'stable', channels });
    function listKept(changes: Partial<KeepWish>): readonly string[] {
      const { catalog: kept } = keepOf(catalog, [wish('a', { bundles: ['a.v1.0.0'], ...changes })]);
      return (kept.packages.get('a')?.channels ?? []).map(({ name }) => name).toSorted();
    }
    assert.deepEqual(listKept({}), ['alpha']);
    assert.deepEqual(listKept({ channels: 'default' }), ['alpha', 'stable']);
    assert.deepEqual(listKept({ channels: 'all' }), ['alpha', 'beta', 'stable']);
    assert.deepEqual(listKept({ range: '3.x' }), ['alpha', 'beta']);
  });

  it('keeps nothing where nothing is wished, and all where all is', () => {
    const catalog = sampleCatalog(makePackage('a'), makePackage('b'));
    assert.equal(hashCatalog(keepOf(catalog, []).catalog), hashCatalog(joinCatalog([], [])));
    const all = keepOf(catalog, [wish('a', { whole: true }), wish('b', { whole: true })]);
    assert.equal(hashCatalog(all.catalog), hashCatalog(catalog));
  });
});
