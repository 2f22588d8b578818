import { Buffer } from 'node:buffer';
import { oncePer } from '../../base/once-per.ts';
import type { Problem } from '../../base/problem.ts';
import { blobProblem } from '../blob-problem.ts';
import { lintCustom, lintMetadata, lintName } from '../lint-catalog.ts';
import type { Blob, Catalog, CatalogPackage } from '../types.ts';
import { validatePackage } from '../validate-catalog.ts';
import { type CacheEntry, listCacheEntries } from './render-bundles.ts';

/**
 * Lists everything for which opm would not build its json cache of a catalog: what `opm validate`
 * refuses, and what only serving does (spec "file-based catalogs" §2.E), which is an error here. Two
 * entries that would share a file are one too, though opm lets the last of them win.
 */
export function validateServable(catalog: Catalog): readonly Problem[] {
  return [
    ...[...catalog.packages.values()].flatMap(validateServablePackage),
    ...catalog.loose.flatMap(validateCustom),
  ];
}

/** As `validateServable`, for one package, which is looked at once. */
const validateServablePackage: (pkg: CatalogPackage) => readonly Problem[] = oncePer((pkg) => [
  ...validatePackage(pkg),
  ...[...pkg.channels, ...pkg.bundles].flatMap(lintName).map(asError),
  ...pkg.bundles.flatMap(lintMetadata).map(asError),
  ...validateFileNames(listCacheEntries(pkg)),
  ...pkg.others.flatMap(validateCustom),
]);

function asError(problem: Problem): Problem {
  return { ...problem, severity: 'error' };
}

/** Longest name that a file may have on Linux, in bytes. */
const LONGEST_NAME = 255;

function validateFileNames(entries: readonly CacheEntry[]): readonly Problem[] {
  return entries.flatMap((entry, index) => {
    const before = entries[index - 1];
    const fault = findNameFault(entry.path) ?? findClash(entry, before);
    return fault === null ? [] : [entryProblem(entry, fault)];
  });
}

function findNameFault(path: string): string | null {
  if (path.includes('\0')) return 'opm serve cannot name a file after it, since it has a NUL byte';
  const length = Buffer.byteLength(path);
  return length <= LONGEST_NAME
    ? null
    : `opm serve would keep it in a file with a name of ${length} bytes, and ${LONGEST_NAME} are possible`;
}

function findClash(entry: CacheEntry, before: CacheEntry | undefined): string | null {
  if (before?.path !== entry.path) return null;
  const other = `the bundle "${before.entry.name}" in the channel "${before.channel.name}"`;
  // The same entry twice in one channel is told of by the channel's own rules.
  return before.channel === entry.channel
    ? null
    : `opm serve would keep it in the same file as ${other}, ${entry.path}`;
}

function entryProblem({ channel, entry }: CacheEntry, fault: string): Problem {
  return blobProblem(
    channel,
    `The bundle "${entry.name}" in the channel "${channel.name}" of the package "${channel.package}" cannot be served: ${fault}.`,
    {
      bundle: entry.name,
      hint: 'Leave one of the channels out, or build the index without a cache.',
    },
  );
}

function validateCustom(blob: Blob): readonly Problem[] {
  const long = [blob.schema, blob.package].filter((name) => Buffer.byteLength(name) > LONGEST_NAME);
  return [
    ...lintCustom(blob).map(asError),
    ...long.map((name) =>
      blobProblem(
        blob,
        `opm serve cannot name a folder after "${name}", which is longer than ${LONGEST_NAME} bytes.`,
      ),
    ),
  ];
}
