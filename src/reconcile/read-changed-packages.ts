import { type Digest, digestOf } from '../base/digest.ts';
import type { Problem } from '../base/problem.ts';
import { buildCatalog } from '../catalog/build-catalog.ts';
import { isIgnoreFile, selectFiles } from '../catalog/ignore.ts';
import { learnContent } from '../catalog/learn-blob.ts';
import { type ParsedFile, parseCatalogFile } from '../catalog/parse-catalog.ts';
import type { Catalog } from '../catalog/types.ts';
import { validatePackage } from '../catalog/validate-catalog.ts';
import type { Snapshot, TreeFile } from '../git/port.ts';
import type { CatalogEntry } from '../manifest/types.ts';
import { findSubmodules } from './find-unread.ts';
import { placeFaults } from './load-state.ts';

/** One catalog of one commit, as far as it differs from another. */
export interface ChangedSide {
  /** Hash of the names and object ids of its files; null where the commit has no such catalog. */
  readonly tree: Digest | null;
  /** The packages that differ; others may be in it too. */
  readonly catalog: Catalog;
  readonly problems: readonly Problem[];
}

/** Where a catalog lies; null for one that the commit does not name. */
export interface CatalogPlace {
  readonly snapshot: Snapshot;
  readonly entry: CatalogEntry | null;
}

/**
 * Reads of two versions of a catalog the packages that differ. Equal object ids are equal bytes, so what did not
 * change costs nothing: a package is a folder of its own, as `init` and `merge` write it. Where a changed file is of
 * another package than its folder says, everything is read.
 */
export async function readChangedPackages(
  before: CatalogPlace,
  after: CatalogPlace,
): Promise<readonly [ChangedSide, ChangedSide]> {
  const sides = [await listSide(before), await listSide(after)] as const;
  const units = findChanged(...sides);
  const parts = await readSides(sides, units);
  const read = parts.every(holdsItsFolders) ? parts : await readSides(sides, null);
  const [old, fresh] = read;
  return [judgeSide(sides[0], old), judgeSide(sides[1], fresh)];
}

interface ListedSide extends CatalogPlace {
  /** Paths within the catalog. */
  readonly files: ReadonlyMap<string, TreeFile>;
  readonly submodules: readonly Problem[];
}

async function listSide({ snapshot, entry }: CatalogPlace): Promise<ListedSide> {
  const files = entry === null ? [] : await snapshot.listFiles(entry.path);
  const from = (entry?.path.length ?? 0) + 1;
  return {
    snapshot,
    entry,
    files: new Map(files.map((file) => [file.path.slice(from), file])),
    submodules: entry === null ? [] : await findSubmodules(snapshot, entry),
  };
}

/** Folders, and empty for the top, in which a file differs; null for all, where files of patterns do. */
function findChanged(before: ListedSide, after: ListedSide): ReadonlySet<string> | null {
  const paths = new Set([...before.files.keys(), ...after.files.keys()]);
  const changed = [...paths].filter(
    (path) => before.files.get(path)?.objectId !== after.files.get(path)?.objectId,
  );
  return changed.some((path) => isIgnoreFile({ path })) ? null : new Set(changed.map(unitOf));
}

function unitOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : '';
}

interface ParsedPart extends ParsedFile {
  readonly unit: string;
}

type Sides = readonly [ListedSide, ListedSide];
type Parts = readonly [readonly ParsedPart[], readonly ParsedPart[]];

async function readSides(
  [before, after]: Sides,
  units: ReadonlySet<string> | null,
): Promise<Parts> {
  return [await readSide(before, units), await readSide(after, units)];
}

async function readSide(
  { snapshot, files }: ListedSide,
  units: ReadonlySet<string> | null,
): Promise<readonly ParsedPart[]> {
  if (units?.size === 0) return [];
  const all = [...files].map(([path, file]) => ({ path, file }));
  const patterns = await readAll(snapshot, all.filter(isIgnoreFile));
  const wanted = selectFiles(all, patterns).filter(
    ({ path }) => units === null || units.has(unitOf(path)),
  );
  return (await readAll(snapshot, wanted)).map((file) => ({
    ...parseCatalogFile(file, learnContent),
    unit: unitOf(file.path),
  }));
}

interface NamedFile {
  readonly path: string;
  readonly file: TreeFile;
}

async function readAll(
  snapshot: Snapshot,
  files: readonly NamedFile[],
): Promise<readonly { readonly path: string; readonly bytes: Uint8Array }[]> {
  const found: { readonly path: string; readonly bytes: Uint8Array }[] = [];
  for await (const { bytes } of snapshot.readFiles(files.map(({ file }) => file)))
    found.push({ path: files[found.length]?.path ?? '', bytes });
  return found;
}

function holdsItsFolders(parts: readonly ParsedPart[]): boolean {
  return parts.every(({ unit, blobs }) => blobs.every((blob) => blob.package === unit));
}

function judgeSide(
  { entry, files, submodules }: ListedSide,
  parts: readonly ParsedPart[],
): ChangedSide {
  const catalog = buildCatalog(parts.flatMap(({ blobs }) => blobs));
  if (entry === null) return { tree: null, catalog, problems: [] };
  const faults = [
    ...parts.flatMap(({ problems }) => problems),
    ...[...catalog.packages.values()].flatMap(validatePackage),
  ];
  const lines = [...files].map(([path, { objectId }]) => `${objectId} ${path}\n`);
  return {
    tree: digestOf(lines.join('')),
    catalog,
    problems: [...submodules, ...placeFaults(faults, entry)],
  };
}
