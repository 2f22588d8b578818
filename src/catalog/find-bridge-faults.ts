import { findNearest } from '../base/text.ts';
import { readEntries } from './blob-fields.ts';
import { isSoundRange } from './bridge-channel.ts';
import { buildChannelGraph } from './channel-graph.ts';
import { listNames } from './installable.ts';
import { findChannel } from './merge-channels.ts';
import type { DeclaredBridge } from './merge-types.ts';
import type { CatalogPackage } from './types.ts';

/** Why a declared bridge cannot be what its author meant, and which field of it says so. */
export interface BridgeFault {
  readonly field: 'package' | 'channel' | 'bundle' | 'replaces' | 'skips' | 'skipRange';
  /** `nowhere`: there is no entry that could get the edge. `unreadable`: no range. `unknown`: names what nothing in the package names. */
  readonly kind: 'nowhere' | 'unreadable' | 'unknown';
  readonly message: string;
  readonly hint: string;
}

/**
 * Compares a declared bridge with the packages of a catalog. What it replaces or skips must be named
 * in one of `naming`, by default the package itself.
 */
export function findBridgeFaults(
  bridge: DeclaredBridge,
  packages: ReadonlyMap<string, CatalogPackage>,
  naming?: readonly CatalogPackage[],
): readonly BridgeFault[] {
  const pkg = packages.get(bridge.package);
  const placed = pkg === undefined ? null : placeBridge(bridge, pkg);
  return [
    ...(isSoundRange(bridge.skipRange) ? [] : [describeRange(bridge)]),
    ...(pkg === undefined ? [describePackage(bridge, [...packages.keys()])] : []),
    ...(placed === null ? [] : [placed]),
    ...(pkg === undefined ? [] : listUnknown(bridge, naming ?? [pkg])),
  ];
}

function describeRange({ skipRange }: DeclaredBridge): BridgeFault {
  return {
    field: 'skipRange',
    kind: 'unreadable',
    message: `"${skipRange}" is not a version range.`,
    hint: 'Write it like ">=1.0.0 <1.2.0"; spaces mean and, " || " means or.',
  };
}

function describePackage(bridge: DeclaredBridge, known: readonly string[]): BridgeFault {
  return {
    field: 'package',
    kind: 'nowhere',
    message: `The catalog has no package "${bridge.package}".`,
    hint: suggest(bridge.package, known),
  };
}

function placeBridge(bridge: DeclaredBridge, pkg: CatalogPackage): BridgeFault | null {
  const channel = findChannel(pkg, bridge.channel);
  if (channel === undefined)
    return {
      field: 'channel',
      kind: 'nowhere',
      message: `The package "${pkg.name}" has no channel "${bridge.channel}".`,
      hint: suggest(
        bridge.channel,
        pkg.channels.map(({ name }) => name),
      ),
    };
  const entries = readEntries(channel).map(({ name }) => name);
  if (entries.includes(bridge.bundle)) return null;
  return {
    field: 'bundle',
    kind: 'nowhere',
    message: `The channel "${channel.name}" of the package "${pkg.name}" has no entry "${bridge.bundle}".`,
    hint: suggest(bridge.bundle, entries),
  };
}

function listUnknown(
  bridge: DeclaredBridge,
  naming: readonly CatalogPackage[],
): readonly BridgeFault[] {
  const known = new Set(naming.flatMap(listKnown));
  const named = [
    ...(bridge.replaces === '' ? [] : [['replaces', bridge.replaces] as const]),
    ...bridge.skips.map((skip) => ['skips', skip] as const),
  ];
  return named
    .filter(([, name]) => !known.has(name))
    .map(([field, name]) => ({
      field,
      kind: 'unknown',
      message: `Nothing in the package "${bridge.package}" is named "${name}".`,
      hint: suggest(name, [...known]),
    }));
}

function listKnown(pkg: CatalogPackage): readonly string[] {
  return [
    ...pkg.bundles.map(({ name }) => name),
    ...pkg.channels.flatMap((channel) => [...listNames(buildChannelGraph(readEntries(channel)))]),
  ];
}

function suggest(name: string, known: readonly string[]): string {
  const nearest = findNearest(name, known);
  if (nearest !== null) return `Did you mean "${nearest}"?`;
  const few = known.slice(0, 8).join(', ');
  return known.length === 0
    ? 'There is none at all.'
    : `There are: ${few}${known.length > 8 ? ', …' : ''}.`;
}
