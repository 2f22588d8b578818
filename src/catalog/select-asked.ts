import { compareVersions, formatVersion, tryParseVersion, type Version } from '../base/semver.ts';
import {
  type ChannelEntry,
  readDeprecation,
  readEntries,
  readVersions,
  textField,
} from './blob-fields.ts';
import { joinCatalog } from './build-catalog.ts';
import { buildChannelGraph, findGraphFaults, findHead } from './channel-graph.ts';
import { filterEntries } from './edit-blob.ts';
import type { Blob, Catalog, CatalogPackage } from './types.ts';
import { findReferenceFault } from './validate-deprecations.ts';

/** A channel as an ImageSetConfiguration names it; without a range its head alone. */
export interface AskedChannel {
  readonly name: string;
  readonly minVersion: string | null;
  readonly maxVersion: string | null;
}

export interface AskedPackage {
  readonly name: string;
  readonly channels: readonly AskedChannel[];
}

/**
 * What oc-mirror v2 makes of a catalog for these packages (spec "oc-mirror" §4): of each channel its head, or
 * with a range the part of the `replaces` chain that holds every version in it, with the versions in it
 * that this part skips. Edges stay as they are.
 */
export function selectAsked(catalog: Catalog, asked: readonly AskedPackage[]): Catalog {
  const packages = asked.flatMap(({ name, channels }) => {
    const pkg = catalog.packages.get(name);
    return pkg === undefined ? [] : [selectPackage(pkg, channels)];
  });
  return joinCatalog(packages, []);
}

/** Whether oc-mirror can find a head in the channel. */
export function isAskable(channel: Blob): boolean {
  return findGraphFaults(buildChannelGraph(readEntries(channel))).length === 0;
}

/**
 * Ranges for a channel from its head down, each a version deeper than the one before: first the head alone, last the
 * whole chain. Pre-releases only fit a bound that has one itself, so bounds get `-0` where the channel has some.
 */
export function listDepths(channel: Blob, pkg: CatalogPackage): readonly AskedChannel[] {
  const { name } = channel;
  const versions = readVersions(pkg);
  const head = findHead(buildChannelGraph(readEntries(channel)));
  const top = head === null ? undefined : versions.get(head);
  const alone = { name, minVersion: null, maxVersion: null };
  if (top === undefined) return [alone];
  const known = readEntries(channel).flatMap((entry) => versions.get(entry.name) ?? []);
  const anyPrerelease = known.some(({ prerelease }) => prerelease.length > 0);
  const maxVersion = anyPrerelease && top.prerelease.length === 0 ? null : formatBound(top, false);
  const below = known
    .filter((version) => compareVersions(version, top) < 0)
    .toSorted((a, b) => compareVersions(b, a))
    .map((version) => formatBound(version, anyPrerelease));
  return [alone, ...[...new Set(below)].map((minVersion) => ({ name, minVersion, maxVersion }))];
}

function formatBound(version: Version, anyPrerelease: boolean): string {
  const prerelease = anyPrerelease && version.prerelease.length === 0 ? ['0'] : version.prerelease;
  return formatVersion({ ...version, prerelease, build: [] });
}

function selectPackage(pkg: CatalogPackage, asked: readonly AskedChannel[]): CatalogPackage {
  const versions = readVersions(pkg);
  const channels = pkg.channels.flatMap((channel) => {
    const wish = asked.find(({ name }) => name === channel.name);
    if (wish === undefined) return [];
    const kept = keepEntries(channel, wish, versions);
    return [filterEntries(channel, (entry) => kept.has(textField(entry, 'name')))];
  });
  const names = new Set(
    channels.flatMap((channel) => readEntries(channel).map(({ name }) => name)),
  );
  const selected = { ...pkg, channels, bundles: pkg.bundles.filter(({ name }) => names.has(name)) };
  const deprecations = pkg.deprecations.map((blob) =>
    filterEntries(blob, (entry) => findReferenceFault(readDeprecation(entry), selected) === null),
  );
  return { ...selected, deprecations };
}

function keepEntries(
  channel: Blob,
  asked: AskedChannel,
  versions: ReadonlyMap<string, Version>,
): ReadonlySet<string> {
  const graph = buildChannelGraph(readEntries(channel));
  const head = findHead(graph);
  if (head === null) return new Set();
  if (asked.minVersion === null && asked.maxVersion === null) return new Set([head]);
  const bounds = readBounds(asked);
  function isIn(name: string): boolean {
    const version = versions.get(name);
    return version !== undefined && graph.entries.has(name) && fits(version, bounds);
  }
  const chain = listChain(graph.entries, head);
  const held = chain.map((entry) => [entry.name, ...entry.skips].filter(isIn));
  const reach = chain.map((_, place) => new Set(held.slice(place).flat()).size);
  // The lowest entry that still holds all of them becomes the head; below the last that holds one, nothing stays.
  const top = reach.lastIndexOf(reach[0] ?? 0);
  const end = reach.findIndex((count) => count === 0);
  const part = chain.slice(top, end < 0 ? undefined : end);
  return new Set([
    ...part.map(({ name }) => name),
    ...held.slice(top, end < 0 ? undefined : end).flat(),
  ]);
}

function listChain(
  entries: ReadonlyMap<string, ChannelEntry>,
  head: string,
): readonly ChannelEntry[] {
  const chain = new Map<string, ChannelEntry>();
  for (let at = entries.get(head); at !== undefined && !chain.has(at.name); ) {
    chain.set(at.name, at);
    at = entries.get(at.replaces);
  }
  return [...chain.values()];
}

interface Bounds {
  readonly min: Version | null;
  readonly max: Version | null;
}

function readBounds({ minVersion, maxVersion }: AskedChannel): Bounds {
  return { min: readBound(minVersion), max: readBound(maxVersion) };
}

function readBound(text: string | null): Version | null {
  return text === null ? null : tryParseVersion(text);
}

// As Masterminds/semver: a pre-release only fits a bound that is one itself.
function fits(version: Version, { min, max }: Bounds): boolean {
  if (min !== null && (isHidden(version, min) || compareVersions(version, min) < 0)) return false;
  return max === null || (!isHidden(version, max) && compareVersions(version, max) <= 0);
}

function isHidden(version: Version, bound: Version): boolean {
  return version.prerelease.length > 0 && bound.prerelease.length === 0;
}
