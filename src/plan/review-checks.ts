import { formatProblemLine, type Problem } from '../base/problem.ts';
import { formatCount, joinNames } from '../base/text.ts';
import type { ListedMissing, MirrorPolicy } from '../manifest/types.ts';
import type { IndexCheck } from './index-checks.ts';
import type { PolicyFacts } from './policy-types.ts';
import type { ClusterUpgrade } from './review-types.ts';
import { checkOffer } from './settle-policies.ts';
import type { Check, PackagePlan } from './types.ts';
import { checkUpgrades } from './upgrade-checks.ts';

const SHOWN = 3;

interface CatalogFacts {
  readonly catalog: string;
  readonly policy: MirrorPolicy;
  readonly facts: PolicyFacts;
}

type Finding = Pick<Check, 'kind' | 'severity' | 'message' | 'hint'>;

function checkOf(catalog: string, finding: Finding): Check {
  return { ...finding, catalog, item: null, neededBy: [] };
}

/** What a person must know of what users of one catalog see change. */
export function checkPackages(
  packages: readonly PackagePlan[],
  all: readonly ClusterUpgrade[],
  { catalog, policy, facts }: CatalogFacts,
): readonly Check[] {
  const upgrades = all.filter((upgrade) => upgrade.catalog === catalog);
  const removed = packages
    .filter(({ change }) => change === 'removed')
    .map((change) => checkOf(catalog, packageRemoved(change)));
  const found = checkOffer({ catalog, packages, upgrades }, policy, facts).map(withoutCode);
  return [...removed, ...found];
}

function withoutCode({ code: _code, ...check }: IndexCheck): Check {
  return check;
}

/** That users lose a whole catalog, in one check. */
export function checkRemoved(catalog: string, packages: readonly PackagePlan[]): Check {
  return checkOf(catalog, {
    kind: 'package-removed',
    severity: 'warning',
    message: `Catalog ${catalog} goes from the manifest with its ${formatCount(packages.length, 'package')}: its index stays as it is, and nobody looks after it.`,
    hint: `Where it is meant to end, \`olmirror retire ${catalog}\` says who follows it.`,
  });
}

function packageRemoved({ package: name }: PackagePlan): Finding {
  return {
    kind: 'package-removed',
    severity: 'warning',
    message: `Package ${name} goes: OperatorHub offers it no more, and who has it installed gets no upgrade.`,
    hint: null,
  };
}

/** What clusters meet, by catalog, as the policies see it. */
export function checkClusters(
  upgrades: readonly ClusterUpgrade[],
  { catalog, policy, facts }: CatalogFacts,
): readonly Check[] {
  const own = upgrades.filter((upgrade) => upgrade.catalog === catalog);
  return checkUpgrades(own, policy, facts).map(({ code: _code, ...finding }) =>
    checkOf(catalog, finding),
  );
}

/** Faults of one catalog in one check; null where there is none. */
export function checkFaults(
  catalog: string,
  problems: readonly Problem[],
  side: { readonly name: 'earlier' | 'later' },
): Check | null {
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return null;
  const more = errors.length - SHOWN;
  const shown = errors.slice(0, SHOWN).map(formatProblemLine).join('; ');
  const isLater = side.name === 'later';
  return checkOf(catalog, {
    kind: 'invalid',
    severity: isLater ? 'error' : 'warning',
    message: `Catalog ${catalog} of the ${side.name} commit is not valid: ${shown}${more > 0 ? `; and ${more} more` : ''}.`,
    hint: isLater ? 'Run `olmirror validate` to see every fault.' : null,
  });
}

/** Known missing is debt, which should shrink; null where it did not grow. */
export function checkDebt(
  catalog: string,
  before: readonly ListedMissing[],
  after: readonly ListedMissing[],
): Check | null {
  const known = new Set(before.map(({ image }) => image));
  const fresh = after.filter(({ image }) => !known.has(image));
  if (fresh.length === 0) return null;
  return checkOf(catalog, {
    kind: 'known-missing-grown',
    severity: 'warning',
    message: `${formatCount(fresh.length, 'image')} more of ${catalog} may be missing from production: ${joinNames(fresh.map(({ image }) => image))}.`,
    hint: 'What is listed in rules/ does not block an index. Bring the images with a delivery instead, where there is one.',
  });
}
