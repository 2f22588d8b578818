import { joinChecks } from '../plan/join-checks.ts';
import type { CatalogReview, ClusterUpgrade, Review } from '../plan/review-types.ts';
import type { CatalogPlan, Check, PackagePlan, Plan } from '../plan/types.ts';

/** One catalog as a page shows it. */
export interface PageCatalog {
  readonly catalog: string;
  /** Empty where nobody knows it. */
  readonly target: string;
  /** Null offline, and where the manifest has it no more. */
  readonly plan: CatalogPlan | null;
  /** Null where no commits are compared. */
  readonly review: CatalogReview | null;
  /** Null where the two sides could not be compared. */
  readonly packages: readonly PackagePlan[] | null;
  /**
   * `offered`: users of OperatorHub get it when this is carried out. `held`: a pin or a refusal keeps it from them.
   * `same`: nothing changes for them.
   */
  readonly effect: 'offered' | 'held' | 'same';
}

/** What a page is made of, of a plan or of a review. */
export interface PageFacts {
  readonly mirror: string;
  readonly plan: Plan | null;
  readonly review: Review | null;
  readonly catalogs: readonly PageCatalog[];
  /** Null where nobody knows: without in-use.yaml, or where it cannot be read. */
  readonly upgrades: readonly ClusterUpgrade[] | null;
  readonly checks: readonly Check[];
  /** The same by severity and kind, what stands in the way first. */
  readonly findings: readonly Finding[];
}

/** Checks of one kind and severity: at least one. */
export interface Finding {
  readonly severity: Check['severity'];
  readonly kind: Check['kind'];
  readonly checks: readonly Check[];
}

export function readPlanFacts(plan: Plan): PageFacts {
  return {
    mirror: plan.mirror,
    plan,
    review: null,
    catalogs: plan.catalogs.map((entry) => ({
      catalog: entry.catalog,
      target: entry.target,
      plan: entry,
      review: null,
      packages: entry.packages,
      effect: judgePlanned(entry),
    })),
    upgrades: plan.upgrades ?? null,
    checks: plan.checks,
    findings: groupChecks(plan.checks),
  };
}

export function readReviewFacts(review: Review): PageFacts {
  const { plan } = review;
  const checks = joinChecks(review);
  const planned = new Map(plan?.catalogs.map((entry) => [entry.catalog, entry]));
  const reviewed = review.catalogs.map((entry) => {
    const own = planned.get(entry.catalog) ?? null;
    return {
      catalog: entry.catalog,
      target: entry.target,
      plan: own,
      review: entry,
      packages: entry.packages,
      effect: judgeReviewed(entry, own),
    };
  });
  return {
    mirror: review.mirror,
    plan,
    review,
    catalogs: reviewed,
    upgrades: joinUpgrades(review),
    checks,
    findings: groupChecks(checks),
  };
}

const SEVERITIES = ['blocked', 'error', 'warning'] as const;

function groupChecks(checks: readonly Check[]): readonly Finding[] {
  return SEVERITIES.flatMap((severity) => {
    const own = checks.filter((check) => check.severity === severity);
    const kinds = Map.groupBy(own, ({ kind }) => kind);
    return [...kinds].map(([kind, group]) => ({ severity, kind, checks: group }));
  });
}

/** Whether there is nothing at all to say but that. */
export function isQuiet({ plan, review, checks }: PageFacts): boolean {
  if (checks.length > 0 || (plan !== null && plan.steps.length > 0)) return false;
  if (review === null) return true;
  return (
    review.catalogs.every(({ change }) => change === 'same') &&
    review.settings.length === 0 &&
    review.images.added.length === 0 &&
    review.images.removed.length === 0
  );
}

function judgePlanned({ action }: CatalogPlan): PageCatalog['effect'] {
  if (action === 'none') return 'same';
  return action === 'publish' || action === 'restore' ? 'offered' : 'held';
}

function judgeReviewed({ change }: CatalogReview, plan: CatalogPlan | null): PageCatalog['effect'] {
  if (change === 'same') return 'same';
  if (plan !== null && (plan.action === 'blocked' || plan.action === 'pinned')) return 'held';
  return change === 'removed' ? 'same' : 'offered';
}

/** What the plan says of a user holds: it was compared with what is served. The comparison of commits adds the others. */
function joinUpgrades({ plan, upgrades }: Review): readonly ClusterUpgrade[] | null {
  const planned = plan?.upgrades ?? [];
  if (upgrades === null && plan?.upgrades === undefined) return null;
  const known = new Set(planned.map(formatUser));
  return [...planned, ...(upgrades ?? []).filter((upgrade) => !known.has(formatUser(upgrade)))];
}

function formatUser({ cluster, user, catalog, package: name }: ClusterUpgrade): string {
  return JSON.stringify([cluster, user, catalog, name]);
}
