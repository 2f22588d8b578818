import pLimit from 'p-limit';
import { isToolError } from '../base/tool-error.ts';
import type { CommitNote, GitPort } from '../git/port.ts';
import { listWanted } from '../images/list-wanted.ts';
import type { WantedImage } from '../images/types.ts';
import type { PerRole } from '../manifest/types.ts';
import type { Amount, Doubt, Pace, SeenDelivery } from '../plan/advice-types.ts';
import {
  addAmounts,
  type BlobSizes,
  createAmount,
  findImage,
  type HeldBooks,
  joinBlobs,
  scaleAmount,
  sumBlobs,
  withoutBlobs,
} from '../plan/held.ts';
import type { RegistryPort } from '../registry/port.ts';
import {
  createStateLoader,
  type LoadedState,
  nameCatalogs,
  type StateLoader,
} from './load-state.ts';
import { type ReleaseCache, readReleases } from './read-releases.ts';

export interface PaceContext {
  readonly git: GitPort;
  /** Of HEAD. */
  readonly state: LoadedState;
  readonly registries: PerRole<RegistryPort>;
  readonly held: HeldBooks;
  readonly signal: AbortSignal;
}

/** Deliveries that are looked at, the newest: each is a commit whose catalogs are read. */
const MOST_DELIVERIES = 6;
const MOST_RECORDS = 24;
const DAY = 86_400_000;

/**
 * What deliveries brought so far, and how often they come: the commits that took in what delivery records name, or added a
 * release, and the images that Git did not ask for before each. What Git does not tell is said, never guessed.
 */
export async function readPace(context: PaceContext): Promise<Pace> {
  const commits = await listOccasions(context);
  if (commits === null) return { ...NONE, perDelivery: createAmount(null, ['history']) };
  if (commits.length === 0) return NONE;
  try {
    return summarize(await weigh(commits, context));
  } catch (error) {
    // An earlier commit may be one that this version cannot read.
    if (!isToolError(error)) throw error;
    return { ...NONE, perDelivery: createAmount(null, ['history']) };
  }
}

const NONE: Pace = {
  deliveries: [],
  perDelivery: createAmount(null, ['no-deliveries']),
  days: null,
};

interface Occasion {
  readonly kind: 'init' | 'merge' | 'release';
  readonly commit: CommitNote;
  /** Commits that it rests on: the order of two that have the same second. */
  readonly depth: number;
}

/** The commits that took something in, oldest first; null where a clone does not tell. What `init` found is no delivery. */
async function listOccasions(context: PaceContext): Promise<readonly CommitNote[] | null> {
  const traced = await traceAll(context);
  if (traced === null) return null;
  const begun = traced.filter(({ kind }) => kind === 'init');
  const start = Math.min(...begun.map(({ depth }) => depth));
  const beginning = new Set(begun.map(({ commit }) => commit.revision));
  const taken = traced.filter(
    ({ kind, depth, commit }) =>
      kind === 'merge' || (kind === 'release' && depth > start && !beginning.has(commit.revision)),
  );
  const inOrder = taken.toSorted((a, b) => a.depth - b.depth);
  const unique = new Map(inOrder.map(({ commit }) => [commit.revision, commit]));
  return [...unique.values()].slice(-MOST_DELIVERIES);
}

/** When what records and releases name came into Git; null where that is not known of one. */
async function traceAll({ git, state, signal }: PaceContext): Promise<readonly Occasion[] | null> {
  const { records, manifest, manifestFile, snapshot } = state;
  const newest = records.toSorted((a, b) => (a.date < b.date ? 1 : -1)).slice(0, MOST_RECORDS);
  const subjects = [
    ...newest.map(({ digest, command }) => ({ kind: command, text: digest, path: 'deliveries' })),
    ...manifest.releases.map(({ version }) => ({
      kind: 'release' as const,
      text: version,
      path: manifestFile,
    })),
  ];
  const limit = pLimit(2);
  const traced = await Promise.all(
    subjects.map(({ kind, text, path }) =>
      limit(async (): Promise<Occasion | null> => {
        const query = { revision: snapshot.revision, text, paths: [path] };
        const { first, message } = await git.traceText(query, signal);
        if (first === null || message !== null) return null;
        const { commits } = await git.describeHistory(first.revision);
        return { kind, commit: first, depth: commits };
      }),
    ),
  );
  const known = traced.filter((occasion) => occasion !== null);
  return known.length < traced.length ? null : known;
}

async function weigh(
  commits: readonly CommitNote[],
  context: PaceContext,
): Promise<readonly SeenDelivery[]> {
  const load = createStateLoader();
  const cache: ReleaseCache = new Map();
  const reader = { ...context, load, cache };
  const first = commits[0];
  let known =
    first === undefined ? new Map<string, WantedImage>() : await readBefore(first, reader);
  let seen = joinBlobs([...known.values()].map((image) => findBlobs(image, context.held).blobs));
  const deliveries: SeenDelivery[] = [];
  for (const commit of commits) {
    const wanted = await readWanted(commit.revision, reader);
    const fresh = [...wanted].filter(([key]) => !known.has(key)).map(([, image]) => image);
    const found = fresh.map((image) => findBlobs(image, context.held));
    const blobs = joinBlobs(found.map((it) => it.blobs));
    const bytes = createAmount(
      sumBlobs(withoutBlobs(blobs, seen)),
      found.flatMap(({ doubts }) => doubts),
    );
    deliveries.push({ ...commit, images: fresh.length, bytes });
    seen = joinBlobs([seen, blobs]);
    known = new Map([...known, ...wanted]);
  }
  return deliveries;
}

interface Reader extends PaceContext {
  readonly load: StateLoader;
  readonly cache: ReleaseCache;
}

async function readBefore(commit: CommitNote, reader: Reader): Promise<Map<string, WantedImage>> {
  const parent = await reader.git.resolveRevision(`${commit.revision}^`);
  return parent === null ? new Map() : readWanted(parent, reader);
}

async function readWanted(
  revision: string,
  { git, state: { manifestFile }, registries, load, cache, signal }: Reader,
): Promise<Map<string, WantedImage>> {
  const snapshot = await git.openCommit(revision);
  // Before the first commit that has a manifest, nothing was asked for.
  if ((await snapshot.readFile(manifestFile)) === null) return new Map();
  const { manifest, catalogs } = await load(snapshot, manifestFile);
  const releases = await readReleases(manifest, registries, { cache, signal });
  const { images } = listWanted({
    manifest,
    catalogs: nameCatalogs(catalogs),
    releases: releases.content,
  });
  return new Map(images.map((image) => [image.key, image]));
}

function findBlobs(
  wanted: WantedImage,
  held: HeldBooks,
): { readonly blobs: BlobSizes; readonly doubts: readonly Doubt[] } {
  const found = findImage(wanted, ['production', 'staging'], held);
  if (found === null) return { blobs: new Map(), doubts: ['gone'] };
  return { blobs: held[found.role].blobsOf(found.image), doubts: [] };
}

function summarize(deliveries: readonly SeenDelivery[]): Pace {
  const times = deliveries.map(({ time }) => Date.parse(time));
  const first = times[0] ?? 0;
  const last = times.at(-1) ?? 0;
  const days = times.length < 2 ? null : (last - first) / DAY / (times.length - 1);
  return { deliveries, perDelivery: averageOf(deliveries.map(({ bytes }) => bytes)), days };
}

function averageOf(amounts: readonly Amount[]): Amount {
  return scaleAmount(addAmounts(amounts), 1 / amounts.length);
}
