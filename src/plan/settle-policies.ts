import type { MirrorManifest, MirrorPolicy } from '../manifest/types.ts';
import { refuseSteps } from './deny-writes.ts';
import { judgeImage, judgeSize } from './image-policies.ts';
import type { IndexCheck } from './index-checks.ts';
import type { SettledIndex } from './index-steps.ts';
import { formatIndexItem } from './item.ts';
import { judgeOffer, type OfferedCatalog } from './offer-policies.ts';
import type { PolicyFacts } from './policy-types.ts';
import { isOfSignedRelease, type ReleaseInput } from './release-checks.ts';
import type { SettledImage } from './settle-attached.ts';
import { refuse, type Settled } from './settled.ts';
import type { Check, PackagePlan, Plan, WantedIndex } from './types.ts';
import type { InUseFacts } from './upgrade-checks.ts';
import { checkFinding } from './waive.ts';

interface PolicyInput extends ReleaseInput {
  readonly manifest: Pick<MirrorManifest, 'policy'>;
  /** What changes for users, by catalog; null where the served index could not be compared. */
  readonly offers: ReadonlyMap<string, readonly PackagePlan[] | null>;
  readonly inUse?: Pick<InUseFacts, 'upgrades'>;
  /** Left out where no policy is judged. */
  readonly policies?: PolicyFacts;
}

/** What the policies have to say of one catalog; nothing while a pin holds its index. */
export function judgeIndexPolicies(
  { catalog, pin }: WantedIndex,
  { manifest, offers, inUse, policies }: PolicyInput,
): readonly IndexCheck[] {
  if (policies === undefined || pin !== null) return [];
  const upgrades = (inUse?.upgrades ?? []).filter((upgrade) => upgrade.catalog === catalog);
  const offer = { catalog, packages: offers.get(catalog) ?? null, upgrades };
  return checkOffer(offer, manifest.policy, policies).map((check) => ({
    ...check,
    item: formatIndexItem(catalog),
  }));
}

/** What the policies have to say of what users of one catalog would see change. */
export function checkOffer(
  offer: OfferedCatalog,
  policy: MirrorPolicy,
  facts: PolicyFacts,
): readonly IndexCheck[] {
  return judgeOffer(offer, policy, facts).map((finding) => checkFinding(finding, facts));
}

/** Adds what was not told yet. What blocks and did not is of an index that was published before, or is served. */
export function tellFindings(settled: SettledIndex, findings: readonly IndexCheck[]): SettledIndex {
  // What stands there is nobody's earlier offer, and stays.
  if (settled.checks.some(({ kind }) => kind === 'foreign-index')) return settled;
  const told = new Set(settled.checks.map(({ message }) => message));
  const more = findings
    .filter(({ message }) => !told.has(message))
    .map(
      ({ code: _code, ...check }): Check =>
        check.severity === 'blocked' && settled.action !== 'blocked'
          ? { ...check, severity: 'warning', hint: null }
          : check,
    );
  return more.length === 0 ? settled : { ...settled, checks: [...settled.checks, ...more] };
}

/** Refuses the copy of an image that a policy blocks, and tells what the others found. */
export function refuseByPolicy(
  settled: Settled,
  { manifest: { policy }, policies, ...input }: PolicyInput,
  { image, observed }: Omit<SettledImage, 'settled'>,
): Settled {
  if (policies === undefined || settled.steps.every(({ kind }) => kind !== 'copy')) return settled;
  const isSigned = isOfSignedRelease(image, input);
  const options = { policy, facts: policies, isSigned };
  const checks = judgeImage(image, observed, options).map((finding): Check => {
    const { code: _, ...check } = checkFinding(finding, policies);
    return { ...check, item: image.key, neededBy: image.neededBy };
  });
  const blocked = checks.find(({ severity }) => severity === 'blocked');
  return blocked === undefined
    ? { ...settled, checks: [...settled.checks, ...checks] }
    : { ...refuse(image, blocked), checks: [...settled.checks, ...checks] };
}

/** Refuses a plan that moves more than a policy lets through. */
export function limitSize(
  plan: Omit<Plan, 'hash'>,
  { manifest: { policy }, policies }: PolicyInput,
): Omit<Plan, 'hash'> {
  const [finding] = policies === undefined ? [] : judgeSize(plan.bytes, policy);
  if (policies === undefined || finding === undefined) return plan;
  const { code, ...check } = checkFinding(finding, policies);
  return code === null
    ? { ...plan, checks: [...plan.checks, check] }
    : refuseSteps(plan, { check, code, message: check.message });
}
