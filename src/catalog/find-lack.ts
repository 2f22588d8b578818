import { type ChannelEntry, readDefaultChannel, readEntries } from './blob-fields.ts';
import { findMigration } from './bundle-migration.ts';
import { withValue } from './edit-blob.ts';
import { findMissing, formatBundleKey, type MissingContent } from './find-missing.ts';
import { objectOf } from './raw-json.ts';
import { isSameContent } from './same-content.ts';
import type { Blob, Catalog, CatalogPackage } from './types.ts';

/** What one catalog says and another does not. */
export interface LackedContent extends MissingContent {
  /** What packages of both say otherwise: `bundle a/a.v1.0.0`, `channel a/stable`, `default channel of a`. */
  readonly otherwise: readonly string[];
}

/**
 * Lists what would be lost if `have` took the place of `theirs`. Nothing is lost of a channel whose
 * entries and edges `have` knows, though it has more of them, nor of a bundle in another form.
 */
export function findLack(have: Catalog, theirs: Catalog): LackedContent {
  const otherwise = [...theirs.packages.values()].flatMap((pkg) => {
    const known = have.packages.get(pkg.name);
    return known === undefined || known === pkg ? [] : listOtherwise(known, pkg);
  });
  const loose = hasAll(have.loose, theirs.loose) ? [] : ['content that belongs to no package'];
  return { ...findMissing(have, theirs), otherwise: [...new Set([...otherwise, ...loose])] };
}

export function isNothing({ packages, bundles, otherwise }: LackedContent): boolean {
  return packages.length === 0 && bundles.length === 0 && otherwise.length === 0;
}

function listOtherwise(known: CatalogPackage, pkg: CatalogPackage): readonly string[] {
  const { name } = pkg;
  const [ours, default_] = [readDefaultChannel(known), readDefaultChannel(pkg)];
  return [
    ...pkg.bundles.filter((it) => saysOtherwise(known, it)).map((it) => `bundle ${keyOf(it)}`),
    ...pkg.channels.filter((it) => !isPartOf(it, known)).map((it) => `channel ${keyOf(it)}`),
    ...(ours === default_ ? [] : [`default channel of ${name}`]),
    ...(hasAll(known.packages.map(dropDefault), pkg.packages.map(dropDefault))
      ? []
      : [`description or icon of ${name}`]),
    ...(hasAll(known.deprecations, pkg.deprecations) ? [] : [`deprecations of ${name}`]),
    ...(hasAll(known.others, pkg.others) ? [] : [`other content of ${name}`]),
  ];
}

const keyOf = formatBundleKey;

// A bundle that is not there at all is missing, which is told apart.
function saysOtherwise(known: CatalogPackage, bundle: Blob): boolean {
  const same = known.bundles.filter(({ name }) => name === bundle.name);
  return (
    same.length > 0 &&
    !same.some((it) => isSameContent(it, bundle) || findMigration(it, bundle) !== null)
  );
}

function isPartOf(channel: Blob, known: CatalogPackage): boolean {
  const same = known.channels.find(({ name }) => name === channel.name);
  if (same === undefined) return false;
  if (isSameContent(same, channel)) return true;
  const entries = new Map(readEntries(same).map((entry) => [entry.name, entry]));
  return readEntries(channel).every((entry) => {
    const ours = entries.get(entry.name);
    return ours !== undefined && hasEdges(ours, entry);
  });
}

function hasEdges(ours: ChannelEntry, { replaces, skips, skipRange }: ChannelEntry): boolean {
  return (
    isSaid(ours.replaces, replaces) &&
    isSaid(ours.skipRange, skipRange) &&
    skips.every((name) => ours.skips.includes(name))
  );
}

function isSaid(ours: string, edge: string): boolean {
  return edge === '' || edge === ours;
}

function hasAll(ours: readonly Blob[], theirs: readonly Blob[]): boolean {
  return theirs.every((blob) => ours.some((it) => isSameContent(it, blob)));
}

function dropDefault(blob: Blob): Blob {
  const fields = Object.entries(blob.value).filter(([key]) => key !== 'defaultChannel');
  return withValue(blob, objectOf(fields));
}
