import type { CatalogPin } from '../manifest/types.ts';
import { driftCheck } from './drift-checks.ts';
import {
  foreignCheck,
  pinCacheCheck,
  pinClosureCheck,
  pinForeignCheck,
  pinMissingCheck,
  pinnedCheck,
  programLostCheck,
  unknownCheck,
} from './index-checks.ts';
import {
  FAILED,
  keepPrevious,
  keepServed,
  moveStep,
  REFUSED,
  restoreImmutable,
  type SettledIndex,
  withhold,
} from './index-steps.ts';
import { formatImmutableTag } from './item.ts';
import { type IndexStanding, isOwnPin, judgeIndex } from './judge-index.ts';
import type { ObservedIndex, ObservedPin, WantedIndex } from './types.ts';

/**
 * Decides about the index of a pinned catalog: what the pin names is to be served, whatever Git's
 * catalog says. A tag that points elsewhere is brought there like any other drift, never forward.
 */
export function settlePinned(
  wanted: WantedIndex,
  pin: CatalogPin,
  observed: ObservedIndex,
): SettledIndex {
  const { pinned } = observed;
  if (pinned === null) throw new Error(`The pin of ${wanted.catalog} was not observed.`);
  const told = keepServed(wanted, [pinnedCheck(wanted, pin)]);
  const isOwn = isOwnPin(wanted, pin.tag, pinned);
  if (isOwn && isServed(observed, pinned)) return told;
  const standing = wanted.moves ? judgeIndex(wanted, observed) : 'absent';
  if (standing === 'unknown' || pinned.presence.state === 'unknown')
    return withhold(wanted, unknownCheck(wanted, observed), FAILED);
  if (standing === 'foreign') return withhold(wanted, foreignCheck(wanted, observed), REFUSED);
  if (pinned.presence.state === 'absent') return settleAbsent(wanted, pin, observed);
  if (!isOwn) return withhold(wanted, pinForeignCheck(wanted, pin), REFUSED);
  const obstacle = findObstacle({ wanted, pin, observed, pinned });
  if (obstacle !== null) return obstacle;
  return wanted.moves ? moveBack({ wanted, pin, observed, pinned }, standing) : told;
}

function isServed({ moving }: ObservedIndex, { presence }: ObservedPin): boolean {
  return (
    moving.state === 'present' && presence.state === 'present' && moving.digest === presence.digest
  );
}

function settleAbsent(wanted: WantedIndex, pin: CatalogPin, observed: ObservedIndex): SettledIndex {
  if (!isServedStill(wanted, pin, observed))
    return withhold(wanted, pinMissingCheck(wanted, pin), REFUSED);
  return {
    ...keepServed(wanted, [pinnedCheck(wanted, pin)]),
    steps: restoreImmutable(wanted, observed, pin.tag),
  };
}

// The pinned index is served, only its own tag was taken away. A label alone does not prove that of a recipe.
function isServedStill(wanted: WantedIndex, pin: CatalogPin, observed: ObservedIndex): boolean {
  return (
    wanted.moves &&
    observed.servedId !== null &&
    !observed.servedByRecipe &&
    observed.servedImmutable?.state === 'absent' &&
    formatImmutableTag(wanted.tag, observed.servedId) === pin.tag
  );
}

interface PinnedIndex {
  readonly wanted: WantedIndex;
  readonly pin: CatalogPin;
  readonly observed: ObservedIndex;
  readonly pinned: ObservedPin;
}

function findObstacle({ wanted, pin, observed, pinned }: PinnedIndex): SettledIndex | null {
  const { closure } = pinned;
  if (observed.servedStarts && !pinned.canBeServed)
    return withhold(wanted, programLostCheck(wanted), REFUSED);
  if (pinned.cacheFault !== null)
    return withhold(wanted, pinCacheCheck(wanted, pin, pinned.cacheFault), REFUSED);
  if (closure?.state === 'failed')
    return withhold(wanted, pinClosureCheck(wanted, pin, closure), REFUSED);
  if (closure?.state === 'unknown')
    return withhold(wanted, pinClosureCheck(wanted, pin, closure), FAILED);
  return null;
}

function moveBack(
  { wanted, pin, observed, pinned }: PinnedIndex,
  standing: IndexStanding,
): SettledIndex {
  const { imageId, byRecipe } = pinned;
  if (imageId === null) throw new Error(`The index ${pin.tag} has no image id.`);
  return {
    action: observed.moving.state === 'absent' ? 'restore' : 'publish',
    steps: [
      ...keepPrevious(wanted, observed),
      moveStep(wanted, observed, {
        immutableTag: pin.tag,
        imageId,
        ...(byRecipe ? { builder: 'podman' } : {}),
      }),
    ],
    settled: [],
    checks: [
      ...(standing === 'no-index' ? [driftCheck(wanted, standing)] : []),
      pinnedCheck(wanted, pin),
    ],
  };
}
