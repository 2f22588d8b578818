import { Buffer } from 'node:buffer';
import type { Fnv64Chain } from '../../base/fnv64.ts';
import type { BundleRenderer } from '../../catalog/cache/bundle-parts.ts';
import { listCacheGroups } from '../../catalog/cache/list-groups.ts';
import { moveFile } from '../../catalog/cache/pieced-file.ts';
import { renderBundleFiles } from '../../catalog/cache/render-bundles.ts';
import { renderIndexEntry } from '../../catalog/cache/render-index.ts';
import { METAS_FOLDER, renderMetaFiles } from '../../catalog/cache/render-metas.ts';
import type { Catalog, CatalogFile, CatalogPackage } from '../../catalog/types.ts';
import { buildCacheDigest, type CacheRun } from './build-digest.ts';
import { type DigestPart, hashParts } from './digest-part.ts';
import { settleFiles } from './settle-files.ts';
import type { TreeModes } from './tree-entries.ts';

/** What the rest of the cache needs to know of a package's files: little, and plain data to keep. */
export interface PackageSummary {
  /** Of its file in the catalog folder. */
  readonly config: DigestPart;
  /** Of its files in the cache. */
  readonly part: DigestPart;
  /** The package in the index of packages. */
  readonly indexEntry: string;
}

/** Folder of the files that the digest is about, in the folder of the cache. */
const FILES_FOLDER = 'cache';

/** What `renderPackageCache` tells of a package; its file in the catalog folder is settled by `settleConfig`. */
export interface PackageCache extends Pick<PackageSummary, 'indexEntry'> {
  /** By which `hashParts` tells what its files do to the digest. */
  readonly chain: Fnv64Chain;
}

/**
 * The files of opm's json cache that belong to one package, its custom schemas among them; returns what their summary is
 * made of, which holds them until they are hashed. Both follow from the package and the modes alone, so that
 * they lie in the package's layer and are remembered with it. Paths are relative to the folder of
 * the cache. The package must be one in which `validateServable` finds nothing.
 */
export function* renderPackageCache(
  pkg: CatalogPackage,
  modes: TreeModes,
  renderer?: BundleRenderer,
): Generator<CatalogFile, PackageCache, undefined> {
  for (const file of renderMetaFiles(pkg.others)) yield placeFile(file);
  const bundles = settleFiles(renderBundleFiles(pkg, renderer), modes.file);
  for (;;) {
    const next = bundles.next();
    if (next.done === true) return { chain: next.value, indexEntry: renderIndexEntry(pkg) };
    yield placeFile(next.value);
  }
}

export interface SharedCacheInput {
  readonly catalog: Catalog;
  /** What `renderPackageCache` returned of each package that the catalog defines. */
  readonly summaryOf: (pkg: CatalogPackage) => PackageSummary;
  /** The files of the catalog folder, settled, in the order of `compareTreePaths`. */
  readonly configs: Iterable<DigestPart>;
  readonly modes: TreeModes;
}

/**
 * The files of the cache that change whenever the catalog does: the index of packages, custom
 * schemas that belong to no package, the digest, and what settles it. Paths are relative to the
 * folder of the cache.
 */
export function renderSharedCache(input: SharedCacheInput): readonly CatalogFile[] {
  const { catalog, summaryOf, configs, modes } = input;
  const shared: CatalogFile[] = [...renderMetaFiles(catalog.loose)];
  const runs: CacheRun[] = [];
  for (const group of listCacheGroups(catalog, (pkg) => summaryOf(pkg).indexEntry)) {
    switch (group.kind) {
      case 'package':
        runs.push({ kind: 'settled', part: summaryOf(group.package).part });
        break;
      case 'index': {
        const settled = settleAll(group.files(), modes);
        shared.push(...settled.files);
        for (const part of hashParts([settled.chain])) runs.push({ kind: 'settled', part });
        break;
      }
      case 'metas':
        // Their names are hashes of what they say, so nothing is added to them.
        runs.push({ kind: 'files', files: [...group.files()], folder: METAS_FOLDER });
    }
  }
  const { digest, files } = buildCacheDigest(configs, runs, modes);
  return [{ path: 'digest', bytes: Buffer.from(digest) }, ...[...shared, ...files].map(placeFile)];
}

function settleAll(
  files: Iterable<CatalogFile>,
  modes: TreeModes,
): { readonly files: readonly CatalogFile[]; readonly chain: Fnv64Chain } {
  const settled: CatalogFile[] = [];
  const run = settleFiles(files, modes.file);
  for (;;) {
    const next = run.next();
    if (next.done === true) return { files: settled, chain: next.value };
    settled.push(next.value);
  }
}

function placeFile(file: CatalogFile): CatalogFile {
  return moveFile(file, `${FILES_FOLDER}/${file.path}`);
}
