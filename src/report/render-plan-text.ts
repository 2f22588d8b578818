import { shortHex } from '../base/digest.ts';
import { formatBytes, formatCount } from '../base/text.ts';
import { assertNever } from '../base/tool-error.ts';
import { sumOutcomes } from '../plan/sum-outcomes.ts';
import type { CatalogPlan, Check, Outcome, PackagePlan, Plan, Step } from '../plan/types.ts';

export interface PlanTextOptions {
  /** List every step; otherwise long lists of copies are cut. */
  readonly verbose: boolean;
}

const SHOWN_STEPS = 12;

/** A plan for a terminal: verdict first, then what users will see, checks, steps, sums. No change is one line. */
export function renderPlanText(plan: Plan, options: PlanTextOptions): string {
  const verdict = formatVerdict(plan);
  if (plan.steps.length === 0 && plan.checks.length === 0) return `${verdict}\n`;
  const parts = [
    verdict,
    ...plan.catalogs.map(renderCatalog),
    renderChecks(plan.checks),
    renderSteps(plan.steps, options),
    renderTotals(plan),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** One sentence: what this plan comes to. */
export function formatVerdict(plan: Plan): string {
  const where =
    plan.revision === 'working-tree' ? 'the working tree' : `commit ${plan.revision.slice(0, 12)}`;
  const errors = plan.checks.filter((check) => check.severity === 'error').length;
  const blocked = plan.checks.filter((check) => check.severity === 'blocked').length;
  const trouble = [
    ...(errors > 0 ? [formatCount(errors, 'error')] : []),
    ...(blocked > 0 ? [`${formatCount(blocked, 'refusal')}`] : []),
  ].join(', ');
  if (plan.steps.length === 0 && trouble === '')
    return `No changes. Production is in step with ${where} (${formatCount(plan.wantedItems, 'item')} in sync).`;
  const counts = countSteps(plan.steps);
  const work =
    plan.steps.length === 0 ? 'No step can be taken' : `${counts} (${formatBytes(plan.bytes)})`;
  return `Plan for ${where}: ${work}${trouble === '' ? '' : `; ${trouble}`}.`;
}

/** `2 images to copy, 1 tag, 1 index to publish`. */
export function countSteps(steps: readonly Step[]): string {
  const count = (kind: Step['kind']): number => steps.filter((step) => step.kind === kind).length;
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

function renderCatalog(catalog: CatalogPlan): string {
  const head = `Catalog ${catalog.catalog}${catalog.target === '' ? '' : ` → ${catalog.target}`}`;
  const id = `  index ${formatIds(catalog)}`;
  const packages = catalog.packages?.map(renderPackage) ?? [
    '  what is served today could not be compared',
  ];
  return [head, id, ...(catalog.action === 'none' ? [] : packages)].join('\n');
}

export function formatIds(catalog: CatalogPlan): string {
  const served = catalog.servedId === null ? 'none' : shortHex(catalog.servedId);
  const wanted = catalog.wantedId === null ? 'unknown' : shortHex(catalog.wantedId);
  switch (catalog.action) {
    case 'none':
      return `${served} in sync`;
    case 'publish':
      return `${served} → ${wanted}`;
    case 'restore':
      return `${wanted} (nothing is served under the tag now)`;
    case 'blocked':
      return `${served} stays; ${wanted} is blocked`;
    case 'pinned':
      return `${served} stays; pinned`;
    default:
      return assertNever(catalog.action);
  }
}

const SYMBOLS = { added: '+', changed: '~', removed: '-' } as const;

function renderPackage(change: PackagePlan): string {
  const bundles = [
    ...(change.bundlesAdded.length > 0
      ? [`+${formatCount(change.bundlesAdded.length, 'bundle')}`]
      : []),
    ...(change.bundlesRemoved.length > 0
      ? [`-${formatCount(change.bundlesRemoved.length, 'bundle')}`]
      : []),
  ];
  const channels = change.channels.map(
    (channel) => `      ${channel.channel}: ${formatHeads(channel)}`,
  );
  return [
    `  ${SYMBOLS[change.change]} ${change.package}${bundles.length === 0 ? '' : `  ${bundles.join(' ')}`}`,
    ...channels,
  ].join('\n');
}

export function formatHeads(channel: {
  readonly old: string | null;
  readonly new: string | null;
}): string {
  if (channel.old === channel.new) return `${channel.new ?? 'no head'} (head unchanged)`;
  return `${channel.old ?? 'new'} → ${channel.new ?? 'gone'}`;
}

const SEVERITY_MARKS = { error: 'error', blocked: 'refused', warning: 'warning' } as const;

function renderChecks(checks: readonly Check[]): string {
  return checks
    .map((check) =>
      [
        `${SEVERITY_MARKS[check.severity]}: ${check.message}`,
        ...(check.hint === null ? [] : [`  Hint: ${check.hint}`]),
      ].join('\n'),
    )
    .join('\n');
}

function renderSteps(steps: readonly Step[], options: PlanTextOptions): string {
  if (steps.length === 0) return '';
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
  ].join('\n');
}

/** One line about a step: what it does to which place, and why. */
export function formatStep(step: Step): string {
  switch (step.kind) {
    case 'copy':
      return `+ copy  ${step.to.repository}@${step.digest.slice(0, 19)}…  ${formatBytes(step.bytes)}  ${step.reason}`;
    case 'tag':
      return `${step.previous === null ? '+' : '~'} tag   ${step.repository}:${step.tag}  ${step.reason}`;
    case 'push-index':
      return `+ push  ${step.repository}:${step.tag}  ${formatBytes(step.bytes)}  ${step.reason}`;
    case 'move-index':
      return `~ move  ${step.repository}:${step.tag} → ${step.immutableTag}  ${step.reason}`;
    default:
      return assertNever(step);
  }
}

function renderTotals(plan: Plan): string {
  const settled = countKinds(plan.settled);
  return `${formatCount(plan.wantedItems, 'item')} wanted: ${settled}${plan.steps.length === 0 ? '' : `${settled === '' ? '' : ', '}${formatCount(plan.wantedItems - plan.settled.length, 'item')} to change`}.\nPlan hash ${plan.hash}`;
}

function countKinds(outcomes: readonly Outcome[]): string {
  const sums = sumOutcomes(outcomes, outcomes.length);
  const kinds = ['in-sync', 'lost', 'refused', 'deferred', 'failed'] as const;
  return kinds
    .filter((kind) => sums[kind] > 0)
    .map((kind) => `${sums[kind]} ${kind}`)
    .join(', ');
}
