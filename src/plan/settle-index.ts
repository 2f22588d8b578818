import { driftCheck, findDrift } from './drift-checks.ts';
import {
  closureCheck,
  clusterDiffersCheck,
  emptyCheck,
  foreignCheck,
  type IndexCheck,
  pinEndedCheck,
  programLostCheck,
  takenCheck,
  unknownCheck,
  unprovedCheck,
} from './index-checks.ts';
import {
  FAILED,
  keepPrevious,
  keepServed,
  moveStep,
  pushStep,
  REFUSED,
  restoreImmutable,
  type SettledIndex,
  withhold,
} from './index-steps.ts';
import { formatImmutableTag, formatIndexItem } from './item.ts';
import { judgeIndex } from './judge-index.ts';
import { settlePinned } from './settle-pinned.ts';
import type { Shrink } from './shrink.ts';
import type { Check, ObservedIndex, WantedIndex } from './types.ts';

export interface IndexPolicy {
  /** Replace an index that was taken in and equals Git by one that olmirror builds. */
  readonly rebuild: boolean;
  /** Why images of this catalog keep its index from being published; empty for none. */
  readonly obstacles: readonly string[];
  /** That it would lose most of what is served; null, or left out, where it would not. */
  readonly shrink?: Shrink | null;
  /** Policies that forbid it, what was published before excepted; left out for none. */
  readonly refusals?: readonly IndexCheck[];
  /** Images of it of which nobody knows, since the requests of the day left no room to ask. */
  readonly unproved?: number;
}

/** Decides about the index of one catalog: its steps always come last (promise 3). */
export function settleIndex(
  wanted: WantedIndex,
  observed: ObservedIndex,
  policy: IndexPolicy,
): SettledIndex {
  const settled = settleWanted(wanted, observed, policy);
  const told = [
    ...(wanted.endedPin === null ? [] : [pinEndedCheck(wanted, wanted.endedPin)]),
    ...listUntold(wanted),
  ];
  return told.length === 0 ? settled : { ...settled, checks: [...told, ...settled.checks] };
}

function settleWanted(
  wanted: WantedIndex,
  observed: ObservedIndex,
  policy: IndexPolicy,
): SettledIndex {
  if (wanted.pin !== null) return settlePinned(wanted, wanted.pin, observed);
  return wanted.moves
    ? settleMoving(wanted, observed, policy)
    : settleUnmoving(wanted, observed, policy);
}

// Where no tag moves, clusters are served what Git tells them, whatever else is published.
function listUntold(wanted: WantedIndex): readonly Check[] {
  const tag = wanted.pin?.tag ?? formatImmutableTag(wanted.tag, wanted.imageId);
  const isTold = wanted.told.every((name) => name === tag);
  return wanted.moves || isTold ? [] : [clusterDiffersCheck(wanted, tag)];
}

function settleMoving(
  wanted: WantedIndex,
  observed: ObservedIndex,
  policy: IndexPolicy,
): SettledIndex {
  const standing = judgeIndex(wanted, observed);
  const drift = findDrift(standing, observed);
  // What was served before, and what came since only by a tag that somebody moved, is no wish to lose something.
  if (drift !== null)
    return addCheck(
      publish(wanted, observed, { ...policy, shrink: null, refusals: [] }),
      driftCheck(wanted, drift),
    );
  switch (standing) {
    case 'unknown':
      return withhold(wanted, unknownCheck(wanted, observed), FAILED);
    case 'foreign':
      return withhold(wanted, foreignCheck(wanted, observed), REFUSED);
    case 'expected':
      return settleExpected(wanted, observed);
    case 'taken-in-equal':
      return policy.rebuild ? publish(wanted, observed, policy) : keepServed(wanted);
    case 'no-index':
    case 'absent':
    case 'ours':
    case 'taken-in':
      return publish(wanted, observed, policy);
  }
}

function addCheck(settled: SettledIndex, check: Check): SettledIndex {
  return { ...settled, checks: [check, ...settled.checks] };
}

// What is served is right; but who overwrote the tag beside it took the way back to it.
function settleExpected(wanted: WantedIndex, observed: ObservedIndex): SettledIndex {
  const kept = keepServed(wanted);
  const { expectedImmutable, expectedImmutableId } = observed;
  if (expectedImmutable.state === 'absent')
    return {
      ...kept,
      steps: restoreImmutable(wanted, observed, formatImmutableTag(wanted.tag, wanted.imageId)),
    };
  if (expectedImmutable.state !== 'present' || expectedImmutableId === wanted.imageId) return kept;
  return addCheck(kept, withoutCode(takenCheck(wanted)));
}

function withoutCode(check: IndexCheck): Check {
  const { code: _, ...plain } = check;
  return plain;
}

// Nothing is replaced there, so that nothing can be foreign: an index is served once clusters are told of its own tag.
function settleUnmoving(
  wanted: WantedIndex,
  observed: ObservedIndex,
  policy: IndexPolicy,
): SettledIndex {
  const { expectedImmutable } = observed;
  const isThere =
    expectedImmutable.state === 'present' && observed.expectedImmutableId === wanted.imageId;
  if (isThere) return keepServed(wanted);
  const standing = judgeIndex(wanted, observed);
  if (standing === 'unknown') return withhold(wanted, unknownCheck(wanted, observed), FAILED);
  const isTold = wanted.told.includes(formatImmutableTag(wanted.tag, wanted.imageId));
  if (standing === 'taken-in-equal' && !policy.rebuild && !isTold) return keepServed(wanted);
  const obstacle = findObstacle(wanted, observed, policy);
  if (obstacle !== null) return obstacle;
  const steps = [pushStep(wanted, [formatIndexItem(wanted.catalog)])];
  return { action: 'publish', steps, settled: [], checks: [] };
}

function publish(wanted: WantedIndex, observed: ObservedIndex, policy: IndexPolicy): SettledIndex {
  const obstacle = findObstacle(wanted, observed, policy);
  if (obstacle !== null) return obstacle;
  const { imageId, builder } = wanted;
  const target = {
    immutableTag: formatImmutableTag(wanted.tag, imageId),
    imageId,
    ...(builder === 'podman' ? { builder } : {}),
  };
  const steps = [
    ...keepPrevious(wanted, observed),
    ...(observed.expectedImmutable.state === 'absent' ? [pushStep(wanted)] : []),
    moveStep(wanted, observed, target),
  ];
  const action = observed.moving.state === 'absent' ? 'restore' : 'publish';
  const published = { action, steps, settled: [], checks: [] } as const;
  // What blocks and did not is an index that was published before.
  return policy.shrink?.blocks === false
    ? addCheck(published, withoutCode(policy.shrink.check))
    : published;
}

function findObstacle(
  wanted: WantedIndex,
  observed: ObservedIndex,
  policy: IndexPolicy,
): SettledIndex | null {
  const { expectedImmutable } = observed;
  if (wanted.packages === 0) return withholdEmpty(wanted, observed);
  if (expectedImmutable.state === 'unknown')
    return withhold(wanted, unknownCheck(wanted, observed), FAILED);
  if (expectedImmutable.state === 'present' && observed.expectedImmutableId !== wanted.imageId)
    return withhold(wanted, takenCheck(wanted), REFUSED);
  if (observed.servedStarts && !wanted.canBeServed)
    return withhold(wanted, programLostCheck(wanted), REFUSED);
  const refusal = expectedImmutable.state === 'present' ? null : findRefusal(policy);
  if (refusal !== null) return withhold(wanted, refusal, REFUSED);
  if (policy.obstacles.length > 0)
    return withhold(wanted, closureCheck(wanted, policy.obstacles), REFUSED);
  return withholdUnproved(wanted, policy);
}

// Not of an index that was published before and lies there still: that is a way back that somebody chose.
function findRefusal({ shrink, refusals = [] }: IndexPolicy): IndexCheck | null {
  return shrink?.blocks === true ? shrink.check : (refusals[0] ?? null);
}

function withholdUnproved(wanted: WantedIndex, { unproved = 0 }: IndexPolicy): SettledIndex | null {
  if (unproved === 0) return null;
  const end = { kind: 'deferred', action: 'blocked' } as const;
  return withhold(wanted, unprovedCheck(wanted, unproved), end);
}

// A catalog folder that is missing or misspelt reads as empty: clusters must not lose every operator to it.
function withholdEmpty(wanted: WantedIndex, observed: ObservedIndex): SettledIndex {
  const served = observed.moving.state === 'present';
  return withhold(wanted, emptyCheck(wanted, served), {
    kind: served ? 'refused' : 'deferred',
    action: 'blocked',
  });
}
