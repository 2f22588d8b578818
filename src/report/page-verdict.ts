import {
  capitalize,
  clip,
  formatBytes,
  formatCount,
  formatNumber,
  formatRevision,
} from '../base/text.ts';
import { rolesOf } from '../plan/plan-roles.ts';
import type { Review } from '../plan/review-types.ts';
import { formatShard } from '../plan/shard.ts';
import type { CatalogPlan, PackagePlan, Plan } from '../plan/types.ts';
import { isQuiet, type PageFacts } from './page-facts.ts';
import { hasNotables } from './page-notables.ts';
import type { Tone } from './page-types.ts';

/** One sentence: what happens, to whom, and what it costs; what stands in the way comes first. */
export function formatPageVerdict(facts: PageFacts): string {
  const { plan, checks } = facts;
  if (isQuiet(facts)) return formatQuiet(facts);
  const parts = [
    listTrouble(checks),
    countUpgrades(facts),
    countOperators(facts),
    plan === null ? countWanted(facts.review) : countWork(plan),
    countSettings(facts.review),
    countHeld(facts),
  ].filter((part) => part !== '');
  const text = parts.length === 0 ? 'nothing to carry out' : parts.join('; ');
  const shard = plan?.shard === undefined ? '' : `Shard ${formatShard(plan.shard)}: `;
  return `${shard}${text}.`;
}

export function judgeTone(facts: PageFacts): Tone {
  const { checks, upgrades, catalogs } = facts;
  if (isQuiet(facts)) return 'quiet';
  if (checks.some(({ severity }) => severity !== 'warning')) return 'blocked';
  const isUsed =
    upgrades?.some(({ effect }) => effect === 'stranded' || effect === 'automatic') ?? false;
  const isNotable = catalogs.some(({ packages }) => hasNotables(packages ?? []));
  return checks.length > 0 || isUsed || isNotable ? 'attention' : 'change';
}

function formatQuiet({ plan, review }: PageFacts): string {
  const inStep =
    plan === null
      ? ''
      : `${capitalize(rolesOf(plan).serving)} is in step with ${formatRevision(plan.revision)} (${formatCount(plan.wantedItems, 'item')} in sync).`;
  if (review === null) return `No changes. ${inStep}`;
  const same = 'No changes: both commits ask for the same.';
  return inStep === '' ? same : `${same} ${inStep}`;
}

function listTrouble(checks: PageFacts['checks']): string {
  const errors = checks.filter(({ severity }) => severity === 'error').length;
  const blocked = checks.filter(({ severity }) => severity === 'blocked').length;
  return joinCounts([
    [blocked, formatCount(blocked, 'refusal')],
    [errors, formatCount(errors, 'error')],
  ]);
}

function countUpgrades({ upgrades }: PageFacts): string {
  const automatic = upgrades?.filter(({ effect }) => effect === 'automatic').length ?? 0;
  const stranded = upgrades?.filter(({ effect }) => effect === 'stranded').length ?? 0;
  const starts = automatic === 1 ? 'starts by itself' : 'start by themselves';
  return joinCounts([
    [automatic, `${formatCount(automatic, 'upgrade')} ${starts}`],
    [stranded, `${formatCount(stranded, 'installation')} cut off`],
  ]);
}

/** `1 operator updated (etcd), 2 new (quay, ceph)`: the names where they are few. */
function countOperators({ catalogs }: PageFacts): string {
  const packages = catalogs
    .filter(({ effect }) => effect === 'offered')
    .flatMap((entry) => entry.packages ?? []);
  const groups = Map.groupBy(packages, classify);
  return KINDS.filter((kind) => groups.has(kind))
    .map((kind, i) => {
      const own = groups.get(kind) ?? [];
      const count = i === 0 ? formatCount(own.length, 'operator') : formatNumber(own.length);
      const names = own.map((entry) => clip(entry.package, LONGEST_NAME)).join(', ');
      return `${count} ${kind}${packages.length > MOST_NAMES ? '' : ` (${names})`}`;
    })
    .join(', ');
}

const KINDS = ['updated', 'new', 'removed', 'changed otherwise'] as const;
const MOST_NAMES = 3;
const LONGEST_NAME = 40;

function classify({ change, channels }: PackagePlan): (typeof KINDS)[number] {
  if (change === 'added') return 'new';
  if (change === 'removed') return 'removed';
  const moves = channels.some(({ old, new: head }) => head !== null && old !== head);
  return moves ? 'updated' : 'changed otherwise';
}

function countWork({ steps, bytes, catalogs, checks }: Plan): string {
  const isHindered = checks.some(({ severity }) => severity !== 'warning');
  if (steps.length === 0) return isHindered ? 'no step can be taken' : 'nothing to carry out';
  const copies = steps.filter(({ kind }) => kind === 'copy').length;
  const tags = steps.filter(({ kind }) => kind === 'tag').length;
  const published = catalogs.filter(isPublished).length;
  return joinCounts([
    [copies, `${formatCount(copies, 'image')} to copy (${formatBytes(bytes)} after sharing)`],
    [tags, `${formatCount(tags, 'tag')} to set`],
    [published, `${formatCount(published, 'index', 'indexes')} to publish`],
  ]);
}

function isPublished({ action }: CatalogPlan): boolean {
  return action === 'publish' || action === 'restore';
}

/** What can be told of images where no registry was asked. */
function countWanted(review: Review | null): string {
  const { added, removed } = review?.images ?? { added: [], removed: [] };
  const images = joinCounts([
    [added.length, `${formatCount(added.length, 'image')} more wanted`],
    [removed.length, `${formatCount(removed.length, 'image')} no longer wanted`],
  ]);
  return images === '' ? 'no registry was asked' : `${images}, no registry was asked`;
}

function countSettings(review: Review | null): string {
  const count = review?.settings.length ?? 0;
  return joinCounts([[count, `${formatCount(count, 'setting')} changed`]]);
}

function countHeld({ catalogs }: PageFacts): string {
  const held = catalogs.filter(({ effect }) => effect === 'held');
  const pinned = held.filter(({ plan }) => plan?.action === 'pinned').length;
  const others = held.length - pinned;
  return joinCounts([
    [
      others,
      `${formatCount(others, 'index', 'indexes')} ${others === 1 ? 'stays as it is' : 'stay as they are'}`,
    ],
    [pinned, `${formatCount(pinned, 'index', 'indexes')} pinned`],
  ]);
}

/** Those of which there is one at least. */
function joinCounts(counts: readonly (readonly [number, string])[]): string {
  return counts
    .filter(([count]) => count > 0)
    .map(([, text]) => text)
    .join(', ');
}
