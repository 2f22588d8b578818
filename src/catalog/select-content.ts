import { compareVersions, tryParseVersion, type Version } from '../base/semver.ts';
import { findNearest } from '../base/text.ts';
import { formatBundleVersion, readBundleVersion, readEntries } from './blob-fields.ts';
import type { PackageSelection, SelectionMiss } from './filter-types.ts';
import type { Catalog, CatalogPackage } from './types.ts';
import { isInRange, tryParseVersionRange } from './version-range.ts';

/** Channel → the entries that are wanted of it, perhaps none. */
export type Picked = ReadonlyMap<string, ReadonlySet<string>>;

/** What the selections of one package name; `misses` gets what the package does not have. */
export function pickContent(
  pkg: CatalogPackage,
  selections: readonly PackageSelection[],
  misses: SelectionMiss[],
): Picked {
  const picked = new Map<string, Set<string>>();
  const content = readContent(pkg);
  for (const selection of selections) {
    misses.push(...findMisses(selection, content));
    for (const [channel, entries] of listChosen(selection, content)) {
      const known = picked.get(channel) ?? new Set();
      picked.set(channel, new Set([...known, ...entries]));
    }
  }
  return picked;
}

interface Content {
  readonly name: string;
  /** Channel → names of its entries. */
  readonly channels: ReadonlyMap<string, readonly string[]>;
  /** By bundle. */
  readonly versions: ReadonlyMap<string, { readonly text: string; readonly version: Version }>;
}

function readContent(pkg: CatalogPackage): Content {
  const channels = pkg.channels.map((channel) => {
    return [channel.name, readEntries(channel).map(({ name }) => name)] as const;
  });
  const versions = pkg.bundles.flatMap((bundle) => {
    const found = readBundleVersion(bundle);
    const version = tryParseVersion(found.version);
    return version === null
      ? []
      : [[bundle.name, { text: formatBundleVersion(found), version }] as const];
  });
  return { name: pkg.name, channels: new Map(channels), versions: new Map(versions) };
}

function listChosen(
  selection: PackageSelection,
  { channels, versions }: Content,
): readonly (readonly [string, readonly string[]])[] {
  const wholly = selection.versions === null && selection.bundles === null;
  const range = selection.versions === null ? null : tryParseVersionRange(selection.versions);
  const bundles = new Set(selection.bundles);
  const chosen = [...channels].map(([channel, entries]) => {
    const wanted = entries.filter((name) => {
      const version = versions.get(name)?.version;
      const covered = range !== null && version !== undefined && isInRange(version, range);
      return wholly || covered || bundles.has(name);
    });
    return [channel, wanted] as const;
  });
  return chosen.filter(([channel, wanted]) =>
    selection.channels === null ? wanted.length > 0 : selection.channels.includes(channel),
  );
}

function* findMisses(selection: PackageSelection, content: Content): Iterable<SelectionMiss> {
  const { channels, bundles } = selection;
  const known = (channels ?? []).filter((channel) => content.channels.has(channel));
  for (const channel of channels ?? [])
    if (!content.channels.has(channel)) yield missChannel(channel, content);
  // Where no channel of the selection exists, that is all there is to say.
  if (channels !== null && known.length === 0) return;
  yield* findVersionMisses(selection, channels === null ? [null] : known, content);
  const named = listChosen({ ...selection, versions: null }, content);
  const found = new Set(named.flatMap(([, wanted]) => wanted));
  for (const bundle of bundles ?? [])
    if (!found.has(bundle)) yield missBundle(bundle, known, content);
}

function* findVersionMisses(
  selection: PackageSelection,
  places: readonly (string | null)[],
  content: Content,
): Iterable<SelectionMiss> {
  const { versions } = selection;
  if (versions === null) return;
  for (const place of places) {
    const channels = place === null ? null : [place];
    const chosen = listChosen({ ...selection, channels, bundles: null }, content);
    if (chosen.every(([, wanted]) => wanted.length === 0))
      yield missVersions(versions, place, content);
  }
}

export function missPackage(name: string, catalog: Catalog): SelectionMiss {
  return {
    package: name,
    message: `There is no package ${name}.`,
    hint: suggest(name, [...catalog.packages.keys()]),
  };
}

function missChannel(channel: string, { name, channels }: Content): SelectionMiss {
  return {
    package: name,
    message: `The package ${name} has no channel ${channel}.`,
    hint: suggest(channel, [...channels.keys()]),
  };
}

function missVersions(range: string, channel: string | null, content: Content): SelectionMiss {
  const place = channel === null ? content.name : `the channel ${channel} of ${content.name}`;
  if (tryParseVersionRange(range) === null)
    return {
      package: content.name,
      message: `"${range}" is not a version range.`,
      hint: 'Write it like ">=1.0.0 <1.2.0" or "1.2.x"; spaces mean and, " || " means or.',
    };
  const entries = [...content.channels].flatMap(([name, names]) =>
    channel === null || channel === name ? names : [],
  );
  const versions = entries.flatMap((name) => content.versions.get(name) ?? []);
  const sorted = versions.toSorted((a, b) => compareVersions(a.version, b.version));
  const lowest = sorted[0]?.text ?? 'no version';
  const highest = sorted.at(-1)?.text ?? lowest;
  return {
    package: content.name,
    message: `No version of ${place} is in "${range}".`,
    hint: `It has ${lowest === highest ? lowest : `${lowest} to ${highest}`}.`,
  };
}

function missBundle(
  bundle: string,
  channels: readonly string[],
  { name, channels: known }: Content,
): SelectionMiss {
  const places = channels.length === 0 ? [...known.keys()] : channels;
  const where = channels.length === 0 ? '' : ` in ${channels.join(', ')}`;
  return {
    package: name,
    message: `The package ${name} has no bundle ${bundle}${where}.`,
    hint: suggest(
      bundle,
      places.flatMap((place) => known.get(place) ?? []),
    ),
  };
}

/** The nearest name, or the first few that there are. */
export function suggest(name: string, known: readonly string[]): string {
  const nearest = findNearest(name, known);
  if (nearest !== null) return `Did you mean ${nearest}?`;
  if (known.length === 0) return 'There is none.';
  return `There are: ${known.slice(0, 10).join(', ')}${known.length > 10 ? ', …' : ''}.`;
}
