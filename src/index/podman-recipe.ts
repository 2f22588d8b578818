import canonicalize from 'canonicalize';
import { type Digest, digestOf, isDigest } from '../base/digest.ts';
import { compareBytes } from '../base/text.ts';
import { hashCatalog } from '../catalog/hash-catalog.ts';
import type { Catalog } from '../catalog/types.ts';
import { CONTENT_LABEL, OURS_LABEL, RECIPE_LABEL } from './build-config.ts';
import type { CacheChoice } from './build-group.ts';
import type { Compression } from './compress-layer.ts';
import type { IndexIdentity } from './read-index.ts';

/** An image in the serving registry. */
export interface PinnedImage {
  /** With path prefix. */
  readonly repository: string;
  readonly digest: Digest;
  /** As the manifest names it, for people. */
  readonly name: string;
}

export interface RecipeInput {
  readonly name: string;
  /** With the references that are to be served. */
  readonly catalog: Catalog;
  /** Canonical hash of the catalog in Git. */
  readonly content: Digest;
  readonly cache: CacheChoice;
  readonly compression: Compression;
  /** `os/arch[/variant]`, at least one. */
  readonly platforms: readonly string[];
  /** Null for scratch. */
  readonly base: PinnedImage | null;
  /** Its opm makes the cache; null for an index without one. */
  readonly builder: PinnedImage | null;
  /** Of the top manifest only. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** All that podman builds an index of. */
export interface PodmanRecipe extends RecipeInput {
  /** What the index is named after, since nobody knows its image id before it is built. */
  readonly id: Digest;
  /** Canonical hash of `catalog`, which the built image must hold. */
  readonly served: Digest;
  readonly labels: Readonly<Record<string, string>>;
}

// Counts what olmirror itself puts in: one more for each change of the Dockerfile or of how podman is called.
const METHOD = 1;

/**
 * Completes the recipe of an index that podman builds. Its id is a pure function of what is put in:
 * catalog, base, builder image, platforms, compression. Two builds of one recipe may differ in bytes,
 * since podman and the opm in the builder image have a say, but not in what they serve.
 */
export function buildRecipe(input: RecipeInput): PodmanRecipe {
  const served = hashCatalog(input.catalog);
  const { content, compression, base, builder } = input;
  const text = canonicalize({
    method: METHOD,
    content,
    served,
    compression,
    platforms: [...new Set(input.platforms)].toSorted(compareBytes),
    base: base?.digest ?? 'scratch',
    builder: builder?.digest ?? 'none',
  });
  if (text === undefined) throw new Error('A recipe has no JSON.');
  const id = digestOf(text);
  return {
    ...input,
    id,
    served,
    labels: { [OURS_LABEL]: 'v1', [CONTENT_LABEL]: content, [RECIPE_LABEL]: id },
  };
}

/** What an index may be named after: its image id, and its recipe where podman built it. */
export function listIndexIds({
  imageId,
  labels,
}: Pick<IndexIdentity, 'imageId' | 'labels'>): readonly Digest[] {
  const recipe = readRecipeId(labels);
  return recipe === null ? [imageId] : [imageId, recipe];
}

/** The recipe that an index says it was built of; null for an index that podman did not build. */
export function readRecipeId(labels: IndexIdentity['labels']): Digest | null {
  const text = labels[RECIPE_LABEL] ?? '';
  return isDigest(text) ? text : null;
}
