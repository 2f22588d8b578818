import { Buffer } from 'node:buffer';
import { compareVersions, tryParseVersion } from '../base/semver.ts';
import { compareBytes } from '../base/text.ts';
import { assertNever } from '../base/tool-error.ts';
import {
  type BundleVersion,
  foldedField,
  readBundleVersion,
  readProperties,
  textField,
} from './blob-fields.ts';
import type { PackageMerge, Sides } from './merge-types.ts';
import { isJsonObject, jsonEqual, parseJson } from './raw-json.ts';
import { isSameContent, isSameSet } from './same-content.ts';
import type { Blob, JsonValue } from './types.ts';
import { joinByKey } from './unite-blobs.ts';

/** Bundles of both sides, by name; one name with two contents is decided by policy and reported. */
export function mergeBundles(merge: PackageMerge): readonly Blob[] {
  const sides = { base: merge.sides.base.bundles, incoming: merge.sides.incoming.bundles };
  const joined = joinByKey(
    sides,
    (bundle) => bundle.name,
    (both) => joinBundles(both, merge),
  );
  return joined.toSorted((a, b) => compareBytes(a.name, b.name));
}

function joinBundles(
  { base, incoming }: Sides<readonly Blob[]>,
  merge: PackageMerge,
): readonly Blob[] {
  const [old] = base;
  const [fresh] = incoming;
  if (old === undefined || fresh === undefined) return [];
  if (isSameContent(old, fresh)) return [old];
  const both = { base: old, incoming: fresh };
  return [isSameRelease(both) ? both[merge.winner] : decide(both, merge)];
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
  const { base, incoming } = both;
  if (merge.winner === 'base') return keep(base, merge, 'the delivery is older');
  switch (merge.options.duplicateBundle) {
    case 'keep':
      return keep(base, merge, 'the policy says keep');
    case 'block':
      return block(base, merge, 'the policy says block');
    case 'newer': {
      const order = compareReleases(incoming, base);
      if (order === 0)
        return block(base, merge, 'neither version, release nor createdAt says which is newer');
      return order < 0 ? keep(base, merge, 'it is the newer one') : take(incoming, merge);
    }
    default:
      return assertNever(merge.options.duplicateBundle);
  }
}

function keep(base: Blob, merge: PackageMerge, why: string): Blob {
  const message = `The bundle "${base.name}" was delivered with other content; that of the catalog stays, because ${why}.`;
  merge.notes.push({
    kind: 'bundle-kept',
    package: base.package,
    channel: null,
    bundle: base.name,
    message,
  });
  return base;
}

function take(incoming: Blob, merge: PackageMerge): Blob {
  const message = `The bundle "${incoming.name}" was released again: the content of the delivery is newer and was taken.`;
  merge.notes.push({
    kind: 'bundle-taken',
    package: incoming.package,
    channel: null,
    bundle: incoming.name,
    message,
  });
  return incoming;
}

function block(base: Blob, merge: PackageMerge, why: string): Blob {
  merge.gaps.push({
    kind: 'duplicate-bundle',
    package: base.package,
    channel: null,
    message: `The bundle "${base.name}" was delivered with other images than the catalog has, and ${why}.`,
    hint: 'Set policy.duplicateBundle to newer or keep, or take the bundle out of the delivery.',
    bundles: [base.name],
    bridges: [],
  });
  return base;
}

/** Which of two contents of one bundle is newer, above zero for `a`: version, build, release, then the CSV's `createdAt`. */
function compareReleases(a: Blob, b: Blob): number {
  return (
    compareBundleVersions(readBundleVersion(a), readBundleVersion(b)) ||
    readCreatedAt(a) - readCreatedAt(b)
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

/** Milliseconds of the CSV's `createdAt`; 0 where there is none that can be read. */
function readCreatedAt(bundle: Blob): number {
  for (const { type, value } of readProperties(bundle)) {
    if (value === undefined || (type !== 'olm.csv.metadata' && type !== 'olm.bundle.object'))
      continue;
    const time = parseTime(textField(readAnnotations(type, value), 'createdAt'));
    if (time !== 0) return time;
  }
  return 0;
}

function readAnnotations(type: string, value: JsonValue): JsonValue | undefined {
  if (!isJsonObject(value)) return undefined;
  if (type === 'olm.csv.metadata') return foldedField(value, 'annotations');
  const manifest = decodeManifest(textField(value, 'data'));
  const metadata =
    textField(manifest, 'kind') === 'ClusterServiceVersion' && isJsonObject(manifest)
      ? manifest['metadata']
      : undefined;
  return isJsonObject(metadata) ? metadata['annotations'] : undefined;
}

function decodeManifest(data: string): JsonValue | undefined {
  try {
    return parseJson(Buffer.from(data, 'base64').toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const TIME =
  /^(\d{4}[-/]\d\d[-/]\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?\s*(Z|[+-]\d\d:?\d\d)?$/;

// Without a zone a time is UTC, so that the machine's zone does not count.
function parseTime(text: string): number {
  const match = TIME.exec(text.trim());
  if (match === null) return 0;
  const [, date = '', clock = '00:00', zone = 'Z'] = match;
  const time = Date.parse(`${date.replaceAll('/', '-')}T${clock}${zone}`);
  return Number.isNaN(time) ? 0 : time;
}
