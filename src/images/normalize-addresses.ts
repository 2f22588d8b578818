import { tryParseImageRef } from '../base/image-ref.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import { readBundleFacts } from '../catalog/blob-fields.ts';
import { hashBlob } from '../catalog/hash-catalog.ts';
import { listBundleImages } from '../catalog/list-images.ts';
import { listOwnImages } from '../catalog/manifest-images.ts';
import { listRewritable, mapBundles, rewriteBundle } from '../catalog/rewrite-images.ts';
import type { Blob, Catalog } from '../catalog/types.ts';
import type { MirrorManifest, RoleName } from '../manifest/types.ts';
import { mapReference } from './map-path.ts';
import { turnUpstream, type UpstreamAddress } from './turn-upstream.ts';

export interface NormalizedCatalog {
  readonly catalog: Catalog;
  /** Addresses of our own hosts that were turned back. */
  readonly turned: number;
}

/**
 * Turns every address of our own hosts in a catalog back into the upstream one. Where `paths` does
 * not settle it, what Git's catalog names already does. Throws `CATALOG_AMBIGUOUS_ADDRESS` with
 * every bundle that stays unclear; nothing is guessed.
 */
export function normalizeAddresses(
  catalog: Catalog,
  manifest: AddressRules,
  git: Catalog,
): NormalizedCatalog {
  const { unclear, ...normalized } = turnAddresses(catalog, manifest, git);
  if (unclear.length > 0) throw ambiguous(unclear);
  return normalized;
}

/** As `normalizeAddresses`, but an unclear address stays as it is and is listed. */
export function turnAddresses(
  catalog: Catalog,
  manifest: AddressRules,
  git: Catalog,
): NormalizedCatalog & { readonly unclear: readonly string[] } {
  const unclear: string[] = [];
  const known = createKnown(git);
  const isOurs = createOwnTest(manifest);
  let turned = 0;
  function turnBundle(bundle: Blob): Blob {
    const own = listOwnImages(bundle);
    if (own.size > 0 && ![...own].some(isOurs)) return bundle;
    const same = findInGit(bundle, git, manifest);
    if (same !== null) {
      turned += own.size;
      return same;
    }
    const targets = new Map<string, string>();
    for (const reference of listRewritable(bundle).filter(isOurs)) {
      const address = readAddress(reference, manifest, known);
      if (address?.kind === 'turned') targets.set(reference, address.reference);
      if (address?.kind === 'ambiguous')
        unclear.push(formatUnclear(reference, bundle, address.candidates));
    }
    turned += targets.size;
    return rewriteBundle(bundle, (reference) => targets.get(reference) ?? reference);
  }
  return { catalog: mapBundles(catalog, turnBundle), turned, unclear };
}

type AddressRules = Pick<MirrorManifest, 'paths' | 'registries'>;

/** Git's own bundle, where the given one is what it becomes while an index is built. */
function findInGit(bundle: Blob, git: Catalog, manifest: AddressRules): Blob | null {
  const { image } = readBundleFacts(bundle);
  const named = git.packages.get(bundle.package)?.bundles ?? [];
  for (const candidate of named.filter(({ name }) => name === bundle.name))
    for (const role of ['production', 'staging'] as const) {
      const served = rewriteBundle(candidate, (reference) => serve(reference, role, manifest));
      if (readBundleFacts(served).image === image && hashBlob(served) === hashBlob(bundle))
        return candidate;
    }
  return null;
}

function serve(reference: string, role: RoleName, manifest: AddressRules): string {
  const ref = tryParseImageRef(reference);
  return ref === null ? reference : mapReference(ref, role, manifest);
}

function createOwnTest({ registries }: AddressRules): (reference: string) => boolean {
  const starts = [registries.production, registries.staging].flatMap((registry) =>
    [registry.host, ...registry.aliases].map((host) => `${host}/`),
  );
  return (reference) => starts.some((start) => reference.startsWith(start));
}

type Known = (reference: string) => readonly string[];

function createKnown(git: Catalog): Known {
  let byContent: Map<string, string[]> | null = null;
  return (reference) => {
    byContent ??= groupByContent(git);
    return byContent.get(contentKey(reference)) ?? [];
  };
}

function groupByContent(git: Catalog): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const bundle of listBundleImages(git)) {
    for (const reference of [bundle.image, ...bundle.relatedImages]) {
      const key = contentKey(reference);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [reference]);
      else if (!group.includes(reference)) group.push(reference);
    }
  }
  return groups;
}

/** Digest where there is one, else last path component and tag: what an address keeps wherever it is mirrored. */
export function contentKey(reference: string): string {
  const at = reference.lastIndexOf('@');
  return at === -1 ? reference.slice(reference.lastIndexOf('/') + 1) : reference.slice(at + 1);
}

function readAddress(
  reference: string,
  manifest: AddressRules,
  known: Known,
): UpstreamAddress | null {
  try {
    return turnUpstream(reference, manifest, known(reference));
  } catch (error) {
    // What is no reference at all is reported by validation, with its place.
    if (isToolError(error, 'BASE_BAD_IMAGE_REF')) return null;
    throw error;
  }
}

function formatUnclear(reference: string, bundle: Blob, candidates: readonly string[]): string {
  const why =
    candidates.length === 0
      ? 'no rule of spec.paths leads back from it'
      : `it could be ${candidates.join(' or ')}`;
  return `${bundle.package}/${bundle.name} names ${reference}: ${why}.`;
}

const SHOWN = 20;

function ambiguous(unclear: readonly string[]): ToolError {
  const more = unclear.length > SHOWN ? [`… and ${unclear.length - SHOWN} more`] : [];
  return new ToolError(
    'CATALOG_AMBIGUOUS_ADDRESS',
    `The catalog names our own registry, and the upstream address is not clear:\n${[...unclear.slice(0, SHOWN), ...more].join('\n')}\nNothing was written.`,
    {
      hint: 'Add a rule to spec.paths of mirror.yaml, such as { from: registry.redhat.io, to: "" }, that says where these images come from.',
    },
  );
}
