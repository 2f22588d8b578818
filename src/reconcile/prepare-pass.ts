import pLimit from 'p-limit';
import type { Clock } from '../base/clock.ts';
import type { EmitEvent } from '../base/events.ts';
import type { PassNotes } from '../base/pass-notes.ts';
import { hasErrors } from '../base/problem.ts';
import type { GitPort, Snapshot, VerifyMessages } from '../git/port.ts';
import type { WantedList } from '../images/list-wanted.ts';
import { dayOf } from '../manifest/day.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { ListedMissing, MirrorManifest, PerRole } from '../manifest/types.ts';
import { type PlanInput, planPass } from '../plan/plan-pass.ts';
import type { ReleaseFacts } from '../plan/release-types.ts';
import type { Budget } from '../plan/request-budget.ts';
import type { Observed, Plan, Verification } from '../plan/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { IndexBuilder } from './build-index.ts';
import { type ConnectDeps, createConnector } from './connect-registries.ts';
import { describeChange } from './describe-change.ts';
import { findShrinkFacts } from './find-unread.ts';
import { judgeKnown, type KnownDeps } from './judge-known.ts';
import { createReleaseJudge, type ReleaseJudge } from './judge-releases.ts';
import { listBroken } from './list-broken.ts';
import { listServed } from './list-served.ts';
import {
  createStateLoader,
  type LoadedCatalog,
  type LoadedState,
  nameCatalogs,
  type StateLoader,
} from './load-state.ts';
import { lookAtReleases, NO_RELEASES } from './look-at-releases.ts';
import type { Looks } from './look-in-turn.ts';
import type { IndexObservation, ServedCatalog } from './observe-index.ts';
import { type IndexObservations, observeIndexes } from './observe-indexes.ts';
import { observeWanted } from './observe-wanted.ts';
import { createPassMemory, type PassMemory } from './pass-memory.ts';
import type { PassOptions } from './pass-options.ts';
import {
  assertWithinBudget,
  countSent,
  type RequestCount,
  readBudget,
  subtract,
} from './read-budget.ts';
import { readClusterFiles } from './read-cluster-files.ts';
import { readStorage } from './read-storage.ts';
import { createStateRelocator, type Relocation, type StateRelocator } from './relocate-state.ts';
import { describeLimits, noteLooks } from './settle-looks.ts';
import { createWantedLister, type WantedLister } from './wanted-lister.ts';

export interface PassDeps extends KnownDeps, ConnectDeps {
  readonly verifyMessages: VerifyMessages;
  /** Bytes that are free on the filesystem of a path, relative to the manifest; throws a `ToolError`. */
  readonly readFreeSpace?: (path: string) => Promise<number>;
  readonly requestCount?: RequestCount;
  /** Left out where nobody can look into earlier commits. */
  readonly openFiles?: GitPort['openFiles'];
  readonly clock: Clock;
  readonly emit: EmitEvent;
}

export interface PreparedPass {
  readonly state: LoadedState;
  readonly plan: Plan;
  readonly registries: PerRole<RegistryPort>;
  readonly wanted: WantedList;
  /** By upstream reference, what Git lists as known missing. */
  readonly known: ReadonlyMap<string, ListedMissing>;
  /** By key. */
  readonly images: Observed['images'];
  readonly notes: PassNotes | null;
  readonly indexes: readonly IndexObservation[];
  readonly builder: IndexBuilder;
  readonly requests: number;
  readonly requestCount: RequestCount | undefined;
  /** Null where all images were asked for. */
  readonly looks: Looks | null;
}

/** Reads a commit, looks at the registries and plans; remembers between calls what cannot have changed. */
export interface PassPreparer {
  (snapshot: Snapshot, options: PassOptions): Promise<PreparedPass>;
  /** Reads a commit that the next one will be much like. Never throws: whatever is wrong with it, that one tells. */
  readonly readAhead: (snapshot: Snapshot, manifestFile: string) => Promise<void>;
}

interface Memory {
  readonly kept: PassMemory;
  readonly load: StateLoader;
  readonly relocate: StateRelocator;
  readonly listWanted: WantedLister;
  readonly served: Map<string, ServedCatalog>;
  readonly connect: ReturnType<typeof createConnector>;
  readonly judgeReleases: ReleaseJudge;
}

function createMemory(deps: PassDeps, kept: PassMemory): Memory {
  const load = createStateLoader(deps.indexWork?.store ?? null);
  // One after the other: what the first finds, the next need not read.
  const inTurn = pLimit(1);
  return {
    kept,
    load: (...commit) => inTurn(load, ...commit),
    relocate: createStateRelocator(),
    listWanted: createWantedLister(),
    served: new Map<string, ServedCatalog>(),
    connect: createConnector(deps),
    judgeReleases: createReleaseJudge(deps.verifyMessages),
  };
}

/** `kept` is what passes of an earlier process left, and takes what those of this one leave. */
export function createPassPreparer(
  deps: PassDeps,
  kept: PassMemory = createPassMemory(),
): PassPreparer {
  const memory = createMemory(deps, kept);
  return Object.assign(
    (snapshot: Snapshot, options: PassOptions) => preparePass(snapshot, { memory, options, deps }),
    {
      readAhead: (...commit: Parameters<StateLoader>) =>
        memory.load(...commit).then(ignore, ignore),
    },
  );
}

async function preparePass(
  snapshot: Snapshot,
  { memory, options, deps }: Omit<Surroundings, 'budget'>,
): Promise<PreparedPass> {
  const loaded = follow(await memory.load(snapshot, options.manifestFile), options);
  const { state, relocation } = await memory.relocate(loaded, deps.clock.now());
  const budget = await openBudget(state.manifest, { memory, options, deps });
  const { registries, builder } = await memory.connect(state.manifest);
  const sound = state.catalogs.filter((catalog) => !hasErrors(catalog.problems));
  const subject: Subject = { state, relocation, sound, registries, builder };
  const observation = await look(subject, { memory, options, deps, budget });
  const { observed, looks, wanted, indexes } = observation;
  const isWhole = seesAll(subject, observation);
  const today = dayOf(deps.clock.now());
  const facts = { ...observed, ...observation, state, isWhole, today };
  const { known, ...missing } = await judgeKnown(facts, deps);
  const plan = planPass({
    manifest: state.manifest,
    wanted: { ...wanted, indexes: indexes.map((entry) => entry.wanted) },
    budget: await readBudget(state.manifest, deps.requestCount, options.keepsBudget),
    ...(options.shard === undefined ? {} : { shard: options.shard }),
    ...(looks === null ? {} : { proofs: describeLimits(looks, state.manifest) }),
    observed,
    binding: state.binding,
    revision: snapshot.revision,
    time: deps.clock.now().toISOString(),
    indexOnly: options.indexOnly,
    ...settleRelocation(relocation, options),
    knownMissing: known,
    ...(options.indexOnly ? {} : missing),
    problems: [...wanted.problems, ...observation.faults],
    broken: listBroken(state),
    unbuilt: observation.unbuilt,
    verification: observation.verification,
    releases: observation.releases,
    storage: await readStorage(state.manifest, deps),
    served: listServed(observation.indexes),
    ...(await findShrinkFacts(state, options, deps.clock.now())),
    ...(await describeChange(indexes, state, { registries, today, signal: deps.signal })),
  });
  const { steps, bytes, hash } = plan;
  deps.emit({ kind: 'plan-finished', steps: steps.length, bytes, hash });
  if (looks !== null)
    await noteLooks(looks, plan, { manifest: state.manifest, wanted, images: observed.images });
  return {
    state,
    plan,
    registries,
    wanted,
    known,
    images: observed.images,
    notes: options.notes ?? null,
    indexes,
    builder,
    requests: memory.kept.looked.production + memory.kept.looked.staging,
    requestCount: deps.requestCount,
    looks,
  };
}

function ignore(): void {}

/** Whether all that Git names is among what is wanted. */
function seesAll({ state, relocation, sound }: Subject, { releases }: Observation): boolean {
  const isSound = sound.length === state.catalogs.length && !hasRefusals(releases);
  return isSound && relocation === null;
}

// An index that was taken in names other addresses than those that it would be served with.
function settleRelocation(
  relocation: Relocation | null,
  { rebuild }: PassOptions,
): Pick<PlanInput, 'rebuild' | 'relocation'> {
  return relocation === null ? { rebuild } : { rebuild: true, relocation };
}

function follow(state: LoadedState, { strategy }: PassOptions): LoadedState {
  return strategy === undefined ? state : { ...state, manifest: { ...state.manifest, strategy } };
}

// In turns there are as many looks at images as there is room for.
async function openBudget(
  manifest: MirrorManifest,
  { memory, options, deps }: Omit<Surroundings, 'budget'>,
): Promise<Budget> {
  const needed = options.inTurn === undefined ? memory.kept.looked : memory.kept.besides;
  if (options.keepsBudget) await assertWithinBudget(manifest, needed, deps);
  return readBudget(manifest, deps.requestCount, options.keepsBudget);
}

interface Subject {
  readonly state: LoadedState;
  /** Null under `append`. */
  readonly relocation: Relocation | null;
  readonly sound: readonly LoadedCatalog[];
  readonly registries: PerRole<RegistryPort>;
  readonly builder: IndexBuilder;
}

interface Surroundings {
  readonly memory: Memory;
  readonly options: PassOptions;
  readonly deps: PassDeps;
  readonly budget: Budget;
}

async function look(subject: Subject, surroundings: Surroundings): Promise<Observation> {
  const { memory, deps } = surroundings;
  const before = countSent(subject.registries);
  const started = deps.clock.now().getTime();
  const observation = await observe(subject, surroundings);
  memory.kept.looked = subtract(countSent(subject.registries), before);
  memory.kept.besides = subtract(memory.kept.looked, observation.imageRequests);
  const { production, staging } = memory.kept.looked;
  const milliseconds = deps.clock.now().getTime() - started;
  deps.emit({ kind: 'observe-finished', requests: production + staging, milliseconds });
  return observation;
}

async function observe(
  subject: Subject,
  { memory, options, deps, budget }: Surroundings,
): Promise<Observation> {
  const { state, sound, registries, builder } = subject;
  const { signal, emit, openFiles } = deps;
  const releases = await observeReleases(subject, { memory, options, deps });
  // A commit changes a layer or two. The first pass builds all of them, and what it reads besides takes memory enough.
  const serving = servingRole(state.manifest);
  const isFirst = memory.kept.looked[serving] === 0;
  if (!isFirst) for (const loaded of sound) await builder.begin(loaded, state);
  const wanted = memory.listWanted(
    {
      manifest: state.manifest,
      catalogs: nameCatalogs(sound),
      releases: releases.content,
      ...('used' in releases ? { used: releases.used } : {}),
    },
    state.binding.manifest,
  );
  const before = countSent(registries);
  const { images, verification, looks } = await observeWanted(wanted.images, subject, {
    options,
    budget,
    besides: memory.kept.besides[serving],
    asked: memory.kept.asked,
    now: deps.clock.now(),
    emit,
    signal,
  });
  const imageRequests = subtract(countSent(registries), before);
  const indexes = await observeIndexes(sound, {
    state,
    registry: registries[serving],
    builder,
    imageKeys: wanted.keysByCatalog,
    clusterFiles: await readClusterFiles(state.snapshot),
    servedCache: memory.served,
    openFiles,
    emit,
    now: deps.clock.now(),
    signal,
  });
  return {
    wanted,
    ...indexes,
    faults: releases.problems,
    releases: releases.facts,
    verification,
    looks,
    imageRequests,
    observed: {
      images,
      indexes: new Map(indexes.indexes.map((entry) => [entry.wanted.catalog, entry.observed])),
    },
  };
}

async function observeReleases(
  subject: Subject,
  { memory, options, deps: { signal } }: Omit<Surroundings, 'budget'>,
): ReturnType<typeof lookAtReleases> {
  if (options.indexOnly) return NO_RELEASES;
  return lookAtReleases(
    { ...subject, ...subject.state, signal },
    { ...subject, cache: memory.kept.releases, judge: memory.judgeReleases },
  );
}

function hasRefusals(releases: ReleaseFacts | null): boolean {
  return releases !== null && releases.refusals.size > 0;
}

interface Observation extends IndexObservations {
  readonly wanted: WantedList;
  readonly faults: WantedList['problems'];
  readonly releases: ReleaseFacts | null;
  readonly observed: Observed;
  readonly verification: Verification | null;
  readonly looks: Looks | null;
  /** Requests that asking for images took. */
  readonly imageRequests: PerRole<number>;
}
