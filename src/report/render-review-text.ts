import { formatCount, formatRevision, quote } from '../base/text.ts';
import { joinChecks } from '../plan/join-checks.ts';
import type { CatalogReview, Review, ReviewedCommit } from '../plan/review-types.ts';
import { isQuietReview } from '../plan/sum-outcomes.ts';
import type { CatalogPlan, Check, PackagePlan } from '../plan/types.ts';
import { renderLines } from './clean-line.ts';
import { listPackageLines } from './describe-package.ts';
import { listLegend } from './legend.ts';
import { listCatalogLines, listPlanLines, type PlanTextOptions } from './render-plan-text.ts';
import { listCheckLines, listFindings, listUpgradeParts } from './upgrade-lines.ts';

const SHOWN_IMAGES = 10;
const SHOWN_PACKAGES = 40;

/**
 * A review for a terminal: verdict first, then what upgrades by itself, what needs a person, what users will see
 * change, and what it costs. No change is one line.
 */
export function renderReviewText(review: Review, options: PlanTextOptions): string {
  const { plan } = review;
  const upgrades = review.upgrades ?? [];
  const checks = joinChecks(review);
  const verdict = formatReviewVerdict(review, checks);
  const catalogs = review.catalogs.map((entry) => listReviewedLines(entry, review, options));
  const images = listImageLines(review, options);
  const costs = plan === null ? [] : listPlanLines(plan, options);
  const told = [...catalogs.flat(), ...images, ...costs.flat()];
  if (isQuietReview(review) && checks.length === 0 && (plan?.steps.length ?? 0) === 0)
    return renderLines([verdict]);
  const parts = [
    [verdict],
    ...listUpgradeParts(upgrades),
    listCheckLines(listFindings(checks, upgrades)),
    ...catalogs,
    images,
    review.settings.length === 0
      ? []
      : ['Settings', ...review.settings.map((setting) => `  ${setting}`)],
    ...costs,
    listLegend(told),
  ].filter((lines) => lines.length > 0);
  return renderLines(parts.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines])));
}

/** One sentence: what the change comes to. */
function formatReviewVerdict(review: Review, checks: readonly Check[]): string {
  const { from, to, catalogs, settings } = review;
  const upgrades = review.upgrades ?? [];
  const span = `${formatCommit(to)} against ${formatRevision(from.revision)}`;
  const trouble = [
    ...countOf(checks.filter(({ severity }) => severity === 'error').length, 'error'),
    ...countOf(checks.filter(({ severity }) => severity === 'blocked').length, 'refusal'),
  ];
  const packages = catalogs.flatMap((entry) => entry.packages ?? []);
  const changed = catalogs.filter(({ change }) => change !== 'same').length;
  const itself = upgrades.filter(({ effect }) => effect === 'automatic').length;
  const cutOff = upgrades.filter(({ effect }) => effect === 'stranded').length;
  const facts = [
    ...(packages.length === 0
      ? countOf(changed, 'changed catalog')
      : [`${countPackages(packages)} in ${formatCount(changed, 'catalog')}`]),
    ...countOf(settings.length, 'setting'),
    ...(itself === 0
      ? []
      : [
          `${formatCount(itself, 'installation')} ${itself === 1 ? 'upgrades' : 'upgrade'} by ${itself === 1 ? 'itself' : 'themselves'}`,
        ]),
    ...(cutOff === 0 ? [] : [`${formatCount(cutOff, 'installation')} cut off`]),
    ...trouble,
  ];
  return facts.length === 0
    ? `No changes: ${span} wants the same.`
    : `Review of ${span}: ${facts.join('; ')}.`;
}

function countOf(count: number, noun: string): readonly string[] {
  return count === 0 ? [] : [formatCount(count, noun)];
}

/** `1 operator added, 2 changed`. */
function countPackages(packages: readonly PackagePlan[]): string {
  const counts = (['added', 'changed', 'removed'] as const)
    .map((kind) => ({ kind, count: packages.filter(({ change }) => change === kind).length }))
    .filter(({ count }) => count > 0);
  return counts
    .map(({ kind, count }, i) => `${i === 0 ? formatCount(count, 'operator') : count} ${kind}`)
    .join(', ');
}

function formatCommit({ revision, subject }: ReviewedCommit): string {
  return `${formatRevision(revision)}${subject === '' ? '' : ` ${quote(subject)}`}`;
}

function listReviewedLines(
  entry: CatalogReview,
  { plan }: Review,
  { verbose }: PlanTextOptions,
): readonly string[] {
  const planned = plan?.catalogs.find(({ catalog }) => catalog === entry.catalog);
  if (entry.change === 'same') return listBehind(entry, planned);
  const { packages } = entry;
  const most = verbose ? Number.POSITIVE_INFINITY : SHOWN_PACKAGES;
  return [
    `Catalog ${entry.catalog} → ${entry.target}${entry.change === 'changed' ? '' : ` (${entry.change})`}`,
    ...listIndexLine(planned),
    ...(packages === null ? ['  what changes could not be compared'] : listChanged(packages, most)),
  ];
}

function listChanged(packages: readonly PackagePlan[], most: number): readonly string[] {
  if (packages.length === 0) return ['  its files differ, and nothing that users see'];
  const more = packages.length - most;
  return [
    ...packages.slice(0, most).flatMap(listPackageLines),
    ...(more > 0 ? [`  … and ${formatCount(more, 'more operator')} (--verbose lists them)`] : []),
  ];
}

// Production may lag behind the commit that both sides agree in.
function listBehind(entry: CatalogReview, planned: CatalogPlan | undefined): readonly string[] {
  if (planned === undefined || planned.action === 'none') return [];
  return [
    ...listCatalogLines({ ...planned, packages: [] }),
    `  ${entry.catalog} is the same in both commits; production does not serve it yet`,
  ];
}

function listIndexLine(planned: CatalogPlan | undefined): readonly string[] {
  if (planned === undefined) return [];
  return listCatalogLines({ ...planned, packages: [] }).slice(1);
}

function listImageLines(
  { images: { added, removed }, plan }: Review,
  { verbose }: PlanTextOptions,
): readonly string[] {
  if (added.length + removed.length === 0) return [];
  const all = [...added.map((name) => `  + ${name}`), ...removed.map((name) => `  - ${name}`)];
  // What is to be copied stands among the steps.
  const most = plan === null ? SHOWN_IMAGES : 0;
  const shown = verbose ? all : all.slice(0, most);
  const more = most === 0 ? 0 : all.length - shown.length;
  const counts = [
    ...(added.length === 0 ? [] : [`${added.length} more`]),
    ...(removed.length === 0 ? [] : [`${removed.length} fewer (what is there stays)`]),
  ];
  return [
    `Images wanted: ${counts.join(', ')}`,
    ...shown,
    ...(more > 0 ? [`  … and ${more} more (--verbose lists them)`] : []),
  ];
}
