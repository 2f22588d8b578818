import type { Problem } from '../base/problem.ts';
import { type DeprecationEntry, readDeprecations } from './blob-fields.ts';
import { blobProblem } from './blob-problem.ts';
import type { Blob, CatalogPackage } from './types.ts';
import { formatChannels, listChannelsByEntry } from './validate-bundles.ts';

/** Faults of the deprecations of a package: one blob at most, and references to what exists. */
export function validateDeprecations(pkg: CatalogPackage): readonly Problem[] {
  const [, ...more] = pkg.deprecations;
  const repeated = more.map((blob) =>
    blobProblem(blob, `The package "${pkg.name}" has several olm.deprecations; it may have one.`),
  );
  return [...repeated, ...pkg.deprecations.flatMap((blob) => validateBlob(blob, pkg))];
}

function validateBlob(blob: Blob, pkg: CatalogPackage): readonly Problem[] {
  const seen = new Set<string>();
  const channels = listChannelsByEntry(pkg);
  return readDeprecations(blob).flatMap((entry, index) => {
    const key = `${entry.schema} ${entry.name}`;
    const faults = [
      ...findEntryFaults(entry, pkg),
      ...(seen.has(key) ? ['the same thing is deprecated above'] : []),
    ];
    seen.add(key);
    const place =
      entry.schema === 'olm.bundle' ? formatChannels(channels.get(entry.name) ?? []) : '';
    const subject = `Deprecation ${index} of the package "${pkg.name}", of ${entry.schema} "${entry.name}"${place}`;
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
      return pkg.channels.some((channel) => channel.name === entry.name)
        ? null
        : 'the package has no such channel';
    case 'olm.bundle':
      return pkg.bundles.some((bundle) => bundle.name === entry.name)
        ? null
        : 'the package has no such bundle';
    default:
      return 'only packages, channels and bundles can be deprecated';
  }
}
