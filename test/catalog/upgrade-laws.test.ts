import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { listOffers } from '../../src/catalog/olm-walk.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import type { CatalogPackage } from '../../src/catalog/types.ts';
import { buildUpgradeGraphs, type UpgradeGraph } from '../../src/catalog/upgrade-graph.ts';
import { findInstalled, findUpgradePath } from '../../src/catalog/upgrade-path.ts';
import { findRealData } from '../support/real-data.ts';
import { fileOf, type SampleEntry } from './sample-catalog.ts';
import { graphOf, packageOf } from './sample-graphs.ts';

/** What follows from a path's contract, whatever the channel; returns how many versions have one. */
function checkPaths(pkg: CatalogPackage, graphs: readonly UpgradeGraph[]): number {
  let paths = 0;
  for (const graph of graphs) {
    const head = graph.offered[0]?.name;
    const edges = new Set(graph.edges.map(({ kind, from, to }) => `${kind} ${from} ${to}`));
    for (const node of graph.nodes) {
      const installed = findInstalled(node.name, pkg, graphs);
      assert.ok(installed !== null);
      const { hops, status } = findUpgradePath(graph, installed, graphs);
      assert.equal(['at-head', 'reaches-head'].includes(status), node.depth !== null, node.name);
      let from = node.name;
      for (const { kind, to } of hops) {
        assert.ok(edges.has(`${kind} ${from} ${to}`), `${kind} ${from} ${to}`);
        from = to;
      }
      if (node.depth === null) continue;
      assert.deepEqual([from, hops.length], [head, node.depth]);
      paths += 1;
    }
  }
  return paths;
}

const NAMES = Array.from({ length: 7 }, (_, i) => `op.v1.${i}.0`);
const anyName = fc.constantFrom(...NAMES);
const anyEntry = fc.record(
  {
    name: anyName,
    replaces: anyName,
    skips: fc.uniqueArray(anyName, { maxLength: 2 }),
    skipRange: fc.constantFrom('<1.3.0', '>=1.1.0 <1.5.0', '1.x', 'bad'),
  },
  { requiredKeys: ['name'] },
);
const anyChannel = fc.uniqueArray(anyEntry, { selector: (entry) => entry.name, minLength: 1 });

/** A chain that opm accepts, with skips and ranges on top. */
const soundChannel = fc
  .array(fc.tuple(fc.boolean(), fc.constantFrom('', '<1.2.0', '<1.9.0')), {
    minLength: 1,
    maxLength: 7,
  })
  .map((choices) =>
    choices.map(([skips, skipRange], i): SampleEntry => {
      const chained = i === 0 ? {} : { replaces: `op.v1.${i - 1}.0` };
      const skipped = skips && i > 0 ? { skips: [`op.v0.${i}.0`] } : {};
      return {
        name: `op.v1.${i}.0`,
        ...chained,
        ...skipped,
        ...(skipRange === '' ? {} : { skipRange }),
      };
    }),
  );

describe('laws of upgrade paths', () => {
  it('every hop is an edge, and a path ends at the head exactly where the depth says so', () => {
    let paths = 0;
    fc.assert(
      fc.property(anyChannel, anyChannel, (stable, fast) => {
        const pkg = packageOf({ channels: { stable, fast } });
        paths += checkPaths(pkg, buildUpgradeGraphs(pkg));
      }),
      { numRuns: 2000 },
    );
    assert.ok(paths > 1000, `${paths} paths`);
  });

  it('in a chain that opm accepts nothing is stranded, and a path is never longer than the chain', () => {
    fc.assert(
      fc.property(soundChannel, (stable) => {
        const graph = graphOf(packageOf({ channels: { stable } }));
        assert.equal(graph.offered.length, stable.length);
        for (const { name, depth } of graph.nodes) {
          assert.ok(depth !== null && depth <= stable.length, name);
          assert.ok(depth === 0 || listOffers(graph.offered, { name, version: null }).length > 0);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

const real = findRealData('pairs/41-whole-community-v4.17/new');

describe('upgrade graphs of a real catalog', { skip: real.skip }, () => {
  it('have one head each, and a path from every version but the four that only a skipped entry skips', () => {
    const files = readdirSync(real.path, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.yaml'))
      .map((path) => fileOf(path, readFileSync(join(real.path, path), 'utf8')));
    const packages = [...parseCatalog(files).catalog.packages.values()];
    const graphs = packages.flatMap((pkg) => {
      const own = buildUpgradeGraphs(pkg);
      assert.ok(checkPaths(pkg, own) > 0, pkg.name);
      return own;
    });
    assert.deepEqual([packages.length > 25, graphs.length > 60], [true, true]);
    for (const graph of graphs) assert.ok(graph.offered.length > 0, graph.channel);
    const stranded = graphs.flatMap((graph) =>
      graph.nodes.filter((node) => node.depth === null).map((node) => node.name),
    );
    assert.deepEqual(stranded, [
      'clusterpulse.v0.2.2',
      'clusterpulse.v0.2.1',
      'clusterpulse.v0.2.0',
      'clusterpulse.v0.1.1',
    ]);
  });
});
