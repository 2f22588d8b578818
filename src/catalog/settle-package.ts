import { compareVersions } from '../base/semver.ts';
import { compareBytes } from '../base/text.ts';
import {
  listField,
  readDefaultChannel,
  readDeprecation,
  readEntries,
  readVersions,
} from './blob-fields.ts';
import { buildChannelGraph, findHead } from './channel-graph.ts';
import { filterEntries, withField } from './edit-blob.ts';
import type { SelectionMiss } from './filter-types.ts';
import { suggest } from './select-content.ts';
import type { Blob, CatalogPackage } from './types.ts';
import { findReferenceFault } from './validate-deprecations.ts';

export interface SettledPackage {
  readonly pkg: CatalogPackage;
  readonly deprecationsDropped: number;
  /** A default channel was asked for that is not there. */
  readonly miss: SelectionMiss | null;
}

/**
 * The package with these channels and what belongs to them: bundles that no channel names go, and so
 * do deprecations of what is gone. A default channel that is gone gives way to the one with the
 * highest head; of several, to the last in byte order (`stable` rather than `alpha`). `wanted` is a
 * default channel that was asked for; null for none.
 */
export function settlePackage(
  before: CatalogPackage,
  channels: readonly Blob[],
  wanted: string | null,
): SettledPackage {
  const named = new Set(
    channels.flatMap((channel) => readEntries(channel).map(({ name }) => name)),
  );
  const gone = new Set(
    before.channels
      .flatMap((channel) => readEntries(channel).map(({ name }) => name))
      .filter((name) => !named.has(name)),
  );
  const bundles = before.bundles.filter((bundle) => !gone.has(bundle.name));
  const kept: CatalogPackage = { ...before, channels, bundles };
  const defaultChannel = pickDefaultChannel(kept, wanted);
  const deprecations = before.deprecations.map((blob) => dropReferences(blob, kept, before));
  return {
    pkg: {
      ...kept,
      packages: before.packages.map((blob) => setDefaultChannel(blob, kept, defaultChannel)),
      deprecations: deprecations.filter(
        (blob, i) => blob === before.deprecations[i] || countEntries([blob]) > 0,
      ),
    },
    deprecationsDropped: countEntries(before.deprecations) - countEntries(deprecations),
    miss: missDefault(kept, wanted),
  };
}

function pickDefaultChannel(pkg: CatalogPackage, wanted: string | null): string {
  const names = pkg.channels.map((channel) => channel.name);
  if (wanted !== null && names.includes(wanted)) return wanted;
  const before = readDefaultChannel(pkg);
  if (names.includes(before)) return before;
  const versions = readVersions(pkg);
  const heads = pkg.channels.map((channel) => ({
    name: channel.name,
    version: versions.get(findHead(buildChannelGraph(readEntries(channel))) ?? ''),
  }));
  const sorted = heads.toSorted((a, b) => {
    if (a.version === undefined || b.version === undefined)
      return Number(a.version !== undefined) - Number(b.version !== undefined);
    return compareVersions(a.version, b.version) || compareBytes(a.name, b.name);
  });
  return sorted.at(-1)?.name ?? before;
}

function setDefaultChannel(blob: Blob, pkg: CatalogPackage, name: string): Blob {
  return readDefaultChannel({ ...pkg, packages: [blob] }) === name
    ? blob
    : withField(blob, 'defaultChannel', name);
}

// A reference that was dangling before is a fault of the input: it is not ours to hide.
function dropReferences(blob: Blob, kept: CatalogPackage, before: CatalogPackage): Blob {
  return filterEntries(blob, (entry) => {
    const reference = readDeprecation(entry);
    return (
      findReferenceFault(reference, kept) === null || findReferenceFault(reference, before) !== null
    );
  });
}

function countEntries(deprecations: readonly Blob[]): number {
  return deprecations.reduce((sum, blob) => sum + listField(blob.value, 'entries').length, 0);
}

function missDefault(pkg: CatalogPackage, wanted: string | null): SelectionMiss | null {
  const names = pkg.channels.map((channel) => channel.name);
  if (wanted === null || names.includes(wanted)) return null;
  return {
    package: pkg.name,
    message: `The default channel ${wanted} is none of the kept channels of ${pkg.name}.`,
    hint: suggest(wanted, names),
  };
}
