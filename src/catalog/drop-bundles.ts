import { readDeprecation, readEntries, textField } from './blob-fields.ts';
import { joinCatalog } from './build-catalog.ts';
import { filterEntries } from './edit-blob.ts';
import { formatBundleKey } from './find-missing.ts';
import type { Blob, Catalog, CatalogPackage } from './types.ts';
import { findReferenceFault } from './validate-deprecations.ts';

/** What went away with the dropped bundles. */
export interface RemovedContent {
  /** `<package>/<bundle>`. */
  readonly bundles: readonly string[];
  /** `<package>/<channel>` of the channels that were left without an entry. */
  readonly channels: readonly string[];
  /** Packages that were left without a bundle. */
  readonly packages: readonly string[];
}

/**
 * The catalog without these bundles (`<package>/<bundle>`): their entries leave every channel, a
 * channel without entries and a package without bundles go as well, and so do deprecations of what
 * is gone. Edges that name a dropped bundle stay; the merge judges whether the gap is bridged.
 */
export function dropBundles(
  incoming: Catalog,
  names: ReadonlySet<string>,
): { readonly catalog: Catalog; readonly removed: RemovedContent } {
  const bundles: string[] = [];
  const channels: string[] = [];
  const packages: string[] = [];
  const left: CatalogPackage[] = [];
  for (const pkg of incoming.packages.values()) {
    const kept = dropFromPackage(pkg, names);
    bundles.push(...listGone(pkg.bundles, kept.bundles).map(formatBundleKey));
    channels.push(...listGone(pkg.channels, kept.channels).map(formatBundleKey));
    if (kept.bundles.length === 0 && pkg.bundles.length > 0) packages.push(pkg.name);
    else left.push(kept);
  }
  return { catalog: joinCatalog(left, incoming.loose), removed: { bundles, channels, packages } };
}

function dropFromPackage(pkg: CatalogPackage, names: ReadonlySet<string>): CatalogPackage {
  const bundles = pkg.bundles.filter((bundle) => !names.has(formatBundleKey(bundle)));
  if (bundles.length === pkg.bundles.length) return pkg;
  const touched = pkg.channels.map((channel) => dropEntries(channel, names));
  const channels = touched.filter(
    (channel, index) => channel === pkg.channels[index] || readEntries(channel).length > 0,
  );
  const kept = { ...pkg, bundles, channels };
  return { ...kept, deprecations: pkg.deprecations.map((blob) => dropReferences(blob, kept)) };
}

function dropEntries(channel: Blob, names: ReadonlySet<string>): Blob {
  return filterEntries(
    channel,
    (entry) => !names.has(`${channel.package}/${textField(entry, 'name')}`),
  );
}

function dropReferences(blob: Blob, pkg: CatalogPackage): Blob {
  return filterEntries(blob, (entry) => findReferenceFault(readDeprecation(entry), pkg) === null);
}

function listGone(before: readonly Blob[], after: readonly Blob[]): readonly Blob[] {
  const names = new Set(after.map((blob) => blob.name));
  return before.filter((blob) => !names.has(blob.name));
}
