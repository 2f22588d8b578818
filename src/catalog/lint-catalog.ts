import type { Problem } from '../base/problem.ts';
import { quote } from '../base/text.ts';
import { readBundleFacts, readEntries } from './blob-fields.ts';
import { blobProblem } from './blob-problem.ts';
import { buildChannelGraph } from './channel-graph.ts';
import type { Blob, CatalogPackage } from './types.ts';

/**
 * Lists what `opm validate` accepts of a package, its custom blobs aside, but `opm serve` or OLM then
 * refuses or hides (spec "file-based catalogs" §2.E and §11.5). Warnings only.
 */
export function lintPackage(pkg: CatalogPackage): readonly Problem[] {
  return [
    ...[...pkg.channels, ...pkg.bundles].flatMap(lintName),
    ...pkg.bundles.flatMap(lintMetadata),
    ...pkg.channels.flatMap((channel) => lintHeads(channel, pkg)),
  ];
}

/** A name from which opm serve cannot make the name of a file. */
export function lintName(blob: Blob): readonly Problem[] {
  if (!blob.name.includes('/')) return [];
  const kind = blob.schema.slice('olm.'.length);
  return [
    warning(
      blob,
      `The ${kind} name ${quote(blob.name)} has a slash; opm serve cannot cache it as JSON.`,
    ),
  ];
}

/** More metadata than opm serve takes of one bundle. */
export function lintMetadata(bundle: Blob): readonly Problem[] {
  const { metadata } = readBundleFacts(bundle);
  if (metadata <= 1) return [];
  return [
    warning(
      bundle,
      `The bundle ${quote(bundle.name)} has ${metadata} properties of type "olm.csv.metadata"; opm serve takes at most one.`,
    ),
  ];
}

function lintHeads(channel: Blob, pkg: CatalogPackage): readonly Problem[] {
  const heads = new Set(buildChannelGraph(readEntries(channel)).heads);
  const hidden = pkg.bundles.filter((bundle) => heads.has(bundle.name) && !isShown(bundle));
  return hidden.map((bundle) => ({
    ...warning(
      bundle,
      `The bundle ${quote(bundle.name)}, head of the channel ${quote(channel.name)}, has no olm.csv.metadata; the console does not show that channel.`,
    ),
    channel: channel.name,
  }));
}

function isShown(bundle: Blob): boolean {
  const { manifests, metadata } = readBundleFacts(bundle);
  return manifests + metadata > 0;
}

const SERVED_NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/;

/** The same, for one blob with a custom schema. */
export function lintCustom(blob: Blob): readonly Problem[] {
  const names = [blob.schema, blob.package].filter((name) => name !== '');
  return names
    .filter((name) => !SERVED_NAME.test(name))
    .map((name) =>
      warning(
        blob,
        `opm serve refuses ${quote(name)} as schema or package of a custom object: it may hold letters, digits, ".", "_" and "-".`,
      ),
    );
}

/** What tells a blob with a custom schema from others, and where it stands. */
export type CustomName = Omit<Blob, 'value'>;

export function nameCustom({ schema, package: pkg, name, file, line }: Blob): CustomName {
  return { schema, package: pkg, name, file, line };
}

/** Blobs with custom schemas that another before them has all names in common with. */
export function* lintTwins(customs: readonly CustomName[]): Generator<Problem, void, undefined> {
  const seen = new Set<string>();
  for (const blob of customs) {
    const key = JSON.stringify([blob.schema, blob.package, blob.name]);
    if (seen.has(key))
      yield warning(
        blob,
        `An object with the schema ${quote(blob.schema)}, the package ${quote(blob.package)} and the name ${quote(blob.name)} stands in the catalog before.`,
      );
    seen.add(key);
  }
}

function warning(blob: CustomName, message: string): Problem {
  return { ...blobProblem(blob, message), severity: 'warning' };
}
