import { compareVersions, type Version } from '../base/semver.ts';
import {
  type ChannelEntry,
  readDefaultChannel,
  readDeprecations,
  readEntries,
  readVersions,
} from './blob-fields.ts';
import { buildChannelGraph } from './channel-graph.ts';
import type { ExtensionRange } from './extension-range.ts';
import { inferVersions, readVersionInName } from './installable.ts';
import { buildOlmWalk, type Installed, listOffers, readRange } from './olm-walk.ts';
import type { CatalogPackage } from './types.ts';
import { isInRange } from './version-range.ts';

/** Where upgrades of something installed end in one catalog. */
export interface UpgradeEnd {
  /** The last bundle; what is installed where no path leads further. */
  readonly to: string;
  /** That is the head, or what is installed is newer than the head. */
  readonly arrives: boolean;
}

/** Where a Subscription ends that follows a channel; the default channel for null. `pkg` is left out where the catalog has none. */
export function findSubscriptionEnd(
  installed: Installed,
  { pkg, channel }: { readonly pkg: CatalogPackage | undefined; readonly channel: string | null },
): UpgradeEnd {
  const name = pkg === undefined ? null : (channel ?? readDefaultChannel(pkg));
  const blob = pkg?.channels.find((candidate) => candidate.name === name);
  if (pkg === undefined || blob === undefined) return { to: installed.name, arrives: false };
  const graph = buildChannelGraph(readEntries(blob));
  const versions = inferVersions(graph, readVersions(pkg));
  const { offered } = buildOlmWalk(graph, versions);
  const [head] = offered;
  if (head === undefined) return { to: installed.name, arrives: false };
  const end = walk(installed, (current) => {
    const [next] = current.name === head.name ? [] : listOffers(offered, current);
    return next === undefined ? null : { name: next.to, version: versions.get(next.to) ?? null };
  });
  const arrives = end.name === head.name || isNewer(installed.version, versions.get(head.name));
  return { to: end.name, arrives };
}

export interface ExtensionContext {
  /** Left out where the catalog has none. */
  readonly pkg: CatalogPackage | undefined;
  /** None for every channel. */
  readonly channels: readonly string[];
  /** Null for every version. */
  readonly range: ExtensionRange | null;
}

/**
 * Where a ClusterExtension ends: OLM v1 goes from what is installed to the highest version that an edge of one of
 * its channels leads to and its range takes, deprecated ones last; then the same again from there.
 */
export function findExtensionEnd(installed: Installed, context: ExtensionContext): UpgradeEnd {
  const { pkg } = context;
  const candidates = pkg === undefined ? [] : listCandidates(pkg, context);
  const end = walk(installed, (current) => findSuccessor(current, candidates));
  const arrives =
    candidates.length > 0 && !candidates.some(({ version }) => isNewer(version, end.version));
  return { to: end.name, arrives };
}

interface Candidate {
  readonly entry: ChannelEntry;
  readonly version: Version;
  readonly deprecated: boolean;
}

function listCandidates(pkg: CatalogPackage, context: ExtensionContext): readonly Candidate[] {
  const { channels, range } = context;
  const versions = readVersions(pkg);
  const deprecated = new Set(
    pkg.deprecations
      .flatMap(readDeprecations)
      .flatMap(({ schema, name }) => (schema === 'olm.bundle' ? [name] : [])),
  );
  return pkg.channels
    .filter(({ name }) => channels.length === 0 || channels.includes(name))
    .flatMap(readEntries)
    .flatMap((entry) => {
      const version = versions.get(entry.name);
      if (version === undefined || (range !== null && !range(version))) return [];
      return [{ entry, version, deprecated: deprecated.has(entry.name) }];
    });
}

function findSuccessor(current: Installed, candidates: readonly Candidate[]): Installed | null {
  const [best] = candidates
    .filter(({ entry, version }) => leadsFrom(current, entry) && isNewer(version, current.version))
    .toSorted(
      (a, b) =>
        Number(a.deprecated) - Number(b.deprecated) || compareVersions(b.version, a.version),
    );
  return best === undefined ? null : { name: best.entry.name, version: best.version };
}

function leadsFrom({ name, version }: Installed, entry: ChannelEntry): boolean {
  if (entry.replaces === name || entry.skips.includes(name)) return true;
  const range = readRange(entry.skipRange);
  return range !== null && version !== null && isInRange(version, range);
}

/** Follows hops to the last one; a circle ends where it began. */
function walk(start: Installed, findNext: (current: Installed) => Installed | null): Installed {
  const seen = new Set<string>();
  let current = start;
  while (!seen.has(current.name)) {
    seen.add(current.name);
    const next = findNext(current);
    if (next === null || seen.has(next.name)) break;
    current = next;
  }
  return current;
}

function isNewer(version: Version | null, other: Version | null | undefined): boolean {
  return (
    version !== null && other !== null && other !== undefined && compareVersions(version, other) > 0
  );
}

/** What is installed, with its version as a package that has the bundle says, or else the bundle's name. */
export function nameInstalled(
  name: string,
  packages: readonly (CatalogPackage | undefined)[],
): Installed {
  const known = packages.map((pkg) => (pkg === undefined ? null : readVersions(pkg).get(name)));
  return { name, version: known.find((version) => version) ?? readVersionInName(name) };
}
