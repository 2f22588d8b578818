import { tryParseVersion, type Version } from '../base/semver.ts';
import { readEntries, readVersions } from './blob-fields.ts';
import { buildChannelGraph, type ChannelGraph } from './channel-graph.ts';
import type { Installed } from './olm-walk.ts';
import type { Blob, CatalogPackage } from './types.ts';

/** Every name in a channel: its entries, and what they replace or skip, whether or not it is there. */
export function listNames(graph: ChannelGraph): ReadonlySet<string> {
  const replaced = [...graph.entries.values()].map((entry) => entry.replaces);
  const names = new Set([...graph.entries.keys(), ...graph.skipped, ...replaced]);
  names.delete('');
  return names;
}

/** A name without a bundle counts as the version it ends in: it may still run on a cluster. */
export function inferVersions(
  graph: ChannelGraph,
  versions: ReadonlyMap<string, Version>,
): ReadonlyMap<string, Version> {
  const inferred = new Map(versions);
  for (const name of listNames(graph)) {
    const version = inferred.get(name) ?? readVersionInName(name);
    if (version !== null) inferred.set(name, version);
  }
  return inferred;
}

/** The version in a name such as `etcd.v1.2.3`, as operators are named by custom; null for none. */
export function readVersionInName(name: string): Version | null {
  const match = /\.v?(\d+\.\d+\.\d+.*)$/s.exec(name);
  return match?.[1] === undefined ? null : tryParseVersion(match[1]);
}

/**
 * What a cluster that follows the channel could have installed: every name in it, and every bundle
 * of the package, since a Subscription may have come from another channel.
 */
export function listInstallable(pkg: CatalogPackage, channel: Blob): readonly Installed[] {
  const graph = buildChannelGraph(readEntries(channel));
  const versions = inferVersions(graph, readVersions(pkg));
  const names = new Set([...listNames(graph), ...pkg.bundles.map((bundle) => bundle.name)]);
  return [...names].map((name) => ({ name, version: versions.get(name) ?? null }));
}
