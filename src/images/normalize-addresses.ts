import { isToolError, ToolError } from '../base/tool-error.ts';
import { listBundleImages } from '../catalog/list-images.ts';
import { rewriteImages } from '../catalog/rewrite-images.ts';
import type { BundleImages, Catalog } from '../catalog/types.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import { turnUpstream } from './turn-upstream.ts';

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
  manifest: Pick<MirrorManifest, 'paths' | 'registries'>,
  git: Catalog,
): NormalizedCatalog {
  const { unclear, ...normalized } = turnAddresses(catalog, manifest, git);
  if (unclear.length > 0) throw ambiguous(unclear);
  return normalized;
}

/** As `normalizeAddresses`, but an unclear address stays as it is and is listed. */
export function turnAddresses(
  catalog: Catalog,
  manifest: Pick<MirrorManifest, 'paths' | 'registries'>,
  git: Catalog,
): NormalizedCatalog & { readonly unclear: readonly string[] } {
  const unclear: string[] = [];
  const known = createKnown(git);
  let turned = 0;
  const normalized = rewriteImages(catalog, (reference, bundle) => {
    const address = readAddress(reference, manifest, known);
    if (address === null || address.kind === 'foreign') return reference;
    if (address.kind === 'ambiguous') {
      unclear.push(formatUnclear(reference, bundle, address.candidates));
      return reference;
    }
    turned += 1;
    return address.reference;
  });
  return { catalog: normalized, turned, unclear };
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
  manifest: Pick<MirrorManifest, 'paths' | 'registries'>,
  known: Known,
): ReturnType<typeof turnUpstream> | null {
  if (reference === '') return null;
  const { registries } = manifest;
  const hosts = [registries.production, registries.staging].flatMap((registry) => [
    registry.host,
    ...registry.aliases,
  ]);
  if (!hosts.some((host) => reference.startsWith(`${host}/`))) return null;
  try {
    return turnUpstream(reference, manifest, known(reference));
  } catch (error) {
    // What is no reference at all is reported by validation, with its place.
    if (isToolError(error, 'BASE_BAD_IMAGE_REF')) return null;
    throw error;
  }
}

function formatUnclear(
  reference: string,
  bundle: BundleImages,
  candidates: readonly string[],
): string {
  const why =
    candidates.length === 0
      ? 'no rule of spec.paths leads back from it'
      : `it could be ${candidates.join(' or ')}`;
  return `${bundle.package}/${bundle.bundle} names ${reference}: ${why}.`;
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
