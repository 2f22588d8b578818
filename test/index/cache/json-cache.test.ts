import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { compareTreePaths } from '../../../src/base/tree-order.ts';
import { parseCatalog } from '../../../src/catalog/parse-catalog.ts';
import { listCatalogFiles } from '../../../src/catalog/render-catalog.ts';
import type { Catalog, CatalogFile, CatalogPackage } from '../../../src/catalog/types.ts';
import { type DigestPart, hashParts } from '../../../src/index/cache/digest-part.ts';
import { inspectCache } from '../../../src/index/cache/inspect-cache.ts';
import {
  type PackageSummary,
  renderPackageCache,
  renderSharedCache,
} from '../../../src/index/cache/json-cache.ts';
import { settleConfig } from '../../../src/index/cache/settle-files.ts';
import { LAYER_MODES, listTreeEntries } from '../../../src/index/cache/tree-entries.ts';
import { fileOf } from '../../catalog/sample-catalog.ts';
import { makePackageText } from '../../support/catalog.ts';
import { listOracleTrees, NO_TREES, readTreeFiles } from '../../support/oracle-trees.ts';

interface Build {
  /** The catalog folder. */
  readonly configs: readonly CatalogFile[];
  readonly files: ReadonlyMap<string, CatalogFile>;
  /** Names of the packages whose files were rendered. */
  readonly rendered: readonly string[];
}

interface Layer extends Pick<PackageSummary, 'part' | 'indexEntry'> {
  readonly files: readonly CatalogFile[];
}

/** Builds as an index image does, taking the layers of packages that it knows. */
function build(catalog: Catalog, layers: Map<CatalogPackage, Layer>): Build {
  const rendered: string[] = [];
  for (const pkg of catalog.packages.values()) {
    if (layers.has(pkg)) continue;
    layers.set(pkg, renderLayer(pkg));
    rendered.push(pkg.name);
  }
  const settled = [...listCatalogFiles(catalog)]
    .map(([path, render]) => settleConfig({ path, bytes: render() }, LAYER_MODES))
    .toSorted((a, b) => compareTreePaths(a.file.path, b.file.path));
  const shared = renderSharedCache({
    catalog,
    summaryOf: (pkg) => layerOf(pkg, layers),
    configs: hashParts(settled.map(({ chain }) => chain)),
    modes: LAYER_MODES,
  });
  const own = [...catalog.packages.values()].flatMap((pkg) => layerOf(pkg, layers).files);
  const files = new Map([...own, ...shared].map((file) => [file.path, file]));
  return { files, configs: settled.map(({ file }) => file), rendered };
}

function layerOf(
  pkg: CatalogPackage,
  layers: ReadonlyMap<CatalogPackage, Layer>,
): Layer & PackageSummary {
  const layer = layers.get(pkg);
  assert.ok(layer !== undefined);
  return { ...layer, config: NOT_ASKED_FOR };
}

// `configs` is given beside it.
const NOT_ASKED_FOR: DigestPart = { from: 0, bytes: 0, sum: '0' };

function renderLayer(pkg: CatalogPackage): Layer {
  const files: CatalogFile[] = [];
  const run = renderPackageCache(pkg, LAYER_MODES);
  for (;;) {
    const next = run.next();
    if (next.done === true) {
      const { chain, indexEntry } = next.value;
      const [part] = hashParts([chain]);
      assert.ok(part !== undefined);
      return { part, indexEntry, files };
    }
    files.push(next.value);
  }
}

function assertRight({ files, configs }: Build): void {
  const inspected = inspectCache({
    configs: [...listTreeEntries(configs, LAYER_MODES)],
    cache: [...listTreeEntries(files.values(), LAYER_MODES)],
  });
  assert.deepEqual(
    [
      inspected.contents,
      inspected.others,
      inspected.caches.map(({ state, reason }) => state + reason),
    ],
    ['json', [], ['right']],
  );
}

function catalogFile(name: string, version: string, ...others: readonly object[]): CatalogFile {
  const text = makePackageText(name, [{ version, image: 'registry.example.com/a:1' }]);
  const rest = others.map((blob) => JSON.stringify(blob)).join('\n');
  return fileOf(`${name}/catalog.json`, `${text}${rest}`);
}

describe('renderPackageCache and renderSharedCache', () => {
  const custom = { schema: 'example', name: 'x', package: 'metas' };
  const loose = fileOf('catalog.json', JSON.stringify({ schema: 'example', name: 'loose' }));
  const names = ['bar', 'foo', 'metas-z', 'zoo'];
  const files = [
    ...names.map((name) => catalogFile(name, '1.0.0')),
    catalogFile('metas', '1.0.0', custom),
    loose,
  ];

  it('make a cache that is right, with custom schemas and without', () => {
    for (const configs of [files, files.slice(0, 4), [loose], []])
      assertRight(build(parseCatalog(configs).catalog, new Map()));
  });

  it('render the files of a changed package only, and the cache is right again', () => {
    const layers = new Map<CatalogPackage, Layer>();
    const before = parseCatalog(files).catalog;
    const first = build(before, layers);
    const changed = catalogFile('foo', '2.0.0');
    const after = parseCatalog([changed]).catalog.packages;
    const catalog = { ...before, packages: new Map([...before.packages, ...after]) };
    const second = build(catalog, layers);
    assert.deepEqual(second.rendered, ['foo']);
    assertRight(second);
    assert.deepEqual(second, { ...build(catalog, new Map()), rendered: ['foo'] });
    const same = [...second.files].filter(([path, file]) => first.files.get(path) === file);
    assert.equal(same.length, 5, 'files of bar, metas with its custom object, metas-z and zoo');
  });

  it('lead to summaries that survive being kept as JSON', () => {
    const { catalog } = parseCatalog(files);
    for (const pkg of catalog.packages.values()) {
      const { part, indexEntry } = renderLayer(pkg);
      assert.deepEqual(JSON.parse(JSON.stringify({ part, indexEntry })), { part, indexEntry });
    }
  });
});

describe('the cache of every catalog that opm serves', { skip: NO_TREES }, () => {
  for (const tree of listOracleTrees()) {
    const { cache } = tree;
    if (cache === null) continue;
    it(`is right for ${tree.path}, and has opm's files save white space`, () => {
      const made = build(parseCatalog(readTreeFiles(tree)).catalog, new Map());
      assertRight(made);
      const sums = [...made.files.values()]
        .filter(({ path }) => path.startsWith('cache/') && !/^cache\/[^/]*!$/.test(path))
        .map(({ path, bytes }) => [path.slice('cache/'.length), sumWithoutSpace(path, bytes)]);
      assert.deepEqual(Object.fromEntries(sums), cache.files);
    });
  }
});

function sumWithoutSpace(path: string, bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString();
  // Custom schemas end with a line feed, and get no other white space.
  const plain = path.startsWith('cache/metas/') ? text : text.trimEnd();
  return createHash('sha256').update(plain).digest('hex');
}
