import { findKnown } from '../images/find-known.ts';
import { type JudgedListed, judgeListed } from '../images/judge-listed.ts';
import type { WantedList } from '../images/list-wanted.ts';
import type { ListedMissing } from '../manifest/types.ts';
import type { Loss } from '../plan/settle-image.ts';
import type { Observed } from '../plan/types.ts';
import { findHiddenLosses } from './find-hidden-losses.ts';
import type { LoadedState } from './load-state.ts';
import type { IndexObservation } from './observe-index.ts';
import type { ReadMissingThen } from './read-missing-then.ts';

export interface KnownFacts {
  readonly state: LoadedState;
  readonly wanted: WantedList;
  readonly images: Observed['images'];
  readonly indexes: readonly IndexObservation[];
  /** All that Git names is among the wanted images. */
  readonly isWhole: boolean;
  /** UTC date, `YYYY-MM-DD`. */
  readonly today: string;
}

export interface KnownDeps {
  /** Left out where nobody can look into earlier commits. */
  readonly readMissingThen?: ReadMissingThen;
  readonly signal: AbortSignal;
}

export interface JudgedKnown {
  /** By upstream reference, what Git lists as known missing. */
  readonly known: ReadonlyMap<string, ListedMissing>;
  /** By upstream reference, what a pattern fits and the serving registry had. */
  readonly losses: ReadonlyMap<string, Loss>;
  readonly listed: readonly JudgedListed[];
}

/** Holds the lists of known missing against what is wanted, what the serving registry has, and what it had. */
export async function judgeKnown(facts: KnownFacts, deps: KnownDeps): Promise<JudgedKnown> {
  const { state, wanted, images, isWhole, today } = facts;
  const context = { manifest: state.manifest, today };
  const found = findKnown(state.knownMissing, wanted, context);
  const { readMissingThen, signal } = deps;
  const losses =
    readMissingThen === undefined
      ? new Map<string, Loss>()
      : await findHiddenLosses(found, { ...facts, readMissingThen, signal });
  return {
    known: new Map([...found].filter(([upstream]) => !losses.has(upstream))),
    losses,
    listed: judgeListed(state.knownMissing, {
      ...context,
      images: wanted.images,
      unreadable: wanted.unreadable,
      presenceOf: (image) => images.get(image.key)?.serving,
      isWhole,
    }),
  };
}
