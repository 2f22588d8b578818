import { shortHex } from '../base/digest.ts';
import { formatCount } from '../base/text.ts';
import { formatProtectTag } from '../images/list-wanted.ts';
import type { IndexCheck } from './index-checks.ts';
import { formatImmutableTag, formatIndexItem, formatTagItem } from './item.ts';
import { isKept } from './judge-index.ts';
import { inSync, type Settled } from './settled.ts';
import type {
  CatalogPlan,
  Check,
  MoveIndexStep,
  ObservedIndex,
  Outcome,
  Step,
  WantedIndex,
} from './types.ts';

export interface SettledIndex extends Settled {
  readonly action: CatalogPlan['action'];
}

/** The served index stays, as it is what is wanted. */
export function keepServed(wanted: WantedIndex, checks: readonly Check[] = []): SettledIndex {
  const settled = [inSync(formatIndexItem(wanted.catalog), 'index')];
  return { action: checks.length === 0 ? 'none' : 'pinned', steps: [], settled, checks };
}

/** Ends of an index that a check keeps back: by policy, or since something is unknown. */
export const REFUSED: WithholdEnd = { kind: 'refused', action: 'blocked' };
export const FAILED: WithholdEnd = { kind: 'failed', action: 'blocked' };

interface WithholdEnd {
  readonly kind: Outcome['kind'];
  readonly action: CatalogPlan['action'];
}

/** The index stays as it is because of a check, which a person must know. */
export function withhold(wanted: WantedIndex, check: IndexCheck, end: WithholdEnd): SettledIndex {
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

/** Before a tag moves, the manifest it leaves has a never-moving tag of its own (promise 2). */
export function keepPrevious(wanted: WantedIndex, observed: ObservedIndex): readonly Step[] {
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

/** Gives the served index a never-moving tag back that is gone. */
export function restoreImmutable(
  wanted: WantedIndex,
  observed: ObservedIndex,
  tag: string,
): readonly Step[] {
  if (observed.moving.state !== 'present') return [];
  const { digest } = observed.moving;
  return [keepStep(wanted, { tag, digest, reason: 'its never-moving tag is gone' })];
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

/** `items`: what is settled once it is pushed. */
export function pushStep(wanted: WantedIndex, items: readonly string[] = []): Step {
  const { catalog, repository, imageId, bytes } = wanted;
  const reason = `${formatCount(wanted.packages, 'package')}, ${formatCount(wanted.bundles, 'bundle')} as in Git`;
  return {
    kind: 'push-index',
    id: `push ${catalog}`,
    reason,
    bytes,
    items,
    catalog,
    repository,
    tag: formatImmutableTag(wanted.tag, wanted.imageId),
    imageId,
    ...(wanted.builder === 'podman' ? { builder: wanted.builder } : {}),
  };
}

/** Lets the catalog's tag point at `target`, which lies under its immutable tag by then. */
export function moveStep(
  wanted: WantedIndex,
  observed: ObservedIndex,
  target: Pick<MoveIndexStep, 'immutableTag' | 'imageId' | 'builder'>,
): Step {
  const { catalog, repository, tag } = wanted;
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
    ...target,
    previous,
  };
}
