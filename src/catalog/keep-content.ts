import { compareVersions, tryParseVersion, type Version } from '../base/semver.ts';
import { compareBytes } from '../base/text.ts';
import { readBundleVersion, readDefaultChannel, readEntries, readVersions } from './blob-fields.ts';
import { tryParseExtensionRange } from './extension-range.ts';
import { filterCatalog } from './filter-catalog.ts';
import type { PackageSelection, UnmetRequirement } from './filter-types.ts';
import { findProviding, findUnmet } from './find-unmet.ts';
import { hasUnknown, listContents, listNeeds, type NeededContent } from './list-needs.ts';
import type { Catalog, CatalogPackage } from './types.ts';
import { buildUpgradeGraphs } from './upgrade-graph.ts';
import { findInstalled, findUpgradePath } from './upgrade-path.ts';

/** What is to stay of one package, since somebody uses it or it was delivered; several of one package add up. */
export interface KeepWish {
  readonly package: string;
  /** Stay in every channel that has them, with the way up from there. */
  readonly bundles: readonly string[];
  /** Followed: their heads stay too, and the way there from the bundles. */
  readonly channels: readonly string[] | 'default' | 'all';
  /** Range of a ClusterExtension, whose versions stay; null for none. */
  readonly range: string | null;
  /** All of the package stays. */
  readonly whole: boolean;
}

export interface KeptCatalog {
  readonly catalog: Catalog;
  /** What kept bundles require, and nothing that is kept in any catalog provides. */
  readonly unmet: readonly UnmetRequirement[];
  /** `package/bundle` of those of which nobody but OLM can say what they require. */
  readonly unclear: readonly string[];
}

/** By name of the catalog. */
type Wishes = ReadonlyMap<string, readonly KeepWish[]>;

/**
 * Reduces catalogs to what is wished of them, the way up from there to the heads, and what that requires. A required
 * package stays in the highest version that fits, of the default channel where that has one; of an API the first
 * package that provides it, of the same catalog before others. What was wished besides does not count for that, so
 * that more wishes never keep less. `filterCatalog` says what holds for each result.
 */
export function keepContent(
  catalogs: ReadonlyMap<string, Catalog>,
  wishes: Wishes,
): ReadonlyMap<string, KeptCatalog> {
  const find = rememberProviders(catalogs);
  let asked = wishes;
  for (;;) {
    const kept = new Map(
      [...catalogs].map(([name, catalog]) => [name, keepOne(catalog, asked.get(name) ?? [])]),
    );
    const more = addProviders(asked, kept, find);
    if (more === null) return describeKept(kept, catalogs);
    asked = more;
  }
}

function keepOne(catalog: Catalog, wishes: readonly KeepWish[]): Catalog {
  const packages = wishes.flatMap((wish) => {
    const pkg = catalog.packages.get(wish.package);
    return pkg === undefined ? [] : select(pkg, wish);
  });
  return filterCatalog(catalog, { packages, defaultChannels: new Map() }).catalog;
}

function select(pkg: CatalogPackage, wish: KeepWish): readonly PackageSelection[] {
  const all = { package: pkg.name, channels: null, versions: null };
  if (wish.whole) return [{ ...all, bundles: null }];
  const bundles = [...wish.bundles, ...listRange(pkg, wish)];
  return [
    { ...all, bundles },
    ...listFollowed(pkg, wish).map((channel) => ({
      ...all,
      channels: [channel],
      bundles: listHops(pkg, channel, wish.bundles),
    })),
  ];
}

// A range that OLM v1 cannot read resolves to nothing.
function listRange(pkg: CatalogPackage, { range }: KeepWish): readonly string[] {
  const within = range === null ? null : tryParseExtensionRange(range);
  if (within === null) return [];
  return [...readVersions(pkg)].flatMap(([name, version]) => (within(version) ? [name] : []));
}

function listFollowed(pkg: CatalogPackage, { channels }: KeepWish): readonly string[] {
  const names = pkg.channels.map(({ name }) => name);
  if (channels === 'all') return names;
  if (channels === 'default') return [readDefaultChannel(pkg)];
  return names.filter((name) => channels.includes(name));
}

/** Where OLM takes what came from another channel, up to the head of this one. */
function listHops(
  pkg: CatalogPackage,
  channel: string,
  bundles: readonly string[],
): readonly string[] {
  const graphs = buildUpgradeGraphs(pkg);
  const graph = graphs.find((it) => it.channel === channel);
  if (graph === undefined) return [];
  return bundles.flatMap((bundle) => {
    const installed = findInstalled(bundle, pkg, graphs);
    return installed === null
      ? []
      : findUpgradePath(graph, installed, graphs).hops.map(({ to }) => to);
  });
}

type FindProvider = (content: NeededContent, own: string) => Provider | null;

// What provides something is looked for in all that there is, and many bundles need the same.
function rememberProviders(catalogs: ReadonlyMap<string, Catalog>): FindProvider {
  const known = new Map<string, Provider | null>();
  return (content, own) => {
    const key = JSON.stringify([own, content.kind, content.text]);
    const found = known.get(key);
    if (found !== undefined) return found;
    const provider = findProvider(content, own, catalogs);
    known.set(key, provider);
    return provider;
  };
}

/** The wishes with what kept bundles require; null where nothing came to them. */
function addProviders(
  wishes: Wishes,
  kept: ReadonlyMap<string, Catalog>,
  find: FindProvider,
): Wishes | null {
  let grown: Map<string, readonly KeepWish[]> | null = null;
  for (const [name, catalog] of kept)
    for (const content of listNeeded(catalog)) {
      const provider = find(content, name);
      if (provider === null || hasBundle(kept.get(provider.catalog), provider)) continue;
      grown ??= new Map(wishes);
      grown.set(provider.catalog, [...(grown.get(provider.catalog) ?? []), wishOf(provider)]);
    }
  return grown;
}

/** What bundles need that is not their own, each once. */
function listNeeded(catalog: Catalog): Iterable<NeededContent> {
  const needed = new Map<string, NeededContent>();
  for (const bundle of [...catalog.packages.values()].flatMap((pkg) => pkg.bundles))
    for (const content of listNeeds(bundle).flatMap(listContents))
      if (!content.provides(bundle)) needed.set(`${content.kind} ${content.text}`, content);
  return needed.values();
}

interface Provider {
  readonly catalog: string;
  readonly package: string;
  readonly bundle: string;
}

function wishOf({ package: name, bundle }: Provider): KeepWish {
  return { package: name, bundles: [bundle], channels: [], range: null, whole: false };
}

function hasBundle(catalog: Catalog | undefined, provider: Provider): boolean {
  const pkg = catalog?.packages.get(provider.package);
  return pkg?.bundles.some(({ name }) => name === provider.bundle) === true;
}

function findProvider(
  content: NeededContent,
  own: string,
  catalogs: ReadonlyMap<string, Catalog>,
): Provider | null {
  const others = [...catalogs.keys()].filter((name) => name !== own).toSorted(compareBytes);
  for (const name of [own, ...others]) {
    const catalog = catalogs.get(name);
    const pkg = catalog === undefined ? null : findProviding(catalog, content);
    const bundle = pkg === null ? null : pickHighest(pkg, content);
    if (pkg !== null && bundle !== null) return { catalog: name, package: pkg.name, bundle };
  }
  return null;
}

function pickHighest(pkg: CatalogPackage, content: NeededContent): string | null {
  const main = pkg.channels.find(({ name }) => name === readDefaultChannel(pkg));
  const first = new Set(main === undefined ? [] : readEntries(main).map(({ name }) => name));
  const fitting = pkg.bundles
    .filter((bundle) => content.provides(bundle))
    .map((bundle) => ({
      name: bundle.name,
      isFirst: first.has(bundle.name),
      version: tryParseVersion(readBundleVersion(bundle).version),
    }))
    .toSorted(
      (a, b) =>
        Number(a.isFirst) - Number(b.isFirst) ||
        compareKnown(a.version, b.version) ||
        compareBytes(a.name, b.name),
    );
  return fitting.at(-1)?.name ?? null;
}

function compareKnown(a: Version | null, b: Version | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return compareVersions(a, b);
}

function describeKept(
  kept: ReadonlyMap<string, Catalog>,
  catalogs: ReadonlyMap<string, Catalog>,
): ReadonlyMap<string, KeptCatalog> {
  return new Map(
    [...kept].map(([name, catalog]) => [
      name,
      {
        catalog,
        unmet: findUnmet(catalog, catalogs.get(name) ?? catalog, [...kept.values()]),
        unclear: [...catalog.packages.values()].flatMap(({ bundles }) =>
          bundles
            .filter((bundle) => listNeeds(bundle).some(hasUnknown))
            .map((bundle) => `${bundle.package}/${bundle.name}`),
        ),
      },
    ]),
  );
}
