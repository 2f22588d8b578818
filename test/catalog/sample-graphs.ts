import assert from 'node:assert/strict';
import type { CatalogPackage } from '../../src/catalog/types.ts';
import { buildUpgradeGraphs, type UpgradeGraph } from '../../src/catalog/upgrade-graph.ts';
import { type SamplePackage, sampleCatalog } from './sample-catalog.ts';

/** A package `op` of these channels. */
export function packageOf(sample: Omit<SamplePackage, 'name'>): CatalogPackage {
  const pkg = sampleCatalog({ name: 'op', ...sample }).packages.get('op');
  assert.ok(pkg !== undefined);
  return pkg;
}

/** The graph of one of its channels, which must be there. */
export function graphOf(pkg: CatalogPackage, channel = 'stable'): UpgradeGraph {
  const graph = buildUpgradeGraphs(pkg).find((candidate) => candidate.channel === channel);
  assert.ok(graph !== undefined);
  return graph;
}
