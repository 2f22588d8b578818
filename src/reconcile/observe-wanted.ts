import type { EmitEvent } from '../base/events.ts';
import type { VerifyLevel } from '../base/verify-level.ts';
import { listMovableTags } from '../images/movable-tags.ts';
import type { WantedImage } from '../images/types.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { PerRole } from '../manifest/types.ts';
import type { Observed, Verification } from '../plan/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { LoadedState } from './load-state.ts';
import {
  formatPlace,
  type Looks,
  lookInTurn,
  type TurnFacts,
  type TurnOptions,
} from './look-in-turn.ts';
import { observeImages, type ProveSome } from './observe-images.ts';
import type { PassOptions } from './pass-options.ts';
import { createVerifier, type Verifier } from './verify-production.ts';

interface Sides {
  readonly state: Pick<LoadedState, 'manifest' | 'snapshot'>;
  readonly registries: PerRole<RegistryPort>;
}

interface Surroundings extends Pick<TurnFacts, 'budget' | 'besides' | 'asked' | 'now'> {
  readonly options: PassOptions;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

interface ObservedWanted {
  readonly images: Observed['images'];
  readonly verification: Verification | null;
  /** Null where all were asked for. */
  readonly looks: Looks | null;
}

/**
 * Looks at every wanted image, as thoroughly as the pass or the manifest says, or at those whose turn it is;
 * at none where images are left aside.
 */
export async function observeWanted(
  images: readonly WantedImage[],
  sides: Sides,
  surroundings: Surroundings,
): Promise<ObservedWanted> {
  const { options } = surroundings;
  if (options.indexOnly) return { images: new Map(), verification: null, looks: null };
  const verify = options.verify ?? sides.state.manifest.verify;
  if (options.inTurn !== undefined)
    return observeInTurn(images, sides, { ...surroundings, verify, turn: options.inTurn });
  const verifier = openVerifier(sides, verify, surroundings);
  const ask = createAsk(sides, surroundings);
  const observed = await ask(images, verifier?.prove ?? null);
  return { images: observed, verification: verifier?.summarize() ?? null, looks: null };
}

type Turning = Surroundings & { readonly verify: VerifyLevel; readonly turn: TurnOptions };

async function observeInTurn(
  images: readonly WantedImage[],
  sides: Sides,
  surroundings: Turning,
): Promise<ObservedWanted> {
  const { verify, turn, options } = surroundings;
  const { manifest } = sides.state;
  const always = openVerifier(sides, verify, surroundings);
  const inTurn = always ?? openVerifier(sides, 'deep', surroundings);
  const ask = createAsk(sides, surroundings);
  const facts: TurnFacts = {
    ...surroundings,
    manifest,
    movableTags: listMovableTags(manifest),
    owes: (upstream) => options.notes?.owes(upstream) === true,
  };
  const { images: observed, looks } = await lookInTurn(images, turn, {
    facts,
    askFor: (some, places) => ask(some, always?.prove ?? proveSome(inTurn, places)),
  });
  const verifier = looks.deep.size > 0 ? inTurn : always;
  return { images: observed, verification: verifier?.summarize() ?? null, looks };
}

function openVerifier(
  { state: { snapshot, manifest }, registries }: Sides,
  level: VerifyLevel,
  { options, now, signal }: Surroundings,
): Verifier | null {
  const { revision } = snapshot;
  const notes = options.notes ?? null;
  return createVerifier(registries[servingRole(manifest)], { level, revision, now, notes, signal });
}

function proveSome(verifier: Verifier | null, places: ReadonlySet<string>): ProveSome | null {
  if (verifier === null || places.size === 0) return null;
  return async (repository, digest) =>
    places.has(formatPlace(repository, digest)) ? verifier.prove(repository, digest) : undefined;
}

function createAsk(
  { state: { manifest }, registries }: Sides,
  { options, emit, signal }: Surroundings,
): (images: readonly WantedImage[], prove: ProveSome | null) => Promise<Observed['images']> {
  return (images, prove) =>
    observeImages(images, registries, {
      policy: manifest.policy,
      movableTags: listMovableTags(manifest),
      prove,
      owes: (upstream) => options.notes?.owes(upstream) === true,
      emit,
      signal,
    });
}
