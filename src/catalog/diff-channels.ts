import { compareBytes } from '../base/text.ts';
import {
  type ChannelEntry,
  formatBundleVersion,
  readBundleVersion,
  readEntries,
} from './blob-fields.ts';
import { buildChannelGraph, findHead } from './channel-graph.ts';
import { comparePaths } from './compare-paths.ts';
import type { Installed } from './olm-walk.ts';
import { isSameContent } from './same-content.ts';
import type { Blob, CatalogPackage } from './types.ts';

export type ChangeKind = 'added' | 'removed' | 'changed';

/** Head of a channel: the bundle's name and its version, empty where the bundle is not there. */
export interface ChannelHead {
  readonly name: string;
  readonly version: string;
}

/** What an entry says about the upgrades that lead to it; skips in byte order. */
export type Edges = Pick<ChannelEntry, 'replaces' | 'skips' | 'skipRange'>;

export interface EdgeChange {
  readonly entry: string;
  readonly before: Edges;
  readonly after: Edges;
}

export interface ChannelDiff {
  readonly channel: string;
  readonly kind: ChangeKind;
  /** Null where the channel is not there or has no single head. */
  readonly oldHead: ChannelHead | null;
  readonly newHead: ChannelHead | null;
  readonly entriesAdded: readonly string[];
  readonly entriesRemoved: readonly string[];
  /** Entries of both sides whose edges differ, in byte order. */
  readonly edgesChanged: readonly EdgeChange[];
  /**
   * Bundles from which OLM got to the head before and does not now, in byte order; names that are no
   * entries count too, since a cluster may run them. Empty for a channel that is added, removed or
   * without a single head.
   */
  readonly pathsBroken: readonly string[];
  /** The reverse, of bundles that the package or the channel knew before: of a new one it says nothing. */
  readonly pathsOpened: readonly string[];
}

export function kindOf(before: unknown, after: unknown): ChangeKind {
  if (before === undefined) return 'added';
  return after === undefined ? 'removed' : 'changed';
}

/** The channels of a package that differ, in byte order. */
export function diffChannels(old: CatalogPackage, fresh: CatalogPackage): readonly ChannelDiff[] {
  const before = new Map(old.channels.map((channel) => [channel.name, channel]));
  const after = new Map(fresh.channels.map((channel) => [channel.name, channel]));
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted(compareBytes);
  return names.flatMap((name) => {
    const [from, to] = [before.get(name), after.get(name)];
    if (from !== undefined && to !== undefined && isSameContent(from, to)) return [];
    return [
      {
        channel: name,
        kind: kindOf(from, to),
        oldHead: from === undefined ? null : readHead(old, from),
        newHead: to === undefined ? null : readHead(fresh, to),
        ...diffEntries(from, to),
        ...diffPaths({ pkg: old, channel: from }, { pkg: fresh, channel: to }),
      },
    ];
  });
}

/** The single head of a channel with its version, or null. */
export function readHead(pkg: CatalogPackage, channel: Blob): ChannelHead | null {
  const name = findHead(buildChannelGraph(readEntries(channel)));
  return name === null ? null : describeHead(pkg, name);
}

export function describeHead(pkg: CatalogPackage, name: string): ChannelHead {
  const bundle = pkg.bundles.find((candidate) => candidate.name === name);
  return {
    name,
    version: bundle === undefined ? '' : formatBundleVersion(readBundleVersion(bundle)),
  };
}

function diffEntries(
  from: Blob | undefined,
  to: Blob | undefined,
): Pick<ChannelDiff, 'entriesAdded' | 'entriesRemoved' | 'edgesChanged'> {
  const before = mapEntries(from);
  const after = mapEntries(to);
  const changes = [...after].flatMap(([name, entry]) => {
    const same = before.get(name);
    if (same === undefined || isSameEdges(same, entry)) return [];
    return [{ entry: name, before: edgesOf(same), after: edgesOf(entry) }];
  });
  return {
    entriesAdded: [...after.keys()].filter((name) => !before.has(name)),
    entriesRemoved: [...before.keys()].filter((name) => !after.has(name)),
    edgesChanged: changes.toSorted((a, b) => compareBytes(a.entry, b.entry)),
  };
}

function mapEntries(channel: Blob | undefined): ReadonlyMap<string, ChannelEntry> {
  const entries = channel === undefined ? [] : readEntries(channel);
  return new Map(entries.map((entry) => [entry.name, entry]));
}

function edgesOf({ replaces, skips, skipRange }: ChannelEntry): Edges {
  return { replaces, skips: [...new Set(skips)].toSorted(compareBytes), skipRange };
}

function isSameEdges(a: ChannelEntry, b: ChannelEntry): boolean {
  return JSON.stringify(edgesOf(a)) === JSON.stringify(edgesOf(b));
}

function diffPaths(
  before: { readonly pkg: CatalogPackage; readonly channel: Blob | undefined },
  after: { readonly pkg: CatalogPackage; readonly channel: Blob | undefined },
): Pick<ChannelDiff, 'pathsBroken' | 'pathsOpened'> {
  if (before.channel === undefined || after.channel === undefined)
    return { pathsBroken: [], pathsOpened: [] };
  const { broken, opened } = comparePaths(
    { pkg: before.pkg, channel: before.channel },
    { pkg: after.pkg, channel: after.channel },
  );
  return { pathsBroken: listSorted(broken), pathsOpened: listSorted(opened) };
}

function listSorted(list: readonly Installed[]): readonly string[] {
  return list.map(({ name }) => name).toSorted(compareBytes);
}
