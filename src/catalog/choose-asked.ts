import { compareBytes } from '../base/text.ts';
import { readDefaultChannel } from './blob-fields.ts';
import { joinCatalog } from './build-catalog.ts';
import { excludeFromDelivery } from './exclude-content.ts';
import { excludeFromMerge } from './exclude-merge.ts';
import type { ContentExclusion } from './exclude-types.ts';
import type { UnmetRequirement } from './filter-types.ts';
import { findUnmet } from './find-unmet.ts';
import { mergeCatalogs } from './merge-catalogs.ts';
import type { Gap, MergeOptions, MergeResult } from './merge-types.ts';
import {
  type AskedChannel,
  type AskedPackage,
  isAskable,
  listDepths,
  selectAsked,
} from './select-asked.ts';
import type { Catalog, CatalogPackage } from './types.ts';

/** What a delivery is merged into, and by which rules. */
export interface AskedInto {
  readonly base: Catalog;
  readonly exclusions: readonly ContentExclusion[];
  readonly options: MergeOptions;
}

/** A package that somebody wants to be up to date; no channel stands for those that the base has, and the default one. */
export interface WantedPackage {
  readonly name: string;
  readonly channels: readonly string[];
}

/** What is left out, since nothing that upstream has would let it merge without a gap. */
export interface Unclosed {
  readonly package: string;
  /** Null where the whole package is left out. */
  readonly channel: string | null;
  /** Of the package with all that upstream has; none where no channel has a single head. */
  readonly gaps: readonly Gap[];
}

export interface AskedChoice {
  /** In byte order of the names. */
  readonly asked: readonly AskedPackage[];
  /** What arrives where this is mirrored. */
  readonly delivery: Catalog;
  /** Without a gap. */
  readonly merge: MergeResult;
  readonly unclosed: readonly Unclosed[];
  /** Packages that are only asked for because another one requires them. */
  readonly required: readonly string[];
  /** What bundles that come require, and nothing would provide. */
  readonly unmet: readonly UnmetRequirement[];
}

/**
 * Chooses what to bring of a catalog: of each wanted package the heads, deeper where the merge would else have a gap,
 * and the packages that they require. What was chosen merges without a gap.
 */
export function chooseAsked(
  incoming: Catalog,
  wanted: readonly WantedPackage[],
  into: AskedInto,
): AskedChoice {
  const packages = new Map<string, PackageChoice>();
  for (const wish of wanted) {
    const pkg = incoming.packages.get(wish.name);
    if (pkg !== undefined) packages.set(wish.name, openChoice(pkg, wish.channels, into));
  }
  const named = new Set(packages.keys());
  const known = new Set(findUnmet(into.base, into.base).map(formatUnmet));
  for (;;) {
    const sum = summarize(incoming, packages, into);
    const unmet = findUnmet(sum.merge.catalog, incoming).filter(
      (need) => !known.has(formatUnmet(need)) && sum.delivery.packages.has(need.package),
    );
    if (!unmet.some((need) => provide(need, { incoming, packages, into }))) {
      const required = sum.asked.map(({ name }) => name).filter((name) => !named.has(name));
      return { ...sum, required, unmet };
    }
  }
}

interface PackageChoice {
  readonly asked: AskedPackage;
  /** Of each channel that is asked for, how far below the head; none where no channel can be. */
  readonly depths: ReadonlyMap<string, number>;
  readonly gaps: readonly Gap[];
  /** Wanted channels without which the others merge. */
  readonly left: readonly Unclosed[];
}

function openChoice(
  pkg: CatalogPackage,
  channels: readonly string[],
  into: AskedInto,
): PackageChoice {
  const base = into.base.packages.get(pkg.name);
  const ours = (base?.channels ?? []).map(({ name }) => name);
  const wanted = new Set([readDefaultChannel(pkg), ...(channels.length > 0 ? channels : ours)]);
  const depths = new Map<string, number>();
  for (const channel of pkg.channels)
    if (wanted.has(channel.name) && isAskable(channel)) depths.set(channel.name, 0);
  const all = closeGaps(pkg, depths, into);
  return all.gaps.length === 0 || depths.size < 2
    ? all
    : leaveChannels(pkg, { all, wanted: [...depths.keys()] }, into);
}

/** The default channel first, then each other one that merges beside those before it. */
function leaveChannels(
  pkg: CatalogPackage,
  { all, wanted }: { readonly all: PackageChoice; readonly wanted: readonly string[] },
  into: AskedInto,
): PackageChoice {
  const main = readDefaultChannel(pkg);
  let choice = closeGaps(pkg, new Map([[main, 0]]), into);
  if (!wanted.includes(main) || choice.gaps.length > 0) return all;
  const left: Unclosed[] = [];
  for (const channel of wanted.filter((name) => !choice.depths.has(name))) {
    const more = closeGaps(pkg, new Map([...choice.depths, [channel, 0]]), into);
    if (more.gaps.length === 0) choice = more;
    else left.push({ package: pkg.name, channel, gaps: more.gaps });
  }
  return { ...choice, left };
}

/** Goes deeper, channel by channel, until the merge has no gap or nothing is left to bring. */
function closeGaps(
  pkg: CatalogPackage,
  start: ReadonlyMap<string, number>,
  into: AskedInto,
): PackageChoice {
  let depths = start;
  const alone = { ...into, base: pickPackage(into.base, pkg.name) };
  const upstream = joinCatalog([pkg], []);
  for (;;) {
    const asked = formAsked(pkg, depths);
    const gaps = depths.size === 0 ? [] : mergeAsked(upstream, [asked], alone).merge.gaps;
    if (gaps.length === 0) return { asked, depths, gaps, left: [] };
    const next = deepen(pkg, depths, gaps);
    if (next === null) return { asked, depths, gaps, left: [] };
    depths = next;
  }
}

function deepen(
  pkg: CatalogPackage,
  depths: ReadonlyMap<string, number>,
  gaps: readonly Gap[],
): ReadonlyMap<string, number> | null {
  const room = pkg.channels.filter(
    (channel) => (depths.get(channel.name) ?? Infinity) + 1 < listDepths(channel, pkg).length,
  );
  const named = room.filter(({ name }) => gaps.some(({ channel }) => channel === name));
  const chosen = named.length > 0 ? named : room;
  if (chosen.length > 0)
    return new Map([
      ...depths,
      ...chosen.map(({ name }) => [name, (depths.get(name) ?? 0) + 1] as const),
    ]);
  const others = pkg.channels.filter((channel) => !depths.has(channel.name) && isAskable(channel));
  return others.length === 0
    ? null
    : new Map([...depths, ...others.map(({ name }) => [name, 0] as const)]);
}

function formAsked(pkg: CatalogPackage, depths: ReadonlyMap<string, number>): AskedPackage {
  const channels = pkg.channels.flatMap((channel): readonly AskedChannel[] => {
    const depth = depths.get(channel.name);
    return depth === undefined ? [] : listDepths(channel, pkg).slice(depth, depth + 1);
  });
  return { name: pkg.name, channels };
}

interface AskedMerge {
  readonly delivery: Catalog;
  readonly merge: MergeResult;
}

/**
 * The merge as it will run where the delivery arrives.
 *
 * @internal
 */
export function mergeAsked(
  incoming: Catalog,
  asked: readonly AskedPackage[],
  { base, exclusions, options }: AskedInto,
): AskedMerge {
  const delivery = selectAsked(incoming, asked);
  const { catalog, taken } = excludeFromDelivery(delivery, base, exclusions);
  const merge = excludeFromMerge(mergeCatalogs(base, catalog, options), {
    base,
    delivery: catalog,
    exclusions,
    keptOut: taken,
    options,
  });
  return { delivery, merge };
}

function pickPackage(catalog: Catalog, name: string): Catalog {
  const pkg = catalog.packages.get(name);
  return joinCatalog(pkg === undefined ? [] : [pkg], []);
}

function summarize(
  incoming: Catalog,
  packages: ReadonlyMap<string, PackageChoice>,
  into: AskedInto,
): Pick<AskedChoice, 'asked' | 'delivery' | 'merge' | 'unclosed'> {
  const choices = [...packages.values()];
  const asked = choices
    .filter(({ gaps, depths }) => gaps.length === 0 && depths.size > 0)
    .map((choice) => choice.asked)
    .toSorted((a, b) => compareBytes(a.name, b.name));
  const unclosed = choices.flatMap((choice): readonly Unclosed[] =>
    choice.gaps.length > 0 || choice.depths.size === 0
      ? [{ package: choice.asked.name, channel: null, gaps: choice.gaps }]
      : choice.left,
  );
  const { delivery, merge } = mergeAsked(incoming, asked, into);
  return { asked, delivery, merge, unclosed };
}

interface Choosing {
  readonly incoming: Catalog;
  readonly packages: Map<string, PackageChoice>;
  readonly into: AskedInto;
}

/** Asks for one more package, or for more of one, that may provide what is required; false where there is none. */
function provide(need: UnmetRequirement, { incoming, packages, into }: Choosing): boolean {
  for (const name of need.providers) {
    const pkg = incoming.packages.get(name);
    if (pkg === undefined) continue;
    const choice = packages.get(name);
    if (choice === undefined) {
      packages.set(name, openChoice(pkg, [], into));
      return true;
    }
    const next = choice.gaps.length > 0 ? null : deepen(pkg, choice.depths, []);
    if (next === null) continue;
    packages.set(name, closeGaps(pkg, next, into));
    return true;
  }
  return false;
}

function formatUnmet({ package: pkg, bundle, requires }: UnmetRequirement): string {
  return JSON.stringify([pkg, bundle, requires]);
}
