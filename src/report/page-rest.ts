import { formatNumber } from '../base/text.ts';
import type { PageFacts } from './page-facts.ts';
import type { Attachment, PageLimits } from './page-types.ts';
import { name, type Rich, rich } from './rich-text.ts';

/** What a page leaves out, where all of it is, and by which hash the plan is known. */
export function describeRest(
  facts: PageFacts,
  limits: PageLimits,
  attachment: Attachment | null,
): readonly Rich[] {
  const left = listLeftOut(facts, limits);
  const whole = describeWhole(facts, attachment);
  const { plan } = facts;
  return [
    ...(left.length === 0 ? [] : [rich`Left out here: ${left.join(', ')}. ${whole}`]),
    ...(left.length === 0 && attachment !== null ? [whole] : []),
    ...(plan === null
      ? []
      : [rich`Plan ${{ code: plan.hash }} of commit ${{ code: plan.revision }}`]),
  ];
}

function describeWhole({ plan, review }: PageFacts, attachment: Attachment | null): Rich {
  const what = review === null ? 'plan' : 'review';
  if (attachment !== null)
    return rich`The whole ${what}: ${name(attachment.name)} (${{ code: attachment.digest }}).`;
  if (review === null) return rich`All of it: ${{ code: 'olmirror plan --format json' }}.`;
  const offline = plan === null ? ' --offline' : '';
  const { from, to } = review;
  return rich`All of it: ${{ code: `olmirror plan --from ${from.revision.slice(0, 12)} --to ${to.revision.slice(0, 12)}${offline} --format json` }}.`;
}

/** In the order in which a page drops it. */
function listLeftOut(facts: PageFacts, limits: PageLimits): readonly string[] {
  const { plan, review, catalogs, checks } = facts;
  const packages = catalogs.map((entry) => entry.packages?.length ?? 0);
  const images = review?.images ?? { added: [], removed: [] };
  const same = catalogs.filter((entry) => entry.plan?.action === 'none').length;
  const findings = sum(facts.findings, (own) => beyond(own.checks.length, limits.examples));
  const users = countBeyond(facts.upgrades ?? [], ({ effect }) => effect, limits.upgrades);
  const counts: readonly (readonly [number, number, string])[] = [
    [beyond(plan?.steps.length ?? 0, limits.steps), plan?.steps.length ?? 0, 'steps'],
    [
      beyond(images.added.length, limits.steps) + beyond(images.removed.length, limits.steps),
      images.added.length + images.removed.length,
      'images',
    ],
    [beyond(same, limits.unchanged), same, 'catalogs in step'],
    [
      sum(packages, (own) => beyond(own, limits.details)),
      sum(packages, (own) => own),
      'operators’ details',
    ],
    [
      sum(packages, (own) => beyond(own, limits.operators)),
      sum(packages, (own) => own),
      'operators',
    ],
    [findings, checks.length, 'messages of findings'],
    [users, facts.upgrades?.length ?? 0, 'users in clusters'],
  ];
  return counts
    .filter(([left]) => left > 0)
    .map(([left, all, what]) => `${formatNumber(left)} of ${formatNumber(all)} ${what}`);
}

function beyond(count: number, limit: number): number {
  return Math.max(0, count - limit);
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}

function countBeyond<T>(items: readonly T[], group: (item: T) => string, limit: number): number {
  return sum([...Map.groupBy(items, group).values()], (own) => beyond(own.length, limit));
}
