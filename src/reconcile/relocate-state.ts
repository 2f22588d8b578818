import { type Digest, digestOf } from '../base/digest.ts';
import { hasErrors } from '../base/problem.ts';
import { isToolError } from '../base/tool-error.ts';
import { hashCatalog } from '../catalog/hash-catalog.ts';
import type { KeptCatalog, keepContent } from '../catalog/keep-content.ts';
import { listBundleImages } from '../catalog/list-images.ts';
import type { Catalog } from '../catalog/types.ts';
import type { Snapshot } from '../git/port.ts';
import type { UsedReference } from '../images/list-mentions.ts';
import { DEFAULT_ARCHITECTURE, listReleasesInUse } from '../images/releases-in-use.ts';
import { takeTexts } from '../index/layer-memory.ts';
import { isDelivery } from '../manifest/delivery-record.ts';
import { IN_USE_FILE, type InUse } from '../manifest/in-use.ts';
import type { ReleaseEntry } from '../manifest/types.ts';
import { judgeInUse } from '../plan/judge-in-use.ts';
import { findLost, listKeepWishes, type NamedCatalog } from '../plan/keep-wishes.ts';
import type { KeptFacts, RelocationFacts } from '../plan/relocation-checks.ts';
import type { KeptShare } from '../plan/types.ts';
import { listUsed } from './list-used.ts';
import { createStateLoader, type LoadedCatalog, type LoadedState } from './load-state.ts';
import { readInUse } from './read-in-use.ts';

/** What a commit wants under a strategy. */
export interface WantedState {
  /** Its catalogs hold what is to be served. */
  readonly state: LoadedState;
  /** Null under `append`. */
  readonly relocation: Relocation | null;
}

export interface Relocation extends RelocationFacts {
  /** What clusters run, named upstream. */
  readonly used: readonly UsedReference[];
  /** Releases that clusters run, each with one of them. */
  readonly releases: readonly UsedRelease[];
}

export interface UsedRelease extends ReleaseEntry {
  readonly cluster: string;
}

interface Known {
  /** Null where there is none, or it cannot be read. */
  readonly inUse: InUse | null;
  readonly gaps: RelocationFacts['gaps'];
}

/** Says what a commit wants at a time, and remembers between calls what cannot have changed. */
export type StateRelocator = (state: LoadedState, now: Date) => Promise<WantedState>;

export function createStateRelocator(): StateRelocator {
  let last: { readonly key: string; readonly kept: ReadonlyMap<string, KeptContent> } | null = null;
  return (state, now) =>
    relocateState(state, now, async (whole, wishes) => {
      const key = JSON.stringify([state.binding.catalogs, [...wishes]]);
      if (last?.key !== key) last = { key, kept: await keepHashed(whole, wishes) };
      return last.kept;
    });
}

interface KeptContent extends KeptCatalog {
  readonly content: Digest;
}

type Keep = (...parts: Parameters<typeof keepContent>) => Promise<ReadonlyMap<string, KeptContent>>;

// Under `append` nobody waits for what judges the rules of bundles.
async function keepHashed(...parts: Parameters<Keep>): ReturnType<Keep> {
  const { keepContent } = await import('../catalog/keep-content.ts');
  return new Map(
    [...keepContent(...parts)].map(([name, kept]) => [
      name,
      { ...kept, content: hashCatalog(kept.catalog) },
    ]),
  );
}

/**
 * Says what a commit wants: under `append` all that its catalogs have; under `relocate` what clusters use of it and
 * deliveries brought, from the commit alone (design §7). Git's catalogs stay at hand as `complete`.
 */
export async function relocateState(
  state: LoadedState,
  now: Date,
  keep: Keep = keepHashed,
): Promise<WantedState> {
  if (state.manifest.strategy === 'append') return { state, relocation: null };
  const { inUse, gaps } = await readUse(state, now);
  const sound = state.catalogs.filter(({ problems }) => !hasErrors(problems));
  const wishes = listKeepWishes(sound, { inUse, records: state.records });
  for (const { entry, openTexts } of sound)
    await takeTexts(
      openTexts,
      (wishes.get(entry.name) ?? []).map((wish) => wish.package),
    );
  const whole = new Map(sound.map(({ entry, catalog }) => [entry.name, catalog]));
  const kept = await keep(whole, wishes);
  const { images: used, unnamed } = listUsed(
    inUse === null ? [] : inUse.observed,
    state.manifest,
    listUpstream(whole.values()),
  );
  const releases = listReleases(inUse);
  const { byCatalog, ...others } = findLostIn(sound, inUse);
  return {
    state: {
      ...state,
      catalogs: state.catalogs.map((loaded) => narrow(loaded, kept.get(loaded.entry.name))),
      binding: {
        ...state.binding,
        kept: digestOf(JSON.stringify([[...wishes], used, releases])),
      },
    },
    relocation: {
      gaps,
      lost: byCatalog,
      ...others,
      unnamed,
      used,
      releases,
      kept: new Map(sound.map((loaded) => [loaded.entry.name, describeKept(loaded, kept, state)])),
    },
  };
}

/** The catalogs that a commit wants served. */
export async function loadWanted(
  snapshot: Snapshot,
  manifestFile: string,
  now: Date,
): Promise<LoadedState> {
  const { state } = await relocateState(await createStateLoader()(snapshot, manifestFile), now);
  return state;
}

async function readUse({ snapshot, manifest }: LoadedState, now: Date): Promise<Known> {
  try {
    const inUse = await readInUse(snapshot);
    if (inUse === null || inUse.clusters.length === 0) return { inUse, gaps: [NOBODY_LOOKED] };
    const found = judgeInUse(inUse, { settings: manifest.inUse, now });
    return { inUse, gaps: found.map(({ message, hint }) => ({ message, hint })) };
  } catch (error) {
    if (!isToolError(error, 'MANIFEST_IN_USE_INVALID')) throw error;
    return { inUse: null, gaps: [{ message: error.message, hint: error.hint ?? HINT }] };
  }
}

const HINT = 'Look at every cluster with `olmirror in-use`, and commit the file.';

const NOBODY_LOOKED = {
  message: `${IN_USE_FILE} names no cluster, so nobody knows what is in use.`,
  hint: HINT,
};

function narrow(loaded: LoadedCatalog, kept: KeptContent | undefined): LoadedCatalog {
  if (kept === undefined) return loaded;
  const { catalog, content } = kept;
  return { ...loaded, catalog, content, complete: loaded.catalog };
}

function* listUpstream(catalogs: Iterable<Catalog>): Iterable<string> {
  for (const catalog of catalogs)
    for (const { image, relatedImages } of listBundleImages(catalog))
      yield* [image, ...relatedImages].filter((reference) => reference !== '');
}

function listReleases(inUse: InUse | null): readonly UsedRelease[] {
  return listReleasesInUse(inUse?.observed ?? []).map(({ version, architecture, cluster }) => ({
    version,
    architecture: architecture ?? DEFAULT_ARCHITECTURE,
    cluster,
  }));
}

function findLostIn(
  catalogs: readonly NamedCatalog[],
  inUse: InUse | null,
): ReturnType<typeof findLost> {
  return findLost(catalogs, inUse ?? { clusters: [], uses: [], images: [], observed: [] });
}

function describeKept(
  { entry, catalog }: LoadedCatalog,
  kept: ReadonlyMap<string, KeptCatalog>,
  { records }: LoadedState,
): KeptFacts {
  const own = kept.get(entry.name);
  return {
    share: shareOf(own?.catalog ?? catalog, catalog),
    unmet: own?.unmet ?? [],
    unclear: own?.unclear ?? [],
    unsaid: records
      .filter((it) => it.catalog === entry.name && isDelivery(it) && it.brought === undefined)
      .map(({ date, digest }) => `${date} ${digest}`),
  };
}

function shareOf(kept: Catalog, whole: Catalog): KeptShare {
  return {
    packages: kept.packages.size,
    ofPackages: whole.packages.size,
    bundles: countBundles(kept),
    ofBundles: countBundles(whole),
  };
}

function countBundles({ packages }: Catalog): number {
  return [...packages.values()].reduce((sum, { bundles }) => sum + bundles.length, 0);
}
