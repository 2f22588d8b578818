import { formatCount } from '../base/text.ts';
import { addDays } from '../manifest/day.ts';
import { matchesImagePattern } from '../manifest/image-pattern.ts';
import type { MirrorPolicy, PolicyLevel } from '../manifest/types.ts';
import { type Finding, findingOf, type PolicyFacts } from './policy-types.ts';
import type { ClusterUpgrade } from './review-types.ts';
import type { ChannelPlan, PackagePlan } from './types.ts';

const SHOWN = 5;

export interface OfferedCatalog {
  readonly catalog: string;
  /** Null where what is served could not be compared. */
  readonly packages: readonly PackagePlan[] | null;
  /** What clusters meet by it, which is told of by itself. */
  readonly upgrades: readonly ClusterUpgrade[];
}

/** What the policies find in what users of one catalog would see change. */
export function judgeOffer(
  { catalog, packages, upgrades }: OfferedCatalog,
  policy: MirrorPolicy,
  facts: PolicyFacts,
): readonly Finding[] {
  const found = (packages ?? []).flatMap((change) => [
    ...judgeChannels(change, policy, { upgrades, waivers: facts.waivers }),
    ...judgeDefault(change, policy),
    ...judgeRereleased(change, policy),
    ...judgeSoak(change, policy, { ...facts, catalog }),
  ]);
  return [...judgeAllowed(catalog, policy, facts), ...found].map((finding) => ({
    ...finding,
    catalog,
  }));
}

function isLooked(level: PolicyLevel): level is Finding['level'] {
  return level !== 'off';
}

type UserFacts = Pick<OfferedCatalog, 'upgrades'> & Pick<PolicyFacts, 'waivers'>;

function judgeChannels(
  change: PackagePlan,
  policy: MirrorPolicy,
  facts: UserFacts,
): readonly Finding[] {
  if (change.change !== 'changed') return [];
  return change.channels.flatMap((channel) => [
    ...judgeStranded(change, channel, { level: policy.strandedUpgrades, ...facts }),
    ...judgeRemoval(change, channel, policy.channelRemoval),
  ]);
}

// A version that is no longer offered at all is judged by who has it installed: else no commit could be reverted. Of one
// whose installation is cut off that is told, and what waivers name stands by itself, so that they fit.
function judgeStranded(
  { package: name, bundlesRemoved }: PackagePlan,
  { channel, new: head, pathsBroken }: ChannelPlan,
  { level, upgrades, waivers }: UserFacts & { readonly level: PolicyLevel },
): readonly Finding[] {
  if (!isLooked(level) || head === null) return [];
  const told = upgrades
    .filter((use) => use.effect === 'stranded' && use.package === name && use.channel === channel)
    .map(({ from }) => from);
  const left = new Set([...bundlesRemoved, ...told]);
  const stranded = pathsBroken.filter((bundle) => !left.has(bundle));
  const named = new Set(
    waivers.filter(({ policy }) => policy === 'strandedUpgrades').map(({ bundle }) => bundle),
  );
  const others = stranded.filter((bundle) => !named.has(bundle));
  const groups = [
    ...stranded.filter((bundle) => named.has(bundle)).map((bundle) => [bundle]),
    ...(others.length === 0 ? [] : [others]),
  ];
  return groups.map((bundles) =>
    findingOf({
      policy: 'strandedUpgrades',
      level,
      package: name,
      channel,
      ...(bundles.length === 1 ? { bundle: bundles[0] ?? null } : {}),
      message: `No path leads to ${head}, the head of channel ${channel} of ${name}, any more from ${listSome(bundles)}.`,
    }),
  );
}

function judgeRemoval(
  { package: name }: PackagePlan,
  { channel, old, new: head }: ChannelPlan,
  level: PolicyLevel,
): readonly Finding[] {
  if (!isLooked(level) || old === null || head !== null) return [];
  const message = `Channel ${channel} of ${name} goes, with its head ${old}: a Subscription that follows it finds nothing any more.`;
  return [findingOf({ policy: 'channelRemoval', level, package: name, channel, message })];
}

function judgeDefault(
  { package: name, change, defaultChannel }: PackagePlan,
  { defaultChannelChange: level }: MirrorPolicy,
): readonly Finding[] {
  if (!isLooked(level) || change !== 'changed' || defaultChannel === null) return [];
  const { before, after } = defaultChannel;
  const message = `The default channel of ${name} becomes ${after === '' ? 'none' : after} instead of ${before === '' ? 'none' : before}.`;
  return [
    findingOf({ policy: 'defaultChannelChange', level, package: name, channel: after, message }),
  ];
}

function judgeRereleased(
  { package: name, bundlesRereleased }: PackagePlan,
  { rereleasedBundles: level }: MirrorPolicy,
): readonly Finding[] {
  if (!isLooked(level)) return [];
  return bundlesRereleased.map((bundle) =>
    findingOf({
      policy: 'rereleasedBundles',
      level,
      package: name,
      bundle,
      message: `${bundle} of ${name} keeps its name and gets other images: who has it installed keeps the old ones.`,
    }),
  );
}

function judgeAllowed(
  catalog: string,
  { allowedPackages }: MirrorPolicy,
  { packages }: PolicyFacts,
): readonly Finding[] {
  if (allowedPackages === null || !isLooked(allowedPackages.level)) return [];
  const { level, packages: allowed } = allowedPackages;
  return (packages.get(catalog) ?? [])
    .filter((name) => !allowed.some((pattern) => matchesImagePattern(pattern, name)))
    .map((name) =>
      findingOf({
        policy: 'allowedPackages',
        level,
        package: name,
        message: `Package ${name} is not among spec.policy.allowedPackages.`,
      }),
    );
}

function judgeSoak(
  change: PackagePlan,
  { soak }: MirrorPolicy,
  facts: PolicyFacts & { readonly catalog: string },
): readonly Finding[] {
  if (soak === null || !isLooked(soak.level)) return [];
  const { level, days } = soak;
  const { bundlesAdded, bundlesRereleased } = change;
  return [...bundlesAdded, ...bundlesRereleased].flatMap((bundle) => {
    const isNew = bundlesAdded.includes(bundle);
    const came = findArrival(change.package, isNew ? bundle : null, facts);
    const ends = came === null ? null : addDays(came, days);
    if (ends !== null && ends <= facts.today) return [];
    const message =
      ends === null
        ? `Since when ${bundle} of ${change.package} is in staging is not known: no delivery record names it. It must have been there for ${formatCount(days, 'day')}.`
        : `${bundle} of ${change.package} came to staging on ${came} and must stay there for ${formatCount(days, 'day')}: until ${ends}.`;
    return [findingOf({ policy: 'soak', level, package: change.package, bundle, message })];
  });
}

// A record names heads only, by name: of another bundle, or of other images under a name that was there (null), the
// newest delivery that brought any of the package counts.
function findArrival(
  name: string,
  bundle: string | null,
  { catalog, records }: Pick<PolicyFacts, 'records'> & { readonly catalog: string },
): string | null {
  const own = records
    .filter((record) => record.catalog === catalog)
    .flatMap(({ date, packages }) =>
      packages.filter((entry) => entry.name === name).map((entry) => ({ date, head: entry.new })),
    )
    .toSorted((a, b) => (a.date < b.date ? -1 : 1));
  return (own.find(({ head }) => head === bundle) ?? own.at(-1))?.date ?? null;
}

function listSome(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return `${names.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
