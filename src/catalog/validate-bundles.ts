import type { Problem } from '../base/problem.ts';
import { tryParseVersion } from '../base/semver.ts';
import { compareBytes } from '../base/text.ts';
import {
  type BundleVersion,
  formatBundleVersion,
  listField,
  readEntries,
  readPackageProperty,
  readProperties,
  textField,
} from './blob-fields.ts';
import { blobProblem, listRepeated } from './blob-problem.ts';
import { findPullSpecFault } from './pull-spec.ts';
import type { Blob, CatalogPackage } from './types.ts';

/** Faults of the bundles of a package: names, versions, images, place in a channel. */
export function validateBundles(pkg: CatalogPackage): readonly Problem[] {
  const repeated = listRepeated(pkg.bundles).map((blob) =>
    blobProblem(blob, `The bundle "${blob.name}" stands in the package "${pkg.name}" twice.`),
  );
  const entries = new Set(
    pkg.channels.flatMap((channel) => readEntries(channel).map((entry) => entry.name)),
  );
  return [
    ...repeated,
    ...pkg.bundles.flatMap((bundle) => validateBundle(bundle, entries)),
    ...validateVersions(pkg, entries),
  ];
}

function validateBundle(bundle: Blob, entries: ReadonlySet<string>): readonly Problem[] {
  const problems: Problem[] = [];
  if (bundle.name === '')
    problems.push(blobProblem(bundle, `A bundle of the package "${bundle.package}" has no name.`));
  if (!entries.has(bundle.name))
    problems.push(
      blobProblem(
        bundle,
        `The bundle "${bundle.name}" stands in no channel of the package "${bundle.package}".`,
      ),
    );
  return [...problems, ...validateVersion(bundle), ...validateImages(bundle)];
}

function validateVersion(bundle: Blob): readonly Problem[] {
  const found = readProperties(bundle).filter(({ type }) => type === 'olm.package');
  const [property] = found;
  if (property === undefined || found.length > 1)
    return [
      blobProblem(
        bundle,
        `The bundle "${bundle.name}" has ${found.length} properties of type "olm.package"; it needs exactly one.`,
      ),
    ];
  const version = readPackageProperty(property.value);
  const problems: Problem[] = [];
  if (version.packageName !== bundle.package)
    problems.push(
      blobProblem(
        bundle,
        `The bundle "${bundle.name}" belongs to the package "${bundle.package}", but its olm.package property says "${version.packageName}".`,
      ),
    );
  if (tryParseVersion(version.version) === null)
    problems.push(
      blobProblem(
        bundle,
        `The version "${version.version}" of the bundle "${bundle.name}" is not major.minor.patch[-prerelease][+build].`,
      ),
    );
  return [...problems, ...validateRelease(bundle, version)];
}

function validateRelease(bundle: Blob, { version, release }: BundleVersion): readonly Problem[] {
  if (release === '') return [];
  if (release.length > 20 || tryParseVersion(`1.0.0-${release}`) === null || release.includes('+'))
    return [
      blobProblem(
        bundle,
        `The release "${release}" of the bundle "${bundle.name}" is not allowed: at most 20 characters, dot-separated like a prerelease.`,
      ),
    ];
  const problems: Problem[] = [];
  const expected = `${bundle.package}-v${version}-${release}`;
  if (bundle.name !== expected)
    problems.push(
      blobProblem(
        bundle,
        `The bundle "${bundle.name}" has a release, so its name must be "${expected}".`,
      ),
    );
  if (version.includes('+'))
    problems.push(
      blobProblem(
        bundle,
        `The bundle "${bundle.name}" has a release, so its version "${version}" may not have build metadata.`,
      ),
    );
  return problems;
}

function validateImages(bundle: Blob): readonly Problem[] {
  const image = textField(bundle.value, 'image');
  const problems: Problem[] = [];
  const check = (reference: string, field: string): void => {
    const fault = reference === '' ? null : findPullSpecFault(reference);
    if (fault !== null)
      problems.push(
        blobProblem(
          bundle,
          `The ${field} "${reference}" of the bundle "${bundle.name}" is no image reference: ${fault}.`,
        ),
      );
  };
  check(image, 'image');
  for (const [index, related] of listField(bundle.value, 'relatedImages').entries())
    check(textField(related, 'image'), `relatedImages[${index}].image`);
  const hasManifests = readProperties(bundle).some(({ type }) => type === 'olm.bundle.object');
  if (image === '' && !hasManifests)
    problems.push(blobProblem(bundle, `The bundle "${bundle.name}" has no image.`));
  return problems;
}

function validateVersions(pkg: CatalogPackage, entries: ReadonlySet<string>): readonly Problem[] {
  const byVersion = new Map<string, Map<string, Blob>>();
  for (const bundle of pkg.bundles) {
    const property = readProperties(bundle).find(({ type }) => type === 'olm.package');
    if (property === undefined || !entries.has(bundle.name)) continue;
    const version = formatBundleVersion(readPackageProperty(property.value));
    const holders = byVersion.get(version) ?? new Map<string, Blob>();
    byVersion.set(version, holders.set(bundle.name, bundle));
  }
  return [...byVersion].flatMap(([version, holders]) => {
    const [, second] = [...holders.values()].toSorted((a, b) => compareBytes(a.name, b.name));
    const names = [...holders.keys()].toSorted(compareBytes).join(', ');
    return second === undefined
      ? []
      : [
          blobProblem(
            second,
            `The version ${version} of the package "${pkg.name}" belongs to several bundles: ${names}.`,
          ),
        ];
  });
}
