// Both catalogs of a merge, read and learned on as many threads as help.
import { type Digest, digestOf } from '../base/digest.ts';
import type { Problem } from '../base/problem.ts';
import { isToolError } from '../base/tool-error.ts';
import { buildCatalog } from '../catalog/build-catalog.ts';
import { isIgnoreFile, selectFiles } from '../catalog/ignore.ts';
import { reviveFile } from '../catalog/learn-files.ts';
import type { Catalog } from '../catalog/types.ts';
import { validatePackage } from '../catalog/validate-catalog.ts';
import { readFile } from '../files/read-file.ts';
import type { Snapshot } from '../git/port.ts';
import type { CatalogEntry, Exclusion } from '../manifest/types.ts';
import { findSubmodules } from '../reconcile/find-unread.ts';
import { placeFaults } from '../reconcile/load-state.ts';
import { readExcludes } from '../reconcile/read-rules.ts';
import { openCatalogPool, sumSizes } from './catalog-pool.ts';
import type { LearnedSource } from './catalog-task.ts';
import type { FileSource } from './file-source.ts';
import { digestOfFiles, type FileDigest, type OpenSource } from './read-source.ts';

interface Side {
  readonly catalog: Catalog;
  readonly problems: readonly Problem[];
}

export interface ReadSides {
  /** What Git has, judged; problems of its excludes included. */
  readonly base: Side & { readonly exclusions: readonly Exclusion[] };
  /** The delivery, not judged; its blobs know their hashes. */
  readonly incoming: Side;
  /** Of the delivery: its image's, or of its files. */
  readonly digest: Digest;
}

export interface SidesRequest {
  readonly snapshot: Snapshot;
  readonly entry: CatalogEntry;
  readonly source: OpenSource;
  readonly signal: AbortSignal;
}

/** Reads what lies in Git and what is delivered. */
export async function readSides({
  snapshot,
  entry,
  source,
  signal,
}: SidesRequest): Promise<ReadSides> {
  const located = await snapshot.locateFiles(entry.path);
  const files = located.map((file) => ({ ...file, path: file.path.slice(entry.path.length + 1) }));
  const [ours, theirs] = [await splitFiles(files), await splitFiles(source.files)];
  const learned = await learnAll(theirs.loaded, ours.loaded, signal);
  const [delivered, own] = [theirs.loaded, ours.loaded].map((side) => reviveSide(side, learned));
  if (delivered === undefined || own === undefined) throw new Error('A side was not read.');
  const { exclusions, problems } = await readExcludes(snapshot, entry);
  const judged = [...own.catalog.packages.values()].flatMap(validatePackage);
  return {
    base: {
      catalog: own.catalog,
      problems: [
        ...(await findSubmodules(snapshot, entry)),
        ...placeFaults([...own.problems, ...judged], entry),
        ...problems,
      ],
      exclusions,
    },
    incoming: { ...delivered, problems: [...source.problems, ...delivered.problems] },
    digest: source.digest ?? (await digestSource(theirs, learned)),
  };
}

interface SideFiles {
  /** In opm's order. */
  readonly loaded: readonly FileSource[];
  /** Files of patterns, and what they hide. */
  readonly others: readonly FileSource[];
}

async function splitFiles(files: readonly FileSource[]): Promise<SideFiles> {
  const patterns = files.filter(isIgnoreFile);
  const read = await Promise.all(
    patterns.map(async (file) => ({ path: file.path, bytes: await readContent(file) })),
  );
  const loaded = selectFiles(files, read);
  const known = new Set(loaded);
  return { loaded, others: files.filter((file) => !known.has(file)) };
}

function readContent({ content }: FileSource): Promise<Uint8Array> {
  return typeof content === 'string' ? readFile(content) : Promise.resolve(content);
}

type Learned = ReadonlyMap<FileSource, LearnedSource>;

/** Bytes that a thread is given at once; what lies at one place on both sides stays together. */
const BATCH = 2_000_000;

async function learnAll(
  delivered: readonly FileSource[],
  ours: readonly FileSource[],
  signal: AbortSignal,
): Promise<Learned> {
  const pool = openCatalogPool({ size: sumSizes([...delivered, ...ours]), signal });
  const learned = new Map<FileSource, LearnedSource>();
  async function learnBatch(batch: Batch): Promise<void> {
    const files = [...batch.delivered, ...batch.ours];
    const answers = await pool.run({ kind: 'learn', files, delivered: batch.delivered.length });
    for (const [index, answer] of answers.entries()) {
      const file = files[index];
      if (file !== undefined) learned.set(file, answer);
    }
  }
  try {
    await Promise.all(splitBatches(delivered, ours).map(learnBatch));
  } finally {
    await pool.close();
  }
  return learned;
}

interface Batch {
  readonly delivered: FileSource[];
  readonly ours: FileSource[];
  room: number;
}

function splitBatches(
  delivered: readonly FileSource[],
  ours: readonly FileSource[],
): readonly Batch[] {
  const twins = new Map(ours.map((file) => [file.path, file]));
  const paths = new Set(delivered.map(({ path }) => path));
  const pairs = [
    ...delivered.map((file) => ({ theirs: file, own: twins.get(file.path) })),
    ...ours
      .filter(({ path }) => !paths.has(path))
      .map((file) => ({ theirs: undefined, own: file })),
  ];
  const batches: Batch[] = [];
  for (const { theirs, own } of pairs) {
    const size = (theirs?.size ?? 0) + (own?.size ?? 0);
    const open = batches.at(-1);
    const batch =
      open !== undefined && open.room >= size ? open : { delivered: [], ours: [], room: BATCH };
    if (batch !== open) batches.push(batch);
    batch.room -= size;
    if (theirs !== undefined) batch.delivered.push(theirs);
    if (own !== undefined) batch.ours.push(own);
  }
  return batches;
}

function reviveSide(files: readonly FileSource[], learned: Learned): Side {
  const parts = files.flatMap((file) => {
    const its = learned.get(file);
    return its === undefined ? [] : [reviveFile(its.learned)];
  });
  return {
    catalog: buildCatalog(parts.flatMap(({ blobs }) => blobs)),
    problems: parts.flatMap(({ problems }) => problems),
  };
}

async function digestSource({ loaded, others }: SideFiles, learned: Learned): Promise<Digest> {
  const digests: FileDigest[] = [];
  for (const file of loaded) {
    const digest = learned.get(file)?.digest ?? null;
    if (digest !== null) digests.push({ path: file.path, digest });
  }
  for (const file of others) {
    const bytes = await tryRead(file);
    if (bytes !== null) digests.push({ path: file.path, digest: digestOf(bytes) });
  }
  return digestOfFiles(digests);
}

// What opm does not load need not be readable.
async function tryRead(file: FileSource): Promise<Uint8Array | null> {
  try {
    return await readContent(file);
  } catch (error) {
    if (isToolError(error)) return null;
    throw error;
  }
}
