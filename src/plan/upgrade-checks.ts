import { formatCount } from '../base/text.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import { checkOf, type IndexCheck } from './index-checks.ts';
import { findingOf } from './policy-types.ts';
import type { ClusterUpgrade } from './review-types.ts';
import type { CatalogPlan, Check, WantedIndex } from './types.ts';
import { type Judged, judgeFinding, type WaiverFacts } from './waive.ts';

type UpgradePolicy = Pick<MirrorManifest['policy'], 'automaticUpgrades' | 'strandedUpgrades'>;

/** What `in-use.yaml` tells. */
export interface InUseFacts {
  /** Of every catalog. */
  readonly upgrades: readonly ClusterUpgrade[];
  /** Why it cannot be read; null where it was. */
  readonly fault: { readonly message: string; readonly hint: string | undefined } | null;
}

const SHOWN = 3;

type UpgradeCheck = Omit<IndexCheck, 'catalog' | 'item' | 'neededBy'>;

/** What the policies find in what clusters meet: a check for each of the two, and for each waiver that fits. */
export function checkUpgrades(
  upgrades: readonly ClusterUpgrade[],
  policy: UpgradePolicy,
  facts: WaiverFacts = { waivers: [], today: '' },
): readonly UpgradeCheck[] {
  return [
    ...groupByWaiver(upgrades, {
      name: 'automaticUpgrades',
      effect: 'automatic',
      policy,
      facts,
    }).map(describeAutomatic),
    ...groupByWaiver(upgrades, { name: 'strandedUpgrades', effect: 'stranded', policy, facts }).map(
      describeStranded,
    ),
  ];
}

interface Rule {
  readonly name: keyof UpgradePolicy;
  readonly effect: ClusterUpgrade['effect'];
  readonly policy: UpgradePolicy;
  readonly facts: WaiverFacts;
}

interface Group extends Judged {
  readonly upgrades: readonly ClusterUpgrade[];
}

function groupByWaiver(
  upgrades: readonly ClusterUpgrade[],
  { name, effect, policy, facts }: Rule,
): readonly Group[] {
  const level = policy[name];
  if (level === 'off') return [];
  const groups = new Map<string, Group>();
  for (const upgrade of upgrades.filter((entry) => entry.effect === effect)) {
    const { catalog, channel, from, to } = upgrade;
    // Who waives what is cut off names what is installed, not where it gets before it ends.
    const bundle = effect === 'stranded' ? from : (to ?? from);
    const about = { catalog, channel, package: upgrade.package, bundle };
    const judged = judgeFinding(findingOf({ policy: name, level, message: '', ...about }), facts);
    const earlier = groups.get(judged.words)?.upgrades ?? [];
    groups.set(judged.words, { ...judged, upgrades: [...earlier, upgrade] });
  }
  return [...groups.values()];
}

function describeAutomatic({ upgrades, blocks, words }: Group): UpgradeCheck {
  return {
    kind: 'automatic-upgrade',
    severity: blocks ? 'blocked' : 'warning',
    message: `${formatCount(upgrades.length, 'installed operator')} ${upgrades.length === 1 ? 'upgrades' : 'upgrade'} by ${upgrades.length === 1 ? 'itself' : 'themselves'} as soon as this is served: ${nameUpgrades(upgrades)}.${words}`,
    hint: blocks
      ? 'spec.policy.automaticUpgrades: let a person approve there (installPlanApproval: Manual) and correct in-use.yaml; or, when the clusters are ready, waive it in rules/CATALOG/waivers.yaml or set the policy to warn.'
      : null,
    code: 'PLAN_AUTOMATIC_UPGRADE',
  };
}

function describeStranded({ upgrades, blocks, words }: Group): UpgradeCheck {
  return {
    kind: 'stranded-upgrade',
    severity: blocks ? 'blocked' : 'warning',
    message: `${formatCount(upgrades.length, 'installed operator')} would be cut off, with no path of upgrades to a head any more: ${nameUpgrades(upgrades)}.${words}`,
    hint: blocks
      ? 'Bring what bridges it with a delivery, or declare a bridge in rules/; correct in-use.yaml, if it is old; or waive it in rules/CATALOG/waivers.yaml.'
      : 'They go on running; bring what bridges it with a delivery, or declare a bridge in rules/.',
    code: 'PLAN_STRANDED_UPGRADE',
  };
}

function nameUpgrades(upgrades: readonly ClusterUpgrade[]): string {
  const shown = upgrades
    .slice(0, SHOWN)
    .map(
      ({ from, to, user, cluster }) =>
        `${from}${to === null ? '' : ` → ${to}`} (${user} of ${cluster})`,
    );
  const more = upgrades.length - SHOWN;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

interface UpgradeInput {
  readonly manifest: { readonly policy: UpgradePolicy };
  readonly inUse?: InUseFacts;
  /** Left out where nothing is waived. */
  readonly policies?: WaiverFacts;
}

/** What clusters have to say of one index that is not held by a pin. What is not known must not pass a policy that blocks. */
export function judgeUpgrades(wanted: WantedIndex, input: UpgradeInput): readonly IndexCheck[] {
  const { inUse, manifest, policies } = input;
  if (inUse === undefined || wanted.pin !== null) return [];
  if (inUse.fault !== null) return blocksAny(manifest.policy) ? [unknownUse(wanted)] : [];
  const own = inUse.upgrades.filter(({ catalog }) => catalog === wanted.catalog);
  return checkUpgrades(own, manifest.policy, policies).map((check) => ({
    ...checkOf(wanted),
    ...check,
  }));
}

function blocksAny({ automaticUpgrades, strandedUpgrades }: UpgradePolicy): boolean {
  return automaticUpgrades === 'block' || strandedUpgrades === 'block';
}

function unknownUse(wanted: WantedIndex): IndexCheck {
  return {
    ...checkOf(wanted),
    kind: 'invalid',
    severity: 'blocked',
    message: `The index of ${wanted.catalog} stays as it is: in-use.yaml cannot be read, so nobody knows which installed operators it would cut off or upgrade.`,
    hint: 'Correct in-use.yaml, or take it out.',
    code: 'MANIFEST_IN_USE_INVALID',
  };
}

/** That `in-use.yaml` cannot be read: an error where a policy rests on it. */
export function checkInUseFile({ inUse, manifest }: UpgradeInput): readonly Check[] {
  if (inUse === undefined || inUse.fault === null) return [];
  const { message, hint } = inUse.fault;
  const severity = blocksAny(manifest.policy) ? 'error' : 'warning';
  const place = { catalog: null, item: null, neededBy: [] };
  return [{ kind: 'invalid', severity, message, hint: hint ?? null, ...place }];
}

/** What clusters meet by what this plan publishes, or would; left out where nobody looked. */
export function listUpgrades(
  { inUse }: UpgradeInput,
  catalogs: readonly Pick<CatalogPlan, 'catalog' | 'action'>[],
): { readonly upgrades?: readonly ClusterUpgrade[] } {
  if (inUse === undefined || inUse.fault !== null) return {};
  const changing = new Set(
    catalogs
      .filter(({ action }) => action !== 'none' && action !== 'pinned')
      .map(({ catalog }) => catalog),
  );
  return { upgrades: inUse.upgrades.filter(({ catalog }) => changing.has(catalog)) };
}
