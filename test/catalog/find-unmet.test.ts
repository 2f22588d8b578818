import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findUnmet } from '../../src/catalog/find-unmet.ts';
import type { Blob, Catalog } from '../../src/catalog/types.ts';
import { sampleCatalog } from './sample-catalog.ts';

const KINDS = ['A', 'B', 'C'];

function typedApis(type: string, kinds: readonly string[]) {
  return kinds.map((kind) => ({ type, value: { group: 'g.io', version: 'v1', kind } }));
}

function sample(name: string, type: string, kinds: readonly string[]): Catalog {
  const names = [1, 2, 3].map((major) => `${name}.v${major}.0.0`);
  return sampleCatalog({
    name,
    channels: {
      stable: names.map((its, i) => ({
        name: its,
        ...(i === 0 ? {} : { replaces: names[i - 1] }),
      })),
    },
    bundles: Object.fromEntries(names.map((its) => [its, { properties: typedApis(type, kinds) }])),
  });
}

/** The same catalog, which counts how often the value of a bundle is asked for. */
function countReads(catalog: Catalog): { readonly catalog: Catalog; count(): number } {
  let reads = 0;
  function watch(bundle: Blob): Blob {
    return Object.create(bundle, {
      value: {
        get() {
          reads += 1;
          return bundle.value;
        },
      },
    });
  }
  const packages = [...catalog.packages].map(
    ([name, pkg]) => [name, { ...pkg, bundles: pkg.bundles.map(watch) }] as const,
  );
  return { catalog: { ...catalog, packages: new Map(packages) }, count: () => reads };
}

// Values are read from text anew, so that each look at a whole catalog parses it. Seen to fail: one look for each bundle and thing.
test('a catalog is looked through once, however many bundles require how many things', () => {
  const source = countReads(sample('provider', 'olm.gvk', KINDS));
  const unmet = findUnmet(sample('op', 'olm.gvk.required', KINDS), source.catalog);
  assert.deepEqual(
    unmet.map(({ bundle, requires, providers }) => [bundle, requires, providers]),
    [1, 2, 3].flatMap((major) =>
      KINDS.map((kind) => [`op.v${major}.0.0`, `${kind}.v1.g.io`, ['provider']]),
    ),
  );
  assert.ok(source.count() <= 3, `${source.count()} values of 3 bundles were read`);
});
