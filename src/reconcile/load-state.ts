import { createHash } from 'node:crypto';
import type { Digest } from '../base/digest.ts';
import { oncePer } from '../base/once-per.ts';
import type { Problem } from '../base/problem.ts';
import { buildCatalog, reusePackages } from '../catalog/build-catalog.ts';
import { hashCatalog, hashPackage } from '../catalog/hash-catalog.ts';
import { learnBlob, learnContent } from '../catalog/learn-blob.ts';
import type { ParsedFile } from '../catalog/parse-catalog.ts';
import type { Catalog } from '../catalog/types.ts';
import { validatePackage } from '../catalog/validate-catalog.ts';
import type { CommitFiles, Snapshot, TreeFile } from '../git/port.ts';
import type { OpenTexts } from '../index/layer-memory.ts';
import { hashManifest } from '../manifest/hash-manifest.ts';
import type { SignaturePolicy } from '../manifest/signature-policy.ts';
import type {
  CatalogEntry,
  DeliveryRecord,
  Exclusion,
  ListedMissing,
  MirrorManifest,
  Waiver,
} from '../manifest/types.ts';
import type { PlanBinding } from '../plan/types.ts';
import {
  type FileNotes,
  type NotedFile,
  type NoteStore,
  openFileNotes,
  streamNoted,
} from './file-notes.ts';
import { findSubmodules } from './find-unread.ts';
import { type FileCache, keepParsed, parseFiles } from './parse-files.ts';
import { readManifest } from './read-manifest.ts';
import { readRecords } from './read-records.ts';
import { readExcludes, readMissingList, readWaivers } from './read-rules.ts';
import { readSignaturePolicy } from './read-signature-policy.ts';
import { type Judge, knowSound, listSound } from './sound-packages.ts';

export interface ReadCatalog {
  readonly entry: CatalogEntry;
  readonly catalog: Catalog;
  /** Faults of reading and of validation, those of its excludes and of its known missing included. */
  readonly problems: readonly Problem[];
  /** Hash of the names and object ids of the catalog's files and rules. */
  readonly tree: string;
  /** What `rules/<name>/exclude.yaml` says, ended items included; none where it has a fault. */
  readonly exclusions: readonly Exclusion[];
  /** What `rules/<name>/known-missing.yaml` lists, ended items included; none where it has a fault. */
  readonly missing: readonly ListedMissing[];
  /** What `rules/<name>/waivers.yaml` lists, ended items included; none where it has a fault. */
  readonly waivers: readonly Waiver[];
}

export interface LoadedCatalog extends ReadCatalog {
  /** Canonical hash of what the catalog says. */
  readonly content: Digest;
  /** All that Git has, where `catalog` is only what is wanted of it (`relocateState`); left out where it is the same. */
  readonly complete?: Catalog;
  /**
   * Reads the texts of packages that are only known from notes so far: together, or one after the other for whoever
   * needs each for a while only, where each is asked for by itself otherwise when it is needed.
   */
  readonly openTexts?: OpenTexts;
  /**
   * Reads the catalog of another commit in the same folder, of its files only those that differ. Packages that are the
   * same there are the identical objects.
   */
  readonly readOther?: (commit: CommitFiles) => Promise<OtherCatalog>;
}

type OtherCatalog = Pick<LoadedCatalog, 'catalog' | 'content'>;

/** Everything that one commit (or the working tree) says. */
export interface LoadedState {
  readonly snapshot: Snapshot;
  readonly manifest: MirrorManifest;
  /** Its name in its folder. */
  readonly manifestFile: string;
  readonly catalogs: readonly LoadedCatalog[];
  readonly records: readonly DeliveryRecord[];
  /** What the catalogs list as known missing, ended items included. */
  readonly knownMissing: readonly ListedMissing[];
  /** What `spec.policy.signaturePolicy` names; null for none. */
  readonly signatures: SignaturePolicy | null;
  readonly binding: PlanBinding;
}

export type StateLoader = (snapshot: Snapshot, manifestFile: string) => Promise<LoadedState>;

/**
 * Makes a loader that remembers parsed files by object id and judged catalogs by tree, so that a
 * file that did not change is not parsed again within a process; with a `store`, nor in a later one.
 */
export function createStateLoader(store: NoteStore | null = null): StateLoader {
  let parsed = new Map<string, ParsedFile>();
  const judged = new Map<string, LoadedCatalog>();
  // A commit changes a few packages of hundreds; the others are the same objects as before.
  const judge = oncePer(validatePackage);
  const hash = oncePer(hashPackage);
  const opened = new Map<string, FileNotes>();
  const texts: NotedFile[] = [];
  // Files that are not committed may be others when their bytes are asked for.
  async function findNotes(catalog: string, { readFileNow }: Snapshot): Promise<FileNotes | null> {
    if (store === null || readFileNow === undefined) return null;
    const notes = opened.get(catalog) ?? (await openFileNotes(store, catalog));
    opened.set(catalog, notes);
    return notes;
  }
  return async (snapshot, manifestFile) => {
    const manifest = await readManifest(snapshot, manifestFile, store);
    const signatures = await readSignaturePolicy(snapshot, manifest);
    const used = new Map<string, ParsedFile>();
    for (const file of texts.splice(0)) file.release();
    const catalogs: LoadedCatalog[] = [];
    for (const entry of manifest.catalogs) {
      const own = new Map<string, ParsedFile>();
      const notes = await findNotes(entry.name, snapshot);
      const read = await loadCatalog(snapshot, entry, {
        parsed,
        used: own,
        known: judged.get(entry.name),
        notes,
        texts,
        judge,
        learn: learnContent,
      });
      await notes?.keep(own, listSound(own.values(), read.catalog, judge));
      for (const [key, file] of own) used.set(key, file);
      const loaded: LoadedCatalog = {
        ...read,
        content: hashCatalog(read.catalog, hash),
        openTexts: (packages) => streamNoted(own.values(), [...packages], snapshot),
        readOther: (commit) => readOther(commit, read, { parsed: own, hash }),
      };
      judged.set(entry.name, loaded);
      catalogs.push(loaded);
    }
    parsed = used;
    return {
      snapshot,
      manifestFile,
      manifest,
      catalogs,
      records: await readRecords(snapshot),
      knownMissing: catalogs.flatMap(({ missing }) => missing),
      signatures: signatures?.policy ?? null,
      binding: {
        manifest: hashManifest(manifest, signatures?.bytes),
        catalogs: Object.fromEntries(catalogs.map((loaded) => [loaded.entry.name, loaded.tree])),
      },
    };
  };
}

/** Catalogs by their names. */
export function nameCatalogs(
  catalogs: readonly Pick<LoadedCatalog, 'entry' | 'catalog'>[],
): ReadonlyMap<string, Catalog> {
  return new Map(catalogs.map(({ entry, catalog }) => [entry.name, catalog]));
}

/** Reads and judges one catalog without remembering anything. */
export function readCatalog(snapshot: Snapshot, entry: CatalogEntry): Promise<ReadCatalog> {
  return loadCatalog(snapshot, entry, {
    parsed: new Map(),
    used: new Map(),
    known: undefined,
    notes: null,
    texts: [],
    judge: oncePer(validatePackage),
    learn: learnBlob,
  });
}

async function readOther(
  commit: CommitFiles,
  { entry, catalog }: Pick<ReadCatalog, 'entry' | 'catalog'>,
  { parsed, hash }: Pick<FileCache, 'parsed'> & { readonly hash: typeof hashPackage },
): Promise<OtherCatalog> {
  const files = await commit.listFiles(entry.path);
  const cache = {
    parsed,
    used: new Map<string, ParsedFile>(),
    notes: null,
    texts: [],
    learn: learnContent,
  };
  const parts = await parseFiles(commit, { files, folder: entry.path }, cache);
  const other = reusePackages(buildCatalog(parts.flatMap((part) => part.blobs)), catalog);
  return { catalog: other, content: hashCatalog(other, hash) };
}

async function loadCatalog(
  snapshot: Snapshot,
  entry: CatalogEntry,
  cache: CatalogCache,
): Promise<ReadCatalog> {
  const files = await snapshot.listFiles(entry.path);
  const rules = await snapshot.listFiles(`rules/${entry.name}`);
  const submodules = await findSubmodules(snapshot, entry);
  const tree = hashTree([...files, ...rules, ...submodules.map(standFor)]);
  if (cache.known?.tree === tree) {
    for (const file of files) keepParsed(file, cache);
    return { ...cache.known, entry };
  }
  const parts = await parseFiles(snapshot, { files, folder: entry.path }, cache);
  const built = buildCatalog(parts.flatMap((part) => part.blobs));
  const catalog = cache.known === undefined ? built : reusePackages(built, cache.known.catalog);
  knowSound(parts, catalog, cache.judge);
  const faults = [
    ...parts.flatMap((part) => part.problems),
    ...[...catalog.packages.values()].flatMap(cache.judge),
  ];
  const problems = placeFaults(faults, entry);
  const excludes = await readExcludes(snapshot, entry);
  const missing = await readMissingList(snapshot, entry);
  const { waivers, problems: waiverFaults } = await readWaivers(snapshot, entry);
  return {
    entry,
    catalog,
    problems: [
      ...submodules,
      ...problems,
      ...excludes.problems,
      ...missing.problems,
      ...waiverFaults,
    ],
    tree,
    exclusions: excludes.exclusions,
    missing: missing.listed,
    waivers,
  };
}

function standFor({ file = '' }: Problem): TreeFile {
  return { path: file, objectId: 'submodule' };
}

/** Faults of a catalog's files, their places named from the top of the snapshot. */
export function placeFaults(
  faults: readonly Problem[],
  { name, path }: CatalogEntry,
): readonly Problem[] {
  return faults.map((problem) => ({
    ...problem,
    catalog: name,
    ...(problem.file === undefined ? {} : { file: `${path}/${problem.file}` }),
  }));
}

interface CatalogCache extends FileCache {
  readonly known: ReadCatalog | undefined;
  readonly judge: Judge;
}

function hashTree(files: readonly TreeFile[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file.objectId} ${file.path}\n`);
  return hash.digest('hex');
}
