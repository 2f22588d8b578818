import { compareVersions, type Version } from '../base/semver.ts';
import { readVersions } from './blob-fields.ts';
import type { Sides } from './merge-types.ts';
import type { CatalogPackage } from './types.ts';

/**
 * Whether a delivery holds the highest version of a package that either side has. Merged once more,
 * for instance to accept its default channel, the newest delivery brings nothing new and counts as
 * older; this tells it from one that really is.
 */
export function isUpToDate({ base, incoming }: Sides<CatalogPackage>): boolean {
  const [ours, theirs] = [findHighest(base), findHighest(incoming)];
  return ours !== null && theirs !== null && compareVersions(theirs, ours) >= 0;
}

function findHighest(pkg: CatalogPackage): Version | null {
  const [highest] = [...readVersions(pkg).values()].toSorted((a, b) => compareVersions(b, a));
  return highest ?? null;
}
