import { shortHex } from '../base/digest.ts';
import {
  capitalize,
  formatBytes,
  formatCount,
  formatNumber,
  formatRevision,
} from '../base/text.ts';
import { assertNever } from '../base/tool-error.ts';
import type { RoleName } from '../manifest/types.ts';
import { type PlanRoles, rolesOf } from '../plan/plan-roles.ts';
import { formatShard } from '../plan/shard.ts';
import { sumOutcomes } from '../plan/sum-outcomes.ts';
import type {
  CatalogPlan,
  Check,
  KeptShare,
  Outcome,
  Plan,
  PlanShard,
  PushIndexStep,
  RepositoryBytes,
  Step,
  Storage,
} from '../plan/types.ts';
import { renderLines } from './clean-line.ts';
import { listPackageLines } from './describe-package.ts';
import { listLegend } from './legend.ts';
import { listVerification } from './list-verification.ts';
import { listCheckLines, listFindings, listUpgradeParts } from './upgrade-lines.ts';

export interface PlanTextOptions {
  /** List every step; otherwise long lists of copies are cut. */
  readonly verbose: boolean;
}

const SHOWN_STEPS = 12;
const SHOWN_REPOSITORIES = 8;
/** Bytes from which on it is said what moves where. */
export const MUCH = 1_000_000;

/**
 * A plan for a terminal: verdict first, then what upgrades by itself, what needs a person, what users will see,
 * steps, sums. No change is one line.
 */
export function renderPlanText(plan: Plan, options: PlanTextOptions): string {
  const verdict = formatVerdict(plan);
  const verified = listVerification(plan);
  if (plan.steps.length === 0 && plan.checks.length === 0)
    return renderLines([verdict, ...verified]);
  const upgrades = plan.upgrades ?? [];
  const catalogs = plan.catalogs.map(listCatalogLines);
  const costs = listPlanLines(plan, options);
  const parts = [
    [verdict],
    ...listUpgradeParts(upgrades),
    [...listCheckLines(listFindings(plan.checks, upgrades)), ...listWhy(plan.checks)],
    ...catalogs,
    ...costs,
    listLegend([...catalogs.flat(), ...costs.flat()]),
  ].filter((lines) => lines.length > 0);
  return renderLines(parts.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines])));
}

/** What carrying a plan out takes: steps, room, sums. */
export function listPlanLines(
  plan: Plan,
  options: PlanTextOptions,
): readonly (readonly string[])[] {
  return [
    listStepLines(plan.steps, options),
    listRoomLines(plan, options),
    [...listTotals(plan), ...listVerification(plan)],
  ];
}

/** One sentence: what this plan comes to. */
function formatVerdict(plan: Plan): string {
  const where = formatRevision(plan.revision);
  const errors = plan.checks.filter((check) => check.severity === 'error').length;
  const blocked = plan.checks.filter((check) => check.severity === 'blocked').length;
  const trouble = [
    ...(errors > 0 ? [formatCount(errors, 'error')] : []),
    ...(blocked > 0 ? [formatCount(blocked, 'refusal')] : []),
  ].join(', ');
  if (plan.shard !== undefined) return formatShardVerdict(plan, plan.shard, trouble);
  if (plan.steps.length === 0 && trouble === '')
    return `No changes. ${capitalize(rolesOf(plan).serving)} is in step with ${where} (${formatCount(plan.wantedItems, 'item')} in sync).`;
  const counts = countSteps(plan.steps);
  const work =
    plan.steps.length === 0 ? 'no step can be taken' : `${counts} (${formatBytes(plan.bytes)})`;
  return `Plan for ${where}: ${work}${trouble === '' ? '' : `; ${trouble}`}.`;
}

function formatShardVerdict(plan: Plan, shard: PlanShard, trouble: string): string {
  const { steps, revision, bytes } = plan;
  const work = steps.length === 0 ? 'no step' : `${countSteps(steps)} (${formatBytes(bytes)})`;
  const left = [
    ...(shard.others === 0 ? [] : [`${formatCount(shard.others, 'step')} of other shards`]),
    ...(shard.index === 0 ? [] : [`${formatCount(shard.index, 'step')} for indexes`]),
  ].join(' and ');
  return `Shard ${formatShard(shard)} of the plan for ${formatRevision(revision)}: ${work}${left === '' ? '' : `, ${left} left out`}${trouble === '' ? '' : `; ${trouble}`}.`;
}

/** `2 images to copy, 1 tag, 1 index to publish`. */
export function countSteps(steps: readonly Step[]): string {
  function count(kind: Step['kind']): number {
    return steps.filter((step) => step.kind === kind).length;
  }
  const parts = [
    [count('copy'), `${formatCount(count('copy'), 'image')} to copy`],
    [count('tag'), `${formatCount(count('tag'), 'tag')} to set`],
    [count('push-index'), `${formatCount(count('push-index'), 'index', 'indexes')} to push`],
    [count('move-index'), `${formatCount(count('move-index'), 'index tag')} to move`],
  ] as const;
  return parts
    .filter(([number]) => number > 0)
    .map(([, text]) => text)
    .join(', ');
}

/** One catalog: where it is served, its index before and after, and what its users see change. */
export function listCatalogLines(catalog: CatalogPlan): readonly string[] {
  const head = `Catalog ${catalog.catalog}${catalog.target === '' ? '' : ` → ${catalog.target}`}`;
  const id = [`index ${formatIds(catalog)}`, ...listRecipeLines(catalog)].map(
    (line) => `  ${line}`,
  );
  return [head, ...id, ...listKept(catalog), ...listChanges(catalog)];
}

/** `  keeps 3 of 6 bundles, of 2 of 3 packages`: under `relocate`. */
export function listKept({ kept }: Pick<CatalogPlan, 'kept'>): readonly string[] {
  return kept === undefined ? [] : [`  keeps ${formatKept(kept)}`];
}

export function formatKept({ packages, ofPackages, bundles, ofBundles }: KeptShare): string {
  return `${bundles} of ${formatCount(ofBundles, 'bundle')}, of ${packages} of ${formatCount(ofPackages, 'package')}`;
}

/** That the id is a recipe's, where that is news. */
export function listRecipeLines(catalog: CatalogPlan): readonly string[] {
  const { builder, action, wantedId, pin } = catalog;
  const built = pin === null && (action === 'publish' || action === 'restore');
  if (builder !== 'podman' || !built || wantedId === null) return [];
  return [
    `podman builds it: ${shortHex(wantedId)} names its recipe; the image id is known after the build`,
  ];
}

function listChanges({ action, packages }: CatalogPlan): readonly string[] {
  const lines = packages?.flatMap(listPackageLines);
  if (action === 'none') return [];
  if (action !== 'pinned') return lines ?? ['  what is served today could not be compared'];
  return lines === undefined || lines.length === 0 ? [] : ['  held back by the pin:', ...lines];
}

export function formatIds(catalog: CatalogPlan): string {
  const served = catalog.servedId === null ? 'none' : shortHex(catalog.servedId);
  const wanted = catalog.wantedId === null ? 'unknown' : shortHex(catalog.wantedId);
  switch (catalog.action) {
    case 'none':
      return `${served} in sync`;
    case 'publish':
      return `${served} → ${wanted}${catalog.pin === null ? '' : ', as pinned'}`;
    case 'restore':
      return `${wanted} (nothing is served under the tag now)`;
    case 'blocked':
      return `${served} stays; ${wanted} is blocked`;
    case 'pinned':
      return `${served} stays, as pinned`;
    default:
      return assertNever(catalog.action);
  }
}

export function formatHeads(channel: {
  readonly old: string | null;
  readonly new: string | null;
}): string {
  if (channel.old === channel.new) return `${channel.new ?? 'no head'} (head unchanged)`;
  return `${channel.old ?? 'new'} → ${channel.new ?? 'gone'}`;
}

/** Where to ask for all that a check about an image leaves out; none where it leaves out nothing. */
export function listWhy(checks: readonly Check[]): readonly string[] {
  const isCut = checks.some(
    ({ severity, neededBy }) => severity !== 'warning' && neededBy.length > 1,
  );
  return isCut
    ? ['Everything that needs such an image, and since when: `olmirror explain IMAGE`.']
    : [];
}

function listStepLines(steps: readonly Step[], options: PlanTextOptions): readonly string[] {
  if (steps.length === 0) return [];
  const copies = steps.filter((step) => step.kind === 'copy');
  const hidden = options.verbose ? 0 : Math.max(0, copies.length - SHOWN_STEPS);
  const shownCopies = copies.slice(0, copies.length - hidden);
  const others = steps.filter((step) => step.kind !== 'copy');
  const more =
    hidden === 0
      ? []
      : [`  … and ${formatCount(hidden, 'more image')} to copy (--verbose lists them)`];
  return [
    'Steps',
    ...shownCopies.map((step) => `  ${formatStep(step)}`),
    ...more,
    ...others.map((step) => `  ${formatStep(step)}`),
  ];
}

/** One line about a step: what it does to which place, and why. */
export function formatStep(step: Step): string {
  switch (step.kind) {
    case 'copy':
      return `+ copy  ${step.to.repository}@${step.digest.slice(0, 19)}…  ${formatBytes(step.bytes)}  ${step.reason}`;
    case 'tag':
      return `${step.previous === null ? '+' : '~'} tag   ${step.repository}:${step.tag}  ${step.reason}`;
    case 'push-index':
      return `+ push  ${step.repository}:${step.tag}  ${formatPushed(step)}  ${step.reason}`;
    case 'move-index':
      return `~ move  ${step.repository}:${step.tag} → ${step.immutableTag}  ${step.reason}`;
    default:
      return assertNever(step);
  }
}

function formatPushed({ builder, bytes }: PushIndexStep): string {
  return builder === 'podman' ? 'built by podman' : formatBytes(bytes);
}

/** What moves where, where that is much: the sum stands in the verdict already. */
function listRoomLines(plan: Plan, { verbose }: PlanTextOptions): readonly string[] {
  const { bytes, repositories, storage } = plan;
  if (bytes < MUCH && !verbose) return [];
  const shown = verbose ? repositories : repositories.slice(0, SHOWN_REPOSITORIES);
  const rest = repositories.slice(shown.length);
  const lines = shown.map((entry) => `  ${formatMoved(entry)}`);
  if (rest.length > 0) lines.push(`  … and ${formatRest(rest)} (--verbose lists them)`);
  return [
    ...(lines.length === 0 ? [] : [`To move: ${formatBytes(bytes)}`]),
    ...lines,
    ...(storage === null ? [] : [formatStorage(storage, rolesOf(plan).serving)]),
  ];
}

/** `120 MB  openshift/release  (190 images)`. */
function formatMoved({ repository, images, bytes }: RepositoryBytes): string {
  return `${formatBytes(bytes).padStart(8)}  ${repository}  (${formatCount(images, 'image')})`;
}

/** `12 more repositories, 34 MB`. */
export function formatRest(rest: readonly RepositoryBytes[]): string {
  const bytes = rest.reduce((sum, entry) => sum + entry.bytes, 0);
  return `${formatCount(rest.length, 'more repository', 'more repositories')}, ${formatBytes(bytes)}`;
}

/** What is free where the registry of a role keeps its blobs. */
export function formatStorage({ path, freeBytes }: Storage, role: RoleName): string {
  return `Free in ${role}, at ${path}: ${freeBytes === null ? 'unknown' : formatBytes(freeBytes)}`;
}

function listTotals(plan: Plan): readonly string[] {
  const left = plan.wantedItems - plan.settled.length;
  const parts = [...countKinds(plan.settled), ...(left === 0 ? [] : [`${left} to change`])];
  const end = parts.length === 0 ? '' : `: ${parts.join(', ')}`;
  return [
    `${formatCount(plan.wantedItems, 'item')} wanted${end}.`,
    ...(plan.requests === undefined ? [] : [formatRequests(plan.requests, rolesOf(plan))]),
    `Plan hash ${plan.hash}`,
  ];
}

/** `Takes about 58 requests at production (olmirror 12, skopeo 46), 10 at staging.` */
export function formatRequests(
  requests: NonNullable<Plan['requests']>,
  { serving, source }: PlanRoles,
): string {
  const { olmirror, skopeo } = requests[serving];
  const other = requests[source];
  const all = formatCount(olmirror + skopeo, 'request');
  return `Takes about ${all} at ${serving} (olmirror ${formatNumber(olmirror)}, skopeo ${formatNumber(skopeo)}), ${formatNumber(other.olmirror + other.skopeo)} at ${source}.`;
}

function countKinds(outcomes: readonly Outcome[]): readonly string[] {
  const sums = sumOutcomes(outcomes, outcomes.length);
  const kinds = ['in-sync', 'lost', 'refused', 'deferred', 'failed'] as const;
  return kinds.filter((kind) => sums[kind] > 0).map((kind) => `${sums[kind]} ${kind}`);
}
