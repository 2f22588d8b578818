import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EdgeKind, Hop } from '../../src/catalog/olm-walk.ts';
import type { CatalogPackage } from '../../src/catalog/types.ts';
import { buildUpgradeGraphs, type UpgradeGraph } from '../../src/catalog/upgrade-graph.ts';
import {
  findInstalled,
  findUpgradePath,
  type UpgradePath,
} from '../../src/catalog/upgrade-path.ts';
import type { SampleEntry } from './sample-catalog.ts';
import { graphOf, packageOf } from './sample-graphs.ts';

function pathFrom(pkg: CatalogPackage, from: string, channel = 'stable'): UpgradePath {
  const graphs = buildUpgradeGraphs(pkg);
  const installed = findInstalled(from, pkg, graphs);
  assert.ok(installed !== null, from);
  return findUpgradePath(graphOf(pkg, channel), installed, graphs);
}

function hop(kind: EdgeKind, to: string): Hop {
  return { kind, to };
}

function depthsOf(graph: UpgradeGraph): Readonly<Record<string, number | null>> {
  return Object.fromEntries(graph.nodes.map((node) => [node.name, node.depth]));
}

const CHAIN: readonly SampleEntry[] = [
  { name: 'op.v1.0.0' },
  { name: 'op.v1.1.0', replaces: 'op.v1.0.0' },
  { name: 'op.v1.2.0', replaces: 'op.v1.1.0' },
];

describe('buildUpgradeGraph', () => {
  it('lists what OLM may offer from the head down, and counts the hops', () => {
    const graph = graphOf(packageOf({ channels: { stable: CHAIN } }));
    assert.deepEqual(
      graph.offered.map((entry) => entry.name),
      ['op.v1.2.0', 'op.v1.1.0', 'op.v1.0.0'],
    );
    assert.deepEqual(depthsOf(graph), { 'op.v1.2.0': 0, 'op.v1.1.0': 1, 'op.v1.0.0': 2 });
    assert.deepEqual(graph.edges, [
      { kind: 'replaces', from: 'op.v1.1.0', to: 'op.v1.2.0' },
      { kind: 'replaces', from: 'op.v1.0.0', to: 'op.v1.1.0' },
    ]);
    assert.equal(graph.isDefault, true);
  });

  it('takes what is skipped out of the offer, and lets it go where it is skipped', () => {
    const graph = graphOf(
      packageOf({
        channels: {
          stable: [
            { name: 'op.v1.2.0', replaces: 'op.v1.0.0', skips: ['op.v1.1.0', 'op.v0.9.0'] },
            { name: 'op.v1.1.0', replaces: 'op.v1.0.0' },
            { name: 'op.v1.0.0' },
          ],
        },
      }),
    );
    assert.deepEqual(
      graph.offered.map((entry) => entry.name),
      ['op.v1.2.0', 'op.v1.0.0'],
    );
    assert.deepEqual(depthsOf(graph), {
      'op.v1.2.0': 0,
      'op.v1.0.0': 1,
      'op.v1.1.0': 1,
      'op.v0.9.0': 1,
    });
    const absent = graph.nodes.find((node) => node.name === 'op.v0.9.0');
    assert.deepEqual([absent?.entry, absent?.skipped, absent?.version], [false, true, '']);
  });

  it('finds stranded what only a skipped entry skips, as OLM does and opm does not', () => {
    const graph = graphOf(
      packageOf({
        channels: {
          stable: [
            { name: 'op.v3.0.0', skips: ['op.v2.0.0'] },
            { name: 'op.v2.0.0', skips: ['op.v1.0.0'] },
            { name: 'op.v1.0.0' },
          ],
        },
      }),
    );
    assert.deepEqual(depthsOf(graph), { 'op.v3.0.0': 0, 'op.v2.0.0': 1, 'op.v1.0.0': null });
  });

  const refused: readonly (readonly [string, readonly SampleEntry[], readonly string[]])[] = [
    ['two heads', [{ name: 'op.v1.0.0' }, { name: 'op.v2.0.0' }], ['op.v1.0.0', 'op.v2.0.0']],
    ['no head', [{ name: 'op.v1.0.0', skips: ['op.v1.0.0'] }], []],
    [
      'a cycle of skipped entries below the head',
      [
        { name: 'op.v3.0.0', replaces: 'op.v2.0.0', skips: ['op.v2.0.0'] },
        { name: 'op.v2.0.0', replaces: 'op.v1.0.0' },
        { name: 'op.v1.0.0', replaces: 'op.v2.0.0' },
      ],
      ['op.v3.0.0'],
    ],
  ];
  for (const [title, stable, heads] of refused)
    it(`offers nothing in a channel with ${title}, which OLM refuses`, () => {
      const pkg = packageOf({ channels: { stable } });
      const graph = graphOf(pkg);
      assert.deepEqual([graph.offered, graph.heads], [[], heads]);
      assert.ok(graph.nodes.length > 0 && graph.nodes.every((node) => node.depth === null));
      assert.equal(pathFrom(pkg, '1.0.0').status, 'refused');
    });

  it('draws a skipRange to the versions that the catalog has, and reads every deprecation', () => {
    const pkg = packageOf({
      channels: {
        stable: [
          { name: 'op.v1.2.0', skipRange: '>=1.0.0 <=1.2.0' },
          { name: 'op.v1.1.0', skipRange: 'nonsense' },
        ],
        old: [{ name: 'op.v1.1.0' }],
      },
      deprecations: [
        { schema: 'olm.bundle', name: 'op.v1.1.0', message: 'leaks' },
        { schema: 'olm.channel', name: 'old', message: 'use stable' },
      ],
    });
    const graph = graphOf(pkg);
    assert.deepEqual(graph.edges, [{ kind: 'skipRange', from: 'op.v1.1.0', to: 'op.v1.2.0' }]);
    assert.equal(graph.nodes.find((node) => node.name === 'op.v1.1.0')?.deprecated, 'leaks');
    assert.deepEqual([graph.deprecated, graphOf(pkg, 'old').deprecated], [null, 'use stable']);
    const whole = packageOf({
      channels: { stable: CHAIN },
      deprecations: [{ schema: 'olm.package', message: 'gone' }],
    });
    assert.deepEqual([graphOf(whole).deprecated, graphOf(whole).packageDeprecated], ['gone', true]);
  });
});

describe('findUpgradePath', () => {
  const ranged = packageOf({
    channels: {
      stable: [
        { name: 'op.v2.1.0', replaces: 'op.v2.0.0', skipRange: '>=1.5.0 <2.1.0' },
        { name: 'op.v2.0.0', replaces: 'op.v1.4.0', skipRange: '>=1.0.0 <2.0.0' },
        { name: 'op.v1.4.0', replaces: 'op.v1.3.0' },
      ],
    },
  });
  const paths: readonly (readonly [string, readonly Hop[]])[] = [
    ['2.0.0', [hop('replaces', 'op.v2.1.0')]],
    ['op.v1.4.0', [hop('replaces', 'op.v2.0.0'), hop('replaces', 'op.v2.1.0')]],
    ['1.6.0', [hop('skipRange', 'op.v2.1.0')]],
    ['v1.2.3', [hop('skipRange', 'op.v2.0.0'), hop('replaces', 'op.v2.1.0')]],
    ['1.3.0', [hop('skipRange', 'op.v2.0.0'), hop('replaces', 'op.v2.1.0')]],
  ];
  for (const [from, hops] of paths)
    it(`takes from ${from} the successor nearest the head, hop by hop`, () => {
      const path = pathFrom(ranged, from);
      assert.deepEqual([path.status, path.hops], ['reaches-head', hops]);
      assert.deepEqual(path.offers[0], hops[0]);
    });

  it('lists every offer, nearest the head first', () => {
    assert.deepEqual(
      pathFrom(ranged, '1.6.0').offers.map((offer) => offer.to),
      ['op.v2.1.0', 'op.v2.0.0'],
    );
  });

  it('tells the head, and what is higher, from what is stranded', () => {
    const statuses = ['2.1.0', '3.0.0', '0.9.0'].map((from) => pathFrom(ranged, from).status);
    assert.deepEqual(statuses, ['at-head', 'ahead', 'stranded']);
  });

  it('ends where a skipRange leads in a circle', () => {
    const pkg = packageOf({
      channels: {
        stable: [
          { name: 'op.v3.0.0', replaces: 'op.v2.0.0', skips: ['op.v2.0.0'] },
          { name: 'op.v2.0.0', replaces: 'op.v1.0.0' },
          { name: 'op.v1.0.0', replaces: 'op.v0.1.0', skipRange: '<2.0.0' },
          { name: 'op.v0.1.0', skipRange: '=1.0.0' },
        ],
      },
    });
    const path = pathFrom(pkg, '1.0.0');
    assert.deepEqual([path.status, path.hops], ['stranded', [hop('skipRange', 'op.v0.1.0')]]);
    assert.equal(depthsOf(graphOf(pkg))['op.v1.0.0'], null);
  });

  it('names what would bridge: another channel, a missing bundle, the next higher entry', () => {
    const pkg = packageOf({
      channels: {
        stable: [
          { name: 'op.v2.0.0', replaces: 'op.v1.3.0' },
          { name: 'op.v1.3.0', replaces: 'op.v1.2.0' },
        ],
        fast: [{ name: 'op.v1.3.0', skipRange: '>=1.0.0 <1.3.0' }],
      },
    });
    assert.deepEqual(pathFrom(pkg, '1.1.0').bridges, [
      { kind: 'channel', channel: 'fast', bundle: 'op.v1.3.0' },
      { kind: 'bundle', bundle: 'op.v1.2.0' },
      { kind: 'edge', bundle: 'op.v1.3.0' },
    ]);
    assert.deepEqual(pathFrom(pkg, '1.1.0', 'fast').status, 'reaches-head');
  });

  it('takes a name that no channel has for its version, and refuses what is neither', () => {
    const graphs = buildUpgradeGraphs(ranged);
    assert.equal(pathFrom(ranged, 'op.v1.6.0').hops.at(-1)?.to, 'op.v2.1.0');
    assert.equal(findInstalled('latest', ranged, graphs), null);
    assert.equal(findInstalled('2.1.0', ranged, graphs)?.name, 'op.v2.1.0');
  });
});
