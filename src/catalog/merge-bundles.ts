import { compareVersions, tryParseVersion } from '../base/semver.ts';
import { compareBytes } from '../base/text.ts';
import { assertNever } from '../base/tool-error.ts';
import { type BundleVersion, formatBundleVersion, readBundleVersion } from './blob-fields.ts';
import { findMigration } from './bundle-migration.ts';
import { readCreatedAt } from './created-at.ts';
import { isUpToDate } from './delivery-age.ts';
import { describeRerelease } from './describe-rerelease.ts';
import { diffBundleImages } from './diff-bundles.ts';
import type { MergeNote, PackageMerge, Sides } from './merge-types.ts';
import { jsonEqual } from './raw-json.ts';
import { isSameContent, isSameSet } from './same-content.ts';
import type { Blob } from './types.ts';
import { joinByKey } from './unite-blobs.ts';

/** Bundles of both sides, by name; one name with two contents is decided by policy and reported. */
export function mergeBundles(merge: PackageMerge): readonly Blob[] {
  const sides = { base: merge.sides.base.bundles, incoming: merge.sides.incoming.bundles };
  const current = merge.winner === 'incoming' || isUpToDate(merge.sides);
  const joined = joinByKey(
    sides,
    (bundle) => bundle.name,
    ({ base: [old], incoming: [fresh] }) =>
      old === undefined || fresh === undefined
        ? []
        : [joinBundles({ base: old, incoming: fresh }, merge, current)],
  );
  return joined.toSorted((a, b) => compareBytes(a.name, b.name));
}

function joinBundles(both: Sides<Blob>, merge: PackageMerge, current: boolean): Blob {
  const { base, incoming } = both;
  if (isSameContent(base, incoming)) return base;
  if (!isSameRelease(both)) return decide(both, merge);
  if (merge.winner === 'incoming') return incoming;
  // That upstream moved to the metadata is no conflict, and the only news that such a delivery has.
  return current && findMigration(base, incoming) === 'olm.csv.metadata' ? incoming : base;
}

// Other metadata of the same images is no other release.
function isSameRelease({ base, incoming }: Sides<Blob>): boolean {
  return (
    jsonEqual(base.value['image'], incoming.value['image']) &&
    isSameSet(base.value['relatedImages'], incoming.value['relatedImages']) &&
    jsonEqual({ ...readBundleVersion(base) }, { ...readBundleVersion(incoming) })
  );
}

function decide(both: Sides<Blob>, merge: PackageMerge): Blob {
  if (merge.winner === 'base') return keep(both, merge, 'the delivery is older');
  switch (merge.options.duplicateBundle) {
    case 'keep':
      return keep(both, merge, 'the policy says keep');
    case 'block':
      return block(both, merge, 'the policy says block');
    case 'newer': {
      const order = compareReleases(both.incoming, both.base);
      if (order === 0)
        return block(both, merge, 'neither version, release nor createdAt says which is newer');
      return order < 0 ? keep(both, merge, 'it is the newer one') : take(both, merge);
    }
    default:
      return assertNever(merge.options.duplicateBundle);
  }
}

function keep(both: Sides<Blob>, merge: PackageMerge, why: string): Blob {
  const { package: pkg, name: bundle } = both.base;
  const { what, details } = describeRelease(both);
  const message = `The bundle "${bundle}" was delivered with other content (${what}); that of the catalog stays, because ${why}.`;
  merge.notes.push({
    kind: 'bundle-kept',
    package: pkg,
    channel: null,
    bundle,
    message,
    ...details,
  });
  return both.base;
}

function take(both: Sides<Blob>, merge: PackageMerge): Blob {
  const { package: pkg, name: bundle } = both.base;
  const { what, details } = describeRelease(both);
  const message = `The bundle "${bundle}" was released again (${what}): the content of the delivery is newer and was taken.`;
  merge.notes.push({
    kind: 'bundle-taken',
    package: pkg,
    channel: null,
    bundle,
    message,
    ...details,
  });
  return both.incoming;
}

function block(both: Sides<Blob>, merge: PackageMerge, why: string): Blob {
  const { package: pkg, name: bundle } = both.base;
  const { what, details } = describeRelease(both);
  merge.gaps.push({
    kind: 'duplicate-bundle',
    package: pkg,
    channel: null,
    message: `The bundle "${bundle}" was delivered with other content than the catalog has (${what}), and ${why}.`,
    hint: 'Set policy.duplicateBundle to newer or keep, or take the bundle out of the delivery.',
    bundles: [bundle],
    bridges: [],
    ...details,
  });
  return both.base;
}

interface ReleaseWords {
  /** From the catalog's content to that of the delivery. */
  readonly what: string;
  readonly details: Pick<MergeNote, 'rerelease'>;
}

function describeRelease({ base, incoming }: Sides<Blob>): ReleaseWords {
  const rerelease = diffBundleImages(base, incoming);
  const [old, fresh] = [base, incoming].map((side) => formatBundleVersion(readBundleVersion(side)));
  const version = old === fresh ? [] : [`version ${old || 'none'} → ${fresh || 'none'}`];
  const images = rerelease === null ? [] : [describeRerelease(rerelease)];
  const parts = [...version, ...images];
  return {
    what: parts.length === 0 ? 'related images under other names' : parts.join(', '),
    details: rerelease === null ? {} : { rerelease },
  };
}

/** Which of two contents of one bundle is newer, above zero for `a`: version, build, release, then the CSV's `createdAt`. */
function compareReleases(a: Blob, b: Blob): number {
  return (
    compareBundleVersions(readBundleVersion(a), readBundleVersion(b)) || compareCreatedAt(a, b)
  );
}

function compareBundleVersions(a: BundleVersion, b: BundleVersion): number {
  const first = tryParseVersion(a.version);
  const second = tryParseVersion(b.version);
  if (first === null || second === null) return 0;
  return (
    compareVersions(first, second) ||
    compareIdentifiers(first.build.join('.'), second.build.join('.')) ||
    compareIdentifiers(a.release, b.release)
  );
}

// Build metadata and releases are ordered like prereleases, save that having one is more than none.
function compareIdentifiers(a: string, b: string): number {
  if (a === '' || b === '') return a.length - b.length;
  const first = tryParseVersion(`0.0.0-${a}`);
  const second = tryParseVersion(`0.0.0-${b}`);
  return first === null || second === null ? compareBytes(a, b) : compareVersions(first, second);
}

// A time that only one of them has says nothing about the other.
function compareCreatedAt(a: Blob, b: Blob): number {
  const [first, second] = [readCreatedAt(a), readCreatedAt(b)];
  return first === null || second === null ? 0 : first - second;
}
