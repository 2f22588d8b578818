// What the json cache of opm costs, and how that grows with what a commit changed: in CPU time of one
// process, which other work on the machine does not stretch.
import { Buffer } from 'node:buffer';
import { listCacheGroups } from '../src/catalog/cache/list-groups.ts';
import { learnBlob } from '../src/catalog/learn-blob.ts';
import { parseCatalog } from '../src/catalog/parse-catalog.ts';
import type { Catalog, CatalogFile, CatalogPackage } from '../src/catalog/types.ts';
import { hashParts } from '../src/index/cache/digest-part.ts';
import {
  type PackageSummary,
  renderPackageCache,
  renderSharedCache,
} from '../src/index/cache/json-cache.ts';
import { settleConfig } from '../src/index/cache/settle-files.ts';
import { LAYER_MODES } from '../src/index/cache/tree-entries.ts';
import { type PackageText, renamePackage } from './make-inputs.ts';

/** Prints a table: files and digest of a catalog of this size, then after one package changed. */
export function measureCache(packages: readonly PackageText[], megabytes: number): void {
  const files = makeFiles(packages, megabytes * 1e6);
  const size = files.reduce((sum, file) => sum + file.bytes.length, 0) / 1e6;
  const { catalog } = parseCatalog(files, learnBlob);
  const rendered = time(() => renderAll(catalog));
  const memory: Memory = new WeakMap();
  const whole = time(() => buildCache(catalog, files, memory));
  const [name = ''] = [...catalog.packages.keys()].slice(catalog.packages.size / 2);
  const changed = changePackage(catalog, name);
  const again = time(() => buildCache(changed, files, memory));
  const rows = [
    ['files of the cache', rendered.seconds],
    ['files, settled, and digest', whole.seconds],
    ['the same after one package changed', again.seconds],
  ] as const;
  console.log(
    `\nopm's json cache: ${catalog.packages.size} packages, ${size.toFixed(0)} MB of catalog, ${(rendered.value / 1e6).toFixed(0)} MB of cache:\n`,
  );
  console.log('| work | CPU seconds | CPU ms a MB of catalog |\n|---|---|---|');
  for (const [work, seconds] of rows)
    console.log(`| ${work} | ${seconds.toFixed(2)} | ${((seconds / size) * 1e3).toFixed(1)} |`);
}

function makeFiles(packages: readonly PackageText[], size: number): readonly CatalogFile[] {
  const files: CatalogFile[] = [];
  for (let left = size, index = 0; left > 0; index += 1) {
    const pkg = packages[index % packages.length];
    if (pkg === undefined) throw new Error('There are no packages.');
    const { name, json } = renamePackage(pkg, Math.floor(index / packages.length));
    const bytes = Buffer.from(json);
    files.push({ path: `${name}/catalog.json`, bytes });
    left -= bytes.length;
  }
  return files;
}

/** The catalog with one package read anew, as after a commit that changed it. */
function changePackage(catalog: Catalog, name: string): Catalog {
  const packages = new Map(catalog.packages);
  const pkg = packages.get(name);
  if (pkg !== undefined) packages.set(name, { ...pkg });
  return { ...catalog, packages };
}

function renderAll(catalog: Catalog): number {
  let bytes = 0;
  for (const group of listCacheGroups(catalog))
    for (const file of group.files()) bytes += file.bytes.length;
  return bytes;
}

type Memory = WeakMap<CatalogPackage, PackageSummary>;

/** Builds the cache as an image would hold it, unchanged packages out of the memory. */
function buildCache(catalog: Catalog, files: readonly CatalogFile[], memory: Memory): number {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const summaries = [...catalog.packages.values()].map((pkg) => {
    const file = byPath.get(`${pkg.name}/catalog.json`) ?? failOn(pkg);
    const known = memory.get(pkg) ?? summarize(pkg, file);
    memory.set(pkg, known);
    return [pkg, known] as const;
  });
  const byPackage = new Map(summaries);
  return renderSharedCache({
    catalog,
    summaryOf: (pkg) => byPackage.get(pkg) ?? failOn(pkg),
    configs: summaries.map(([, { config }]) => config),
    modes: LAYER_MODES,
  }).length;
}

function summarize(pkg: CatalogPackage, file: CatalogFile): PackageSummary {
  const { chain, indexEntry } = drain(renderPackageCache(pkg, LAYER_MODES));
  const [config, part] = hashParts([settleConfig(file, LAYER_MODES).chain, chain]);
  return config === undefined || part === undefined ? failOn(pkg) : { config, part, indexEntry };
}

function failOn(pkg: CatalogPackage): never {
  throw new Error(`The package ${pkg.name} is not of the catalog.`);
}

function drain<T>(run: Generator<unknown, T, undefined>): T {
  for (;;) {
    const next = run.next();
    if (next.done === true) return next.value;
  }
}

function time<T>(work: () => T): { readonly value: T; readonly seconds: number } {
  const start = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(start);
  return { value, seconds: (user + system) / 1e6 };
}
