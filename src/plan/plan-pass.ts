import type { Problem } from '../base/problem.ts';
import { compareBytes } from '../base/text.ts';
import type { JudgedListed } from '../images/judge-listed.ts';
import { listMovableTags } from '../images/movable-tags.ts';
import { formatNeed } from '../images/need-list.ts';
import type { NeededBy, WantedImage } from '../images/types.ts';
import { servingRegistry } from '../manifest/serving-role.ts';
import type { MirrorManifest, RoleName } from '../manifest/types.ts';
import { checkCapacity, sumByRepository } from './capacity.ts';
import { denyWrites } from './deny-writes.ts';
import { describeBroken, findUnmoved, formatServedTag, isRecipe } from './describe-index.ts';
import { estimateSteps } from './estimate-requests.ts';
import { findLosses, type ServedContent } from './find-losses.ts';
import { foldUnknown } from './fold-unknown.ts';
import { hashPlan } from './hash-plan.ts';
import type { SettledIndex } from './index-steps.ts';
import { checkKnownMissing } from './known-missing-checks.ts';
import { mergeCopies } from './merge-copies.ts';
import { type Blobs, orderCopies } from './order-copies.ts';
import type { PolicyFacts } from './policy-types.ts';
import { checkProofs } from './proof-checks.ts';
import type { ProofLimits } from './proof-types.ts';
import { checkReleases, type ReleaseInput, refuseRelease } from './release-checks.ts';
import { markPayload, refuseIncomplete } from './release-closure.ts';
import { checkRelocation, judgeRelocation, type RelocationFacts } from './relocation-checks.ts';
import { reportPolicy } from './report-policy.ts';
import { type Budget, keepBudget, NO_BUDGET } from './request-budget.ts';
import { checkRoleSwap, judgeRoleSwap, type RoleSwapFacts } from './role-swap-checks.ts';
import { settleAttached, withAttached, withoutSettled } from './settle-attached.ts';
import { type ImagePolicy, type Loss, settleImage } from './settle-image.ts';
import { settleIndex } from './settle-index.ts';
import { judgeIndexPolicies, limitSize, refuseByPolicy, tellFindings } from './settle-policies.ts';
import { type IndexFault, settleBroken, settleUnbuilt } from './settle-unbuilt.ts';
import { settleUnreadable } from './settle-unreadable.ts';
import { joinSettled, type Settled } from './settled.ts';
import type { Shard } from './shard.ts';
import { shareBlobs } from './share-blobs.ts';
import { listSharedChecks } from './shared-checks.ts';
import { checkGone, judgeShrink, type ShrinkInput } from './shrink.ts';
import { takeShard } from './take-shard.ts';
import type {
  CatalogPlan,
  Check,
  CopyStep,
  Observed,
  Outcome,
  PackagePlan,
  Plan,
  PlanBinding,
  Step,
  Storage,
  Verification,
  Wanted,
  WantedIndex,
} from './types.ts';
import { countUnproved, isHarmless } from './unproved.ts';
import { checkInUseFile, type InUseFacts, judgeUpgrades, listUpgrades } from './upgrade-checks.ts';

export interface PlanInput extends Pick<ShrinkInput, 'shrink' | 'gone'>, ReleaseInput {
  readonly manifest: Pick<
    MirrorManifest,
    'name' | 'strategy' | 'swapped' | 'policy' | 'movableTags' | 'registries'
  >;
  readonly wanted: Wanted;
  readonly observed: Observed;
  readonly binding: PlanBinding;
  readonly revision: string;
  /** ISO 8601. */
  readonly time: string;
  /** Leave images and closure aside and look at the indexes only. */
  readonly indexOnly: boolean;
  readonly rebuild: boolean;
  /** By upstream reference, what Git lists as known missing. */
  readonly knownMissing: ReadonlyMap<string, unknown>;
  /** By upstream reference, why a pattern that fits it does not count: the serving registry had it. Left out for none. */
  readonly losses?: ReadonlyMap<string, Loss>;
  /** The lists of known missing, held against what is there; left out where nobody looked. */
  readonly listed?: readonly JudgedListed[];
  /** Faults of references found while listing what is wanted. */
  readonly problems: readonly Problem[];
  /** Catalogs that cannot be read or judged valid, with their first fault: no index of theirs is touched. */
  readonly broken: ReadonlyMap<string, string>;
  /** Catalogs of which no index can be built, with the reason: no index of theirs is touched. */
  readonly unbuilt: ReadonlyMap<string, IndexFault>;
  /** Null where the manifest names no storage of the serving registry. */
  readonly storage: (Storage & { readonly fault: string | null }) | null;
  /** By catalog, what an index of ours or one that was taken in serves; left out where nobody needs to know. */
  readonly served?: ReadonlyMap<string, ServedContent>;
  /** What changes for users, by catalog; null where the served index could not be compared. */
  readonly offers: ReadonlyMap<string, readonly PackagePlan[] | null>;
  /** Left out where there is no `in-use.yaml`. */
  readonly inUse?: InUseFacts;
  /** What is in use, where it decides what is wanted; left out under `append`. */
  readonly relocation?: RelocationFacts;
  /** Left out where roles are as they were. */
  readonly roleSwap?: RoleSwapFacts;
  /** Null where manifests were all that was looked at. */
  readonly verification: Verification | null;
  /** Left out where all images were asked for. */
  readonly proofs?: ProofLimits;
  /** Left out where nothing is counted. */
  readonly budget?: Budget;
  /** Left out where no policy is judged. */
  readonly policies?: PolicyFacts;
  /** What part of it is asked for; left out for the whole. */
  readonly shard?: Shard;
}

/**
 * Compares wanted with observed and lists the steps between them: copies, tags, then index images,
 * each in a fixed order, so that equal inputs always give equal plans and every step comes after what it
 * needs. Every wanted item is either settled or named by exactly one step (promise 8).
 */
export function planPass(input: PlanInput): Plan {
  const serving = servingRegistry(input.manifest);
  const images = input.indexOnly ? joinSettled([]) : settleImages(input);
  const unreadable = input.indexOnly
    ? []
    : input.wanted.unreadable.map((image) => settleUnreadable(image, input.knownMissing));
  const indexes = input.wanted.indexes.map((index) => ({
    index,
    result: settleOneIndex(index, input, images),
  }));
  const broken = [...input.broken].map(([catalog, why]) => settleBroken(catalog, why));
  const unbuilt = [...input.unbuilt].map(([catalog, fault]) => settleUnbuilt(catalog, fault));
  const results = indexes.map(({ result }) => result);
  const all = joinSettled([images, ...unreadable, ...results, ...broken, ...unbuilt]);
  const blobsOf = findBlobs(input.observed);
  const steps = shareBlobs(sortSteps(all.steps, blobsOf), blobsOf);
  const bytes = steps.reduce((sum, step) => sum + step.bytes, 0);
  const described = indexes.map(({ index, result }) => describeCatalog(index, result, input));
  const failing = [...input.broken.keys(), ...input.unbuilt.keys()].map(describeBroken);
  const plan: Omit<Plan, 'hash'> = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Plan',
    mirror: input.manifest.name,
    revision: input.revision,
    time: input.time,
    indexOnly: input.indexOnly,
    binding: input.binding,
    steps,
    checks: listChecks(input, { all, bytes, serving: serving.role }),
    settled: all.settled.toSorted((a, b) => compareBytes(a.item, b.item)),
    catalogs: [...described, ...failing],
    ...listUpgrades(input, described),
    wantedItems: all.settled.length + steps.reduce((sum, step) => sum + step.items.length, 0),
    bytes,
    repositories: sumByRepository(steps),
    storage: describeStorage(input),
    ...(input.verification === null ? {} : { verification: input.verification }),
  };
  const whole = reportPolicy(denyWrites(limitSize(plan, input), serving), serving);
  const { indexes: facts } = input.wanted;
  const allowed =
    input.shard === undefined ? whole : takeShard(whole, input.shard, { indexes: facts, blobsOf });
  const kept = withinBudget(allowed, input, serving.role);
  return { ...kept, hash: hashPlan(kept) };
}

function listChecks(input: PlanInput, { all, bytes, serving }: Totals): readonly Check[] {
  const { fault = null } = input.storage ?? {};
  return foldUnknown([
    ...listSharedChecks(input),
    ...checkInUseFile(input),
    ...checkReleases(input),
    ...checkRelocation(input),
    ...checkRoleSwap(input),
    ...checkProofs(input.proofs),
    ...checkCapacity({ bytes, storage: describeStorage(input), fault, role: serving }),
    ...findLosses(input),
    ...checkGone(input),
    ...all.checks,
    ...checkKnownMissing(input.listed ?? [], serving),
  ]);
}

/** What a plan comes to. */
interface Totals {
  readonly all: Settled;
  readonly bytes: number;
  readonly serving: RoleName;
}

function withinBudget(
  plan: Omit<Plan, 'hash'>,
  { observed, wanted, budget = NO_BUDGET }: PlanInput,
  serving: RoleName,
): Omit<Plan, 'hash'> {
  const facts = { serving, images: observed.images, indexes: wanted.indexes };
  return keepBudget(plan, estimateSteps(plan.steps, facts), budget);
}

function describeStorage({ storage }: PlanInput): Storage | null {
  return storage === null ? null : { path: storage.path, freeBytes: storage.freeBytes };
}

function settleImages(input: PlanInput): Settled {
  const { policy } = input.manifest;
  const { pathPrefix, writePolicy } = servingRegistry(input.manifest);
  const imagePolicy: ImagePolicy = {
    protect: policy.protect,
    tagDrift: policy.tagDrift,
    movableTags: listMovableTags(input.manifest),
    writeOnce: writePolicy === 'allow-once',
    pathPrefix,
    knownMissing: input.knownMissing,
    losses: input.losses ?? new Map(),
  };
  const all = input.wanted.images.map((image) => {
    const observed = input.observed.images.get(image.key);
    if (observed === undefined) throw new Error(`${image.key} was not observed.`);
    const alone = refuseRelease(settleImage(image, observed, imagePolicy), image, input);
    const settled = refuseByPolicy(alone, input, { image, observed });
    return { settled, image, observed };
  });
  const parts = refuseIncomplete(all, input.knownMissing).map(markPayload);
  const images = joinSettled(parts.map((part) => part.settled));
  const attached = settleAttached(parts, { ...imagePolicy, ...ATTACHED_POLICY });
  return mergeCopies(joinSettled([images, withoutSettled(attached, images)]));
}

// Another signature at the serving registry is reported and stays, whatever the policy for wanted tags.
const ATTACHED_POLICY = {
  protect: 'new',
  tagDrift: 'keep',
  movableTags: new Set<string>(),
} as const;

function settleOneIndex(index: WantedIndex, input: PlanInput, images: Settled): SettledIndex {
  const observed = input.observed.indexes.get(index.catalog);
  if (observed === undefined) throw new Error(`The index of ${index.catalog} was not observed.`);
  const findings = [
    ...judgeRelocation(index, input),
    ...judgeRoleSwap(index, input),
    ...judgeUpgrades(index, input),
    ...judgeIndexPolicies(index, input),
  ];
  const settled = settleIndex(index, observed, {
    rebuild: input.rebuild,
    refusals: findings.filter(({ severity }) => severity === 'blocked'),
    shrink: judgeShrink(index, input),
    obstacles: input.indexOnly
      ? []
      : [...listObstacles(index, input, images), ...listUnreadable(index, input)],
    unproved: countUnproved(index, images),
  });
  return tellFindings(settled, findings);
}

function listObstacles(index: WantedIndex, input: PlanInput, images: Settled): readonly string[] {
  const bad = new Map(
    images.settled
      .filter((outcome) => outcome.type === 'image' && !isHarmless(outcome))
      .map((outcome) => [outcome.item, outcome]),
  );
  if (bad.size === 0) return [];
  const byKey = new Map(input.wanted.images.map((image) => [image.key, image]));
  return index.imageKeys.flatMap((key) => {
    const outcome = bad.get(key);
    const image = byKey.get(key);
    if (
      outcome === undefined ||
      image === undefined ||
      (outcome.kind === 'lost' && input.knownMissing.has(image.upstream))
    )
      return [];
    return [
      `${image.upstream} (${firstNeed(image, index.catalog)}) is ${describeOutcome(outcome.kind)}`,
    ];
  });
}

function listUnreadable(index: WantedIndex, input: PlanInput): readonly string[] {
  return input.wanted.unreadable.flatMap((image) =>
    input.knownMissing.has(image.upstream) ||
    !image.neededBy.some(({ catalog }) => catalog === index.catalog)
      ? []
      : [`${image.upstream} (${firstNeed(image, index.catalog)}) is no reference to an image`],
  );
}

function firstNeed({ neededBy }: Pick<WantedImage, 'neededBy'>, catalog: string): string {
  const need: NeededBy | undefined = neededBy.find((entry) => entry.catalog === catalog);
  return need === undefined ? 'needed' : formatNeed(need);
}

function describeOutcome(kind: Outcome['kind']): string {
  if (kind === 'lost') return 'in neither registry';
  return kind === 'failed' ? 'in an unknown state' : kind;
}

const STEP_ORDER: Readonly<Record<Exclude<Step['kind'], 'copy'>, number>> = {
  tag: 1,
  'push-index': 2,
  'move-index': 3,
};

// What is attached goes first: an image that is there is not asked for its signatures again.
function sortSteps(steps: readonly Step[], blobsOf: (step: CopyStep) => Blobs): readonly Step[] {
  const copies = steps.filter((step) => step.kind === 'copy');
  const others = steps
    .filter((step) => step.kind !== 'copy')
    .toSorted((a, b) => STEP_ORDER[a.kind] - STEP_ORDER[b.kind] || compareBytes(a.id, b.id));
  return [...orderCopies(copies, blobsOf), ...others];
}

function findBlobs(observed: PlanInput['observed']): (step: CopyStep) => Blobs {
  const images = withAttached(observed.images);
  return ({ items }) => Object.assign({}, ...items.map((item) => images.get(item)?.blobs));
}

function describeCatalog(index: WantedIndex, result: SettledIndex, input: PlanInput): CatalogPlan {
  const observed = input.observed.indexes.get(index.catalog);
  const kept = input.relocation?.kept.get(index.catalog);
  const wantedId = index.pin === null ? index.imageId : (observed?.pinned?.imageId ?? null);
  return {
    catalog: index.catalog,
    target: `${index.repository}:${formatServedTag(index)}`,
    servedId: (index.moves ? observed?.servedId : findUnmoved(index, observed)) ?? null,
    wantedId,
    ...(isRecipe(index, observed) ? { builder: 'podman' } : {}),
    action: result.action,
    pin: index.pin,
    packages: input.offers.get(index.catalog) ?? null,
    ...(kept === undefined ? {} : { kept: kept.share }),
  };
}
