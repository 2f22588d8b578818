import pMap from 'p-map';
import type { EmitEvent } from '../base/events.ts';
import type { Presence } from '../base/presence.ts';
import { coversImage, findKey } from '../images/find-known.ts';
import { type JudgedListed, judgeListed } from '../images/judge-listed.ts';
import { listWanted } from '../images/list-wanted.ts';
import type { WantedImage } from '../images/types.ts';
import { isImagePattern } from '../manifest/image-pattern.ts';
import type { ListedMissing, PerRole } from '../manifest/types.ts';
import type { KnownMissingItem } from '../plan/known-missing-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { listBroken } from './list-broken.ts';
import { type LoadedState, nameCatalogs } from './load-state.ts';
import { readReleases } from './read-releases.ts';

export interface ExamineContext {
  readonly state: LoadedState;
  readonly registries: PerRole<RegistryPort>;
  /** Catalogs whose lists are looked at. */
  readonly catalogs: ReadonlySet<string>;
  /** UTC date, `YYYY-MM-DD`. */
  readonly today: string;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

const HEADS_AT_A_TIME = 32;

/** Asks production for every image that the lists of known missing count for; an unknown answer is no absence. */
export async function examineKnownMissing(
  context: ExamineContext,
): Promise<readonly KnownMissingItem[]> {
  const { state, registries, today, signal } = context;
  const { manifest } = state;
  const listed = state.knownMissing.filter(({ catalog }) => context.catalogs.has(catalog));
  const releases = await readReleases(manifest, registries, { cache: new Map(), signal });
  const { images, unreadable } = listWanted({
    manifest,
    catalogs: nameCatalogs(state.catalogs),
    releases: releases.content,
  });
  const asked = images.filter(createFilter(listed, state));
  const answers = await headAll(asked, context);
  const judged = judgeListed(listed, {
    manifest,
    today,
    images,
    unreadable,
    presenceOf: (image) => answers.get(image.key),
    isWhole: listBroken(state).size === 0 && releases.faults.length === 0,
  });
  return judged.map((one) => describe(one, { asked, answers, state }));
}

function createFilter(
  listed: readonly ListedMissing[],
  { manifest }: LoadedState,
): (image: WantedImage) => boolean {
  const patterns = listed.filter(({ image }) => isImagePattern(image));
  const keys = new Set(listed.map(({ image }) => findKey(image, manifest)));
  return (image) => keys.has(image.key) || patterns.some((item) => coversImage(item, image));
}

async function headAll(
  images: readonly WantedImage[],
  { registries, emit, signal }: ExamineContext,
): Promise<ReadonlyMap<string, Presence>> {
  let done = 0;
  emit({ kind: 'observe-started', images: images.length });
  const answers = await pMap(
    images,
    async ({ key, repository, digest, tag }) => {
      signal.throwIfAborted();
      const reference = digest ?? tag ?? '';
      const presence = await registries.production.headManifest(
        repository.production,
        reference,
        signal,
      );
      done += 1;
      emit({ kind: 'observe-progress', done, total: images.length });
      return [key, presence] as const;
    },
    { concurrency: HEADS_AT_A_TIME },
  );
  return new Map(answers);
}

interface Answered {
  readonly asked: readonly WantedImage[];
  readonly answers: ReadonlyMap<string, Presence>;
  readonly state: LoadedState;
}

function describe(
  { item, standing, images, there }: JudgedListed,
  { asked, answers, state }: Answered,
): KnownMissingItem {
  const isPattern = isImagePattern(item.image);
  const key = findKey(item.image, state.manifest);
  const own = asked.filter((image) => (isPattern ? coversImage(item, image) : image.key === key));
  const unknown = own.map((image) => answers.get(image.key)).find((it) => it?.state === 'unknown');
  return {
    ...item,
    isPattern,
    standing,
    images,
    there,
    message: standing === 'unknown' ? sayUnknown(unknown) : null,
  };
}

function sayUnknown(answer: Presence | undefined): string {
  return answer?.state === 'unknown'
    ? answer.message
    : 'Not all that Git names could be read, so nobody can say that nothing names it.';
}
