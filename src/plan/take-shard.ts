import { compareBytes, formatCount } from '../base/text.ts';
import { sumByRepository } from './capacity.ts';
import { typeOfItem } from './item.ts';
import { type Blobs, orderCopies } from './order-copies.ts';
import { formatShard, type Shard, shardOfRepository } from './shard.ts';
import { shareBlobs } from './share-blobs.ts';
import type { CatalogPlan, CopyStep, Outcome, Plan, Step, WantedIndex } from './types.ts';

type Unhashed = Omit<Plan, 'hash'>;
type IndexFacts = Pick<WantedIndex, 'catalog' | 'repository' | 'imageKeys' | 'pin'>;

export interface ShardFacts {
  readonly indexes: readonly IndexFacts[];
  readonly blobsOf: (step: CopyStep) => Blobs;
}

/**
 * Keeps the steps of one shard; every item of the others ends as deferred, with the name of its shard
 * (promise 8). A repository lies in one shard whole. Payloads of releases and all that is written into the repositories of indexes are the
 * part `index`, and of it only the catalogs for whose images no other shard has a step left (promise 3).
 *
 * Copies are ordered anew: a copy waits for those of its own shard only, so a large layer that images
 * of two shards have may move twice.
 */
export function takeShard(plan: Unhashed, shard: Shard, facts: ShardFacts): Unhashed {
  const owned = plan.steps.map((step) => ({ step, owner: findOwner(step, shard.of, facts) }));
  const waits = shard.part === 'index' ? findWaiting(owned, facts) : new Map<string, string>();
  const own = owned.filter(({ step, owner }) => owner.part === shard.part && !isHeld(step, waits));
  const kept = renewOrder(
    own.map(({ step }) => step),
    facts.blobsOf,
  );
  const ids = new Set(kept.map(({ id }) => id));
  const rest = owned.filter(({ step }) => !ids.has(step.id));
  const deferred = rest.flatMap(({ step, owner }) => deferStep(step, owner, waits));
  const index = rest.filter(({ owner }) => owner.part === 'index').length;
  return {
    ...plan,
    shard: { ...shard, index, others: rest.length - index },
    steps: kept,
    settled: [...plan.settled, ...deferred].toSorted((a, b) => compareBytes(a.item, b.item)),
    catalogs: plan.catalogs.map((entry) => holdBack(entry, rest)),
    bytes: kept.reduce((sum, step) => sum + step.bytes, 0),
    repositories: sumByRepository(kept),
  };
}

interface Owned {
  readonly step: Step;
  readonly owner: Shard;
}

function findOwner(step: Step, of: number, { indexes }: ShardFacts): Shard {
  const repository = repositoryOf(step);
  const isOfIndex = indexes.some((index) => index.repository === repository);
  // What a payload names may be in any shard, and it comes last.
  const isPayload = step.kind === 'copy' && step.release !== undefined;
  return isOfIndex || isPayload ? { part: 'index', of } : shardOfRepository(repository, of);
}

function repositoryOf(step: Step): string {
  return step.kind === 'copy' ? step.to.repository : step.repository;
}

/** By repository of an index, what it waits for. */
function findWaiting(
  owned: readonly Owned[],
  { indexes }: ShardFacts,
): ReadonlyMap<string, string> {
  const left = owned.filter(({ owner }) => owner.part !== 'index');
  return new Map(
    indexes.flatMap(({ repository, imageKeys, catalog, pin }) => {
      // A pinned index names other images; closure looks for those.
      const keys = new Set(pin === null ? imageKeys : []);
      const needed = left.filter(({ step }) => step.items.some((item) => keys.has(item)));
      if (needed.length === 0) return [];
      const shards = [...new Set(needed.map(({ owner }) => formatShard(owner)))].toSorted();
      const message = `The index of ${catalog} waits for ${formatCount(needed.length, 'step')} of shard ${shards.join(', ')}.`;
      return [[repository, message] as const];
    }),
  );
}

// What keeps the served index a tag goes together with the move that it is for.
function isHeld(step: Step, waits: ReadonlyMap<string, string>): boolean {
  return waits.has(repositoryOf(step));
}

function renewOrder(steps: readonly Step[], blobsOf: (step: CopyStep) => Blobs): readonly Step[] {
  const copies = steps.filter((step) => step.kind === 'copy').map(forgetOrder);
  const others = steps.filter((step) => step.kind !== 'copy');
  return shareBlobs([...orderCopies(copies, blobsOf), ...others], blobsOf);
}

function forgetOrder({ after: _after, ...step }: CopyStep): CopyStep {
  return step;
}

function deferStep(
  step: Step,
  owner: Shard,
  waits: ReadonlyMap<string, string>,
): readonly Outcome[] {
  const message = waits.get(repositoryOf(step)) ?? describeOwner(owner);
  return step.items.map((item) => ({
    item,
    type: typeOfItem(item),
    kind: 'deferred',
    message,
    code: 'PLAN_OTHER_SHARD',
  }));
}

function describeOwner(owner: Shard): string {
  return owner.part === 'index'
    ? 'Indexes and payloads of releases come when every shard is through.'
    : `This belongs to shard ${formatShard(owner)}.`;
}

function holdBack(entry: CatalogPlan, rest: readonly Owned[]): CatalogPlan {
  const waits = rest.some(({ step }) => 'catalog' in step && step.catalog === entry.catalog);
  return waits ? { ...entry, action: 'blocked' } : entry;
}
