import { readSteps } from '../../apply/read-steps.ts';
import type { ProofNotes } from '../../base/proof-notes.ts';
import type { GitPort } from '../../git/port.ts';
import { type Asked, parseAsked } from '../../images/find-asked.ts';
import { findKnown } from '../../images/find-known.ts';
import { listBases } from '../../images/list-bases.ts';
import { listWanted } from '../../images/list-wanted.ts';
import { dayOf } from '../../manifest/day.ts';
import type { MirrorManifest, PerRole } from '../../manifest/types.ts';
import type { ExplainedImage, Explanation } from '../../plan/explain-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { explainImage, listStepNames } from '../../reconcile/explain-image.ts';
import {
  type Explainable,
  type ExplainedSearch,
  type Found,
  findNamed,
  findThroughRegistry,
} from '../../reconcile/find-explained.ts';
import { findIndexes } from '../../reconcile/find-indexes.ts';
import { createPlaceFinder } from '../../reconcile/find-place.ts';
import { createSharingFinder } from '../../reconcile/find-sharing.ts';
import { createStateLoader, type LoadedState, nameCatalogs } from '../../reconcile/load-state.ts';
import { type ReleaseReading, readReleases } from '../../reconcile/read-releases.ts';
import { findGone, type HistoryContext } from '../../reconcile/trace-image.ts';
import type { RegistryPort } from '../../registry/port.ts';
import { renderExplanationText } from '../../report/render-explanation-text.ts';
import type { CommandContext } from '../context.ts';
import { notWanted } from '../not-wanted.ts';
import { readServedTag } from '../served-tag.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';
import { createSubjectReader } from './index-list.ts';
import { openSnapshot } from './plan.ts';

export interface ExplainOptions {
  readonly ref: string;
  /** Requests that looking for shared layers may take; 0: it is not looked for. */
  readonly mostRequests: number;
  readonly workingTree: boolean;
  readonly format: 'text' | 'json';
}

/** Images that one command looks at: a place may mean hundreds. */
const MOST_IMAGES = 20;
/** Steps of one image that are told. */
const MOST_STEPS = 10;

/**
 * Says why an image is here. Exit 1 where it is not known whether a registry has it; throws
 * `IMAGES_NOT_WANTED` where Git neither wants nor ever wanted it.
 */
export async function runExplain(
  options: ExplainOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const asking = await openAsking(options, context, wiring);
  const { registries, state } = asking;
  const found = await findImages(options.ref, asking);
  const images = await explainAll(found.slice(0, MOST_IMAGES), asking, {
    mostRequests: options.mostRequests,
    stateFolder: wiring.stateFolder,
    proofs: await wiring.openProofs(),
  });
  const explanation: Explanation = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Explanation',
    asked: options.ref,
    revision: state.snapshot.revision,
    images,
    others: found.slice(MOST_IMAGES).map(({ upstream }) => upstream),
    requests: registries.production.countRequests() + registries.staging.countRequests(),
  };
  context.progress.clear();
  context.console.result(
    options.format === 'json'
      ? JSON.stringify(explanation, null, 2)
      : renderExplanationText(explanation),
  );
  return images.some(isUnclear) ? 1 : 0;
}

// As everywhere, staging is only asked for what production lacks.
function isUnclear({ places }: ExplainedImage): boolean {
  const [production, staging] = places;
  if (production?.state === 'absent') return staging?.state === 'unknown';
  return production?.state === 'unknown';
}

/** Everything that questions about one commit are answered from. */
interface Asking extends ExplainedSearch {
  readonly git: GitPort;
  readonly state: LoadedState;
  readonly releases: ReleaseReading;
  readonly registries: PerRole<RegistryPort>;
  readonly history: HistoryContext;
}

async function openAsking(
  { workingTree }: ExplainOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<Asking> {
  const { manifestFile, signal } = context;
  const git = await wiring.openGit();
  const snapshot = await openSnapshot({ workingTree }, git, context);
  const load = createStateLoader(await wiring.openStore());
  const state = await load(snapshot, manifestFile);
  const { manifest } = state;
  const registries = wiring.openRegistries(manifest);
  const releases = await readReleases(manifest, registries, { cache: new Map(), signal });
  for (const { message } of releases.faults) context.console.warn(`warning: ${message}`);
  const { images } = listWanted({
    manifest,
    catalogs: nameCatalogs(state.catalogs),
    releases: releases.content,
  });
  const head = await git.resolveRevision('HEAD');
  const history = { git, head, state, manifestFile, load, signal };
  const bases = listBases(manifest);
  return { git, state, releases, registries, images, bases, history, signal };
}

async function findImages(text: string, asking: Asking): Promise<readonly Explainable[]> {
  const { manifest } = asking.state;
  const asked = parseAsked(text, manifest);
  const named = findNamed(asked, asking);
  if (named.length > 0) return named;
  const found = await findElsewhere(asked, asking);
  if (found.images.length > 0) return found.images;
  const gone = await findGone(asked, asking.history);
  if (gone !== null && gone.images.length > 0) return gone.images;
  throw notWanted({ text, asked, ...asking, faults: found.faults, traced: gone?.traced ?? null });
}

async function findElsewhere(asked: Asked, asking: Asking): Promise<Found> {
  const { git, state, registries, signal } = asking;
  const { manifest, records } = state;
  const indexes = await findIndexes(asked, {
    manifest,
    registries,
    records,
    readSubject: createSubjectReader(async () => git),
    readServedTag: (entry) => findServedTag(entry, manifest, git),
    today: dayOf(systemClock.now()),
    signal,
  });
  if (indexes.images.length > 0 || asked.kind !== 'reference') return indexes;
  const found = await findThroughRegistry(asked, asking);
  return { ...found, faults: [...indexes.faults, ...found.faults] };
}

async function findServedTag(
  entry: MirrorManifest['catalogs'][number],
  manifest: MirrorManifest,
  git: GitPort,
): Promise<string> {
  return (await readServedTag(entry, manifest, git)) ?? entry.tag.production;
}

async function explainAll(
  found: readonly Explainable[],
  asking: Asking,
  options: {
    readonly mostRequests: number;
    readonly stateFolder: string;
    readonly proofs: ProofNotes;
  },
): Promise<readonly ExplainedImage[]> {
  const { state, registries, images, history, signal } = asking;
  const context = {
    history,
    manifest: state.manifest,
    proofs: options.proofs,
    catalogs: nameCatalogs(state.catalogs),
    known: findKnown(
      state.knownMissing,
      { images, unreadable: [] },
      { manifest: state.manifest, today: dayOf(systemClock.now()) },
    ),
    findPlace: createPlaceFinder(registries, signal),
    findSharing: createSharingFinder({ ...options, images, registries, signal }),
  };
  const explained: { readonly image: Omit<ExplainedImage, 'steps'>; names: ReadonlySet<string> }[] =
    [];
  for (const image of found) {
    const told = await explainImage(image, context);
    explained.push({ image: told, names: listStepNames(image, told.places) });
  }
  const names = new Set(explained.flatMap((entry) => [...entry.names]));
  const noted = await readSteps(options.stateFolder, names);
  return explained.map((entry) => ({
    ...entry.image,
    steps: noted
      .filter((step) => step.names.some((name) => entry.names.has(name)))
      .slice(0, MOST_STEPS)
      .map(({ step }) => step),
  }));
}
