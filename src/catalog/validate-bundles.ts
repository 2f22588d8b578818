import type { Problem } from '../base/problem.ts';
import { tryParseVersion } from '../base/semver.ts';
import { compareBytes, joinNames, quote, shorten } from '../base/text.ts';
import {
  type BundleVersion,
  formatBundleVersion,
  readBundleFacts,
  readEntries,
} from './blob-fields.ts';
import { blobProblem, listRepeated } from './blob-problem.ts';
import { findPullSpecFault } from './pull-spec.ts';
import type { Blob, CatalogPackage } from './types.ts';

/** Faults of the bundles of a package: names, versions, images, place in a channel. */
export function validateBundles(pkg: CatalogPackage): readonly Problem[] {
  const repeated = listRepeated(pkg.bundles).map((blob) =>
    blobProblem(
      blob,
      `The bundle ${quote(blob.name)} stands in the package ${quote(pkg.name)} twice.`,
    ),
  );
  const channels = listChannelsByEntry(pkg);
  return [
    ...repeated,
    ...pkg.bundles.flatMap((bundle) => validateBundle(bundle, channels)),
    ...validateVersions(pkg, channels),
  ];
}

type ChannelsByEntry = ReadonlyMap<string, readonly string[]>;

/** The channels in which each entry stands, in byte order. */
export function listChannelsByEntry(pkg: CatalogPackage): ChannelsByEntry {
  const channels = new Map<string, string[]>();
  for (const channel of pkg.channels) {
    for (const { name } of readEntries(channel)) {
      const known = channels.get(name);
      if (known === undefined) channels.set(name, [channel.name]);
      else known.push(channel.name);
    }
  }
  return channels;
}

function validateBundle(bundle: Blob, channels: ChannelsByEntry): readonly Problem[] {
  const faults = [
    ...listPlaceFaults(bundle, channels),
    ...listVersionFaults(bundle),
    ...listImageFaults(bundle),
  ];
  const place = formatChannels(channels.get(bundle.name) ?? []);
  return faults.map((fault) =>
    blobProblem(
      bundle,
      `The bundle ${quote(bundle.name)} of the package ${quote(bundle.package)}${place} ${fault}.`,
    ),
  );
}

/** ` (channels a, b)`, or nothing for none. */
export function formatChannels(channels: readonly string[]): string {
  if (channels.length === 0) return '';
  return ` (${channels.length === 1 ? 'channel' : 'channels'} ${joinNames(channels)})`;
}

function* listPlaceFaults(
  bundle: Blob,
  entries: ChannelsByEntry,
): Generator<string, void, undefined> {
  if (bundle.name === '') yield 'has no name';
  if (!entries.has(bundle.name)) yield 'stands in no channel';
}

function* listVersionFaults(bundle: Blob): Generator<string, void, undefined> {
  const { version, versions } = readBundleFacts(bundle);
  if (versions !== 1) {
    yield `has ${versions} properties of type "olm.package"; it needs exactly one`;
    return;
  }
  if (version.packageName !== bundle.package)
    yield `has an olm.package property that says ${quote(version.packageName)}`;
  if (tryParseVersion(version.version) === null)
    yield `has a version ${quote(version.version)} that is not major.minor.patch[-prerelease][+build]`;
  if (version.release !== '') yield* listReleaseFaults(bundle, version);
}

function* listReleaseFaults(
  bundle: Blob,
  { version, release }: BundleVersion,
): Generator<string, void, undefined> {
  if (
    release.length > 20 ||
    release.includes('+') ||
    tryParseVersion(`1.0.0-${release}`) === null
  ) {
    yield `has a release ${quote(release)} that is not allowed: at most 20 characters, dot-separated like a prerelease`;
    return;
  }
  const expected = `${bundle.package}-v${version}-${release}`;
  if (bundle.name !== expected) yield `has a release, so its name must be ${quote(expected)}`;
  if (version.includes('+'))
    yield `has a release, so its version ${quote(version)} may not have build metadata`;
}

function* listImageFaults(bundle: Blob): Generator<string, void, undefined> {
  const { image, relatedImages, manifests } = readBundleFacts(bundle);
  for (const [index, reference] of [image, ...relatedImages].entries()) {
    const fault = reference === '' ? null : findPullSpecFault(reference);
    if (fault === null) continue;
    const field = index === 0 ? 'image' : `relatedImages[${index - 1}].image`;
    yield `names ${quote(reference)} as ${field}, which is no image reference: ${fault}`;
  }
  if (image === '' && manifests === 0) yield 'has no image';
}

function validateVersions(pkg: CatalogPackage, entries: ChannelsByEntry): readonly Problem[] {
  const byVersion = new Map<string, Map<string, Blob>>();
  for (const bundle of pkg.bundles) {
    const facts = readBundleFacts(bundle);
    if (facts.versions === 0 || !entries.has(bundle.name)) continue;
    const version = formatBundleVersion(facts.version);
    const holders = byVersion.get(version) ?? new Map<string, Blob>();
    byVersion.set(version, holders.set(bundle.name, bundle));
  }
  return [...byVersion].flatMap(([version, holders]) => {
    const [, second] = [...holders.values()].toSorted((a, b) => compareBytes(a.name, b.name));
    const names = joinNames([...holders.keys()].toSorted(compareBytes));
    return second === undefined
      ? []
      : [
          blobProblem(
            second,
            `The version ${shorten(version)} of the package ${quote(pkg.name)} belongs to several bundles: ${names}.`,
          ),
        ];
  });
}
