import { shortHex } from '../base/digest.ts';
import { formatCount } from '../base/text.ts';
import { formatProtectTag } from '../images/list-wanted.ts';
import {
  closureCheck,
  emptyCheck,
  foreignCheck,
  type IndexCheck,
  pinnedCheck,
  programLostCheck,
  takenCheck,
  unknownCheck,
} from './index-checks.ts';
import { formatImmutableTag, formatIndexItem, formatTagItem } from './item.ts';
import type { Settled } from './settled.ts';
import type {
  CatalogPlan,
  ObservedIndex,
  Outcome,
  PushIndexStep,
  Step,
  WantedIndex,
} from './types.ts';

/** An index image that is present under the moving tag, and what it is to this repository. */
export type IndexStanding =
  | 'absent'
  | 'expected'
  | 'ours'
  | 'taken-in-equal'
  | 'taken-in'
  | 'foreign'
  | 'unknown';

/**
 * Tells what the served index is (design §8). Ours: its labels say so and its never-moving tag
 * holds this very manifest. Taken in: a delivery record names its digest. Everything else is
 * foreign and is never replaced (promise 2). An image id proves the index that Git wants; the recipe
 * that an index names is a label, which others can copy, so it only counts of an index that is ours.
 */
export function judgeIndex(
  wanted: WantedIndex,
  observed: Omit<ObservedIndex, 'foreign'>,
): IndexStanding {
  const { moving } = observed;
  if (moving.state !== 'present') return moving.state;
  const named = isNamed(wanted, observed);
  if (named && !observed.servedByRecipe) return 'expected';
  if (observed.servedImmutable?.state === 'unknown') return 'unknown';
  if (observed.servedLabelled && isKept(observed)) return named ? 'expected' : 'ours';
  const record = wanted.takenIn.findLast((entry) => entry.digest === moving.digest);
  if (record === undefined) return 'foreign';
  return record.content === wanted.content ? 'taken-in-equal' : 'taken-in';
}

function isNamed(
  { imageId, builder }: WantedIndex,
  { servedId, servedByRecipe }: Omit<ObservedIndex, 'foreign'>,
): boolean {
  return servedId === imageId && servedByRecipe === (builder === 'podman');
}

/** Its never-moving tag holds this very manifest. */
function isKept({ moving, servedImmutable }: Omit<ObservedIndex, 'foreign'>): boolean {
  return (
    moving.state === 'present' &&
    servedImmutable?.state === 'present' &&
    servedImmutable.digest === moving.digest
  );
}

export interface IndexPolicy {
  /** Replace an index that was taken in and equals Git by one that olmirror builds. */
  readonly rebuild: boolean;
  /** Why images of this catalog keep its index from being published; empty for none. */
  readonly obstacles: readonly string[];
}

export interface SettledIndex extends Settled {
  readonly action: CatalogPlan['action'];
}

/** Decides about the index of one catalog: its steps always come last (promise 3). */
export function settleIndex(
  wanted: WantedIndex,
  observed: ObservedIndex,
  policy: IndexPolicy,
): SettledIndex {
  if (wanted.pinned !== null)
    return withhold(wanted, pinnedCheck(wanted), { kind: 'deferred', action: 'pinned' });
  const standing = judgeIndex(wanted, observed);
  switch (standing) {
    case 'unknown':
      return withhold(wanted, unknownCheck(wanted, observed), {
        kind: 'failed',
        action: 'blocked',
      });
    case 'foreign':
      return withhold(wanted, foreignCheck(wanted, observed), {
        kind: 'refused',
        action: 'blocked',
      });
    case 'expected':
      return { ...keepServed(wanted), steps: restoreImmutable(wanted, observed) };
    case 'taken-in-equal':
      return policy.rebuild ? publish(wanted, observed, policy) : keepServed(wanted);
    case 'absent':
    case 'ours':
    case 'taken-in':
      return publish(wanted, observed, policy);
  }
}

function publish(wanted: WantedIndex, observed: ObservedIndex, policy: IndexPolicy): SettledIndex {
  const { expectedImmutable } = observed;
  const action = observed.moving.state === 'absent' ? 'restore' : 'publish';
  if (wanted.packages === 0) return withholdEmpty(wanted, observed);
  if (expectedImmutable.state === 'unknown')
    return withhold(wanted, unknownCheck(wanted, observed), { kind: 'failed', action: 'blocked' });
  if (expectedImmutable.state === 'present' && observed.expectedImmutableId !== wanted.imageId) {
    return withhold(wanted, takenCheck(wanted), { kind: 'refused', action: 'blocked' });
  }
  if (observed.servedStarts && !wanted.canBeServed)
    return withhold(wanted, programLostCheck(wanted), { kind: 'refused', action: 'blocked' });
  if (policy.obstacles.length > 0)
    return withhold(wanted, closureCheck(wanted, policy.obstacles), {
      kind: 'refused',
      action: 'blocked',
    });
  const steps = [
    ...keepPrevious(wanted, observed),
    ...(expectedImmutable.state === 'absent' ? [pushStep(wanted)] : []),
    moveStep(wanted, observed),
  ];
  return { action, steps, settled: [], checks: [] };
}

// A catalog folder that is missing or misspelt reads as empty: clusters must not lose every operator to it.
function withholdEmpty(wanted: WantedIndex, observed: ObservedIndex): SettledIndex {
  const served = observed.moving.state === 'present';
  return withhold(wanted, emptyCheck(wanted, served), {
    kind: served ? 'refused' : 'deferred',
    action: 'blocked',
  });
}

// Before a tag moves, the manifest it leaves has a never-moving tag of its own (promise 2).
function keepPrevious(wanted: WantedIndex, observed: ObservedIndex): readonly Step[] {
  const { moving, servedId, servedImmutable } = observed;
  if (moving.state !== 'present' || servedId === null || isKept(observed)) return [];
  // The label of a recipe may be inherited from a base: no tag may vouch for it afterwards.
  const free = servedImmutable?.state === 'absent' && !observed.servedByRecipe;
  const tag = free
    ? formatImmutableTag(wanted.tag, servedId)
    : formatProtectTag(moving.digest, false);
  return [
    keepStep(wanted, {
      tag,
      digest: moving.digest,
      reason: `keeps the index that ${wanted.tag} points at now`,
    }),
  ];
}

function restoreImmutable(wanted: WantedIndex, observed: ObservedIndex): readonly Step[] {
  if (observed.moving.state !== 'present' || observed.expectedImmutable.state !== 'absent')
    return [];
  return [
    keepStep(wanted, {
      tag: formatImmutableTag(wanted.tag, wanted.imageId),
      digest: observed.moving.digest,
      reason: 'its never-moving tag is gone',
    }),
  ];
}

function keepStep(
  wanted: WantedIndex,
  keep: { readonly tag: string; readonly digest: `sha256:${string}`; readonly reason: string },
): Step {
  const { repository } = wanted;
  return {
    kind: 'tag',
    id: formatTagItem(repository, keep.tag),
    reason: keep.reason,
    bytes: 0,
    items: [],
    repository,
    tag: keep.tag,
    digest: keep.digest,
    previous: null,
  };
}

function pushStep(wanted: WantedIndex): Step {
  const { catalog, repository, imageId, bytes } = wanted;
  const reason = `${formatCount(wanted.packages, 'package')}, ${formatCount(wanted.bundles, 'bundle')} as in Git`;
  return {
    kind: 'push-index',
    id: `push ${catalog}`,
    reason,
    bytes,
    items: [],
    catalog,
    repository,
    tag: formatImmutableTag(wanted.tag, wanted.imageId),
    imageId,
    ...nameBuilder(wanted),
  };
}

function nameBuilder({ builder }: WantedIndex): Pick<PushIndexStep, 'builder'> {
  return builder === 'podman' ? { builder } : {};
}

function moveStep(wanted: WantedIndex, observed: ObservedIndex): Step {
  const { catalog, repository, tag, imageId } = wanted;
  const previous = observed.moving.state === 'present' ? observed.moving.digest : null;
  const reason =
    previous === null
      ? `${tag} is missing`
      : `${tag} serves ${observed.servedId === null ? 'another index' : shortHex(observed.servedId)}`;
  return {
    kind: 'move-index',
    id: formatIndexItem(catalog),
    reason,
    bytes: 0,
    items: [formatIndexItem(catalog)],
    catalog,
    repository,
    tag,
    immutableTag: formatImmutableTag(wanted.tag, wanted.imageId),
    imageId,
    ...nameBuilder(wanted),
    previous,
  };
}

function keepServed(wanted: WantedIndex): SettledIndex {
  return {
    action: 'none',
    steps: [],
    settled: [
      {
        item: formatIndexItem(wanted.catalog),
        type: 'index',
        kind: 'in-sync',
        message: null,
        code: null,
      },
    ],
    checks: [],
  };
}

function withhold(
  wanted: WantedIndex,
  check: IndexCheck,
  end: { readonly kind: Outcome['kind']; readonly action: CatalogPlan['action'] },
): SettledIndex {
  const { code, ...plain } = check;
  return {
    action: end.action,
    steps: [],
    settled: [
      {
        item: formatIndexItem(wanted.catalog),
        type: 'index',
        kind: end.kind,
        message: plain.message,
        code,
      },
    ],
    checks: [plain],
  };
}
