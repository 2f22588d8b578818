import type { Problem } from '../base/problem.ts';
import { quote, shorten } from '../base/text.ts';
import { type DeprecationEntry, readDeprecations } from './blob-fields.ts';
import { blobProblem } from './blob-problem.ts';
import type { Blob, CatalogPackage } from './types.ts';
import { formatChannels, listChannelsByEntry } from './validate-bundles.ts';

/** Faults of the deprecations of a package: one blob at most, and references to what exists. */
export function validateDeprecations(pkg: CatalogPackage): readonly Problem[] {
  const [, ...more] = pkg.deprecations;
  const repeated = more.map((blob) =>
    blobProblem(
      blob,
      `The package ${quote(pkg.name)} has several olm.deprecations; it may have one.`,
    ),
  );
  const channels = listChannelsByEntry(pkg);
  return [...repeated, ...pkg.deprecations.flatMap((blob) => validateBlob(blob, pkg, channels))];
}

function validateBlob(
  blob: Blob,
  pkg: CatalogPackage,
  channels: ReturnType<typeof listChannelsByEntry>,
): readonly Problem[] {
  const seen = new Set<string>();
  return readDeprecations(blob).flatMap((entry, index) => {
    const key = `${entry.schema} ${entry.name}`;
    const faults = [
      ...findEntryFaults(entry, pkg),
      ...(seen.has(key) ? ['the same thing is deprecated above'] : []),
    ];
    seen.add(key);
    const place =
      entry.schema === 'olm.bundle' ? formatChannels(channels.get(entry.name) ?? []) : '';
    const subject = `Deprecation ${index} of the package ${quote(pkg.name)}, of ${shorten(entry.schema)} ${quote(entry.name)}${place}`;
    return faults.map((fault) => blobProblem(blob, `${subject}: ${fault}.`, detailsOf(entry)));
  });
}

function detailsOf(entry: DeprecationEntry): Pick<Problem, 'channel' | 'bundle'> {
  if (entry.schema === 'olm.channel') return { channel: entry.name };
  return entry.schema === 'olm.bundle' ? { bundle: entry.name } : {};
}

function findEntryFaults(entry: DeprecationEntry, pkg: CatalogPackage): readonly string[] {
  const reference = findReferenceFault(entry, pkg);
  return [
    ...(reference === null ? [] : [reference]),
    ...(entry.message === '' ? ['its message is empty'] : []),
  ];
}

// Only spares work: the names of a list that never changes.
const NAMES = new WeakMap<readonly Blob[], ReadonlySet<string>>();

function hasNamed(blobs: readonly Blob[], name: string): boolean {
  const known = NAMES.get(blobs) ?? new Set(blobs.map((blob) => blob.name));
  NAMES.set(blobs, known);
  return known.has(name);
}

/** Why a deprecation refers to nothing that the package has, or null. */
export function findReferenceFault(
  entry: Pick<DeprecationEntry, 'schema' | 'name'>,
  pkg: CatalogPackage,
): string | null {
  switch (entry.schema) {
    case '':
      return 'its reference has no schema';
    case 'olm.package':
      return entry.name === '' ? null : 'a reference to the package itself has no name';
    case 'olm.channel':
      return hasNamed(pkg.channels, entry.name) ? null : 'the package has no such channel';
    case 'olm.bundle':
      return hasNamed(pkg.bundles, entry.name) ? null : 'the package has no such bundle';
    default:
      return 'only packages, channels and bundles can be deprecated';
  }
}
