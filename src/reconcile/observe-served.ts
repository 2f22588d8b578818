import type { Digest } from '../base/digest.ts';
import { OURS_LABEL } from '../index/build-config.ts';
import { type IndexOrigin, readOrigin } from '../index/describe-index.ts';
import { readRecipeId } from '../index/podman-recipe.ts';
import { saysIndex } from '../index/read-index.ts';
import { formatImmutableTag } from '../plan/item.ts';
import type { ObservedIndex, WantedIndex } from '../plan/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { identifyIndex } from './identify-index.ts';

/** What the moving tag of an index holds. */
export type ObservedServed = Pick<
  ObservedIndex,
  | 'moving'
  | 'servedId'
  | 'servedByRecipe'
  | 'servedLabelled'
  | 'servedStarts'
  | 'servedIsIndex'
  | 'servedImmutable'
>;

interface ServedImage extends ObservedServed {
  /** Uncompressed layers of what is served, of its first platform. */
  readonly diffIds: readonly Digest[];
  /** Null for another's index. */
  readonly origin: IndexOrigin | null;
}

const NOTHING_SERVED = {
  servedId: null,
  servedByRecipe: false,
  servedLabelled: false,
  servedStarts: false,
  servedIsIndex: false,
  servedImmutable: null,
  diffIds: [],
  origin: null,
} as const;

/** Asks what the moving tag of an index holds, and reads what it says of itself; no layers. */
export async function observeServed(
  { repository, tag }: Pick<WantedIndex, 'repository' | 'tag'>,
  registry: RegistryPort,
  signal: AbortSignal,
): Promise<ServedImage> {
  const { presence, identity } = await identifyIndex(registry, { repository, tag, signal });
  if (identity === null) return { moving: presence, ...NOTHING_SERVED };
  const { imageId, labels, entrypoint, diffIds } = identity;
  const recipe = readRecipeId(labels);
  const servedId = recipe ?? imageId;
  const immutable = formatImmutableTag(tag, servedId);
  return {
    moving: presence,
    servedId,
    servedByRecipe: recipe !== null,
    servedLabelled: labels[OURS_LABEL] !== undefined,
    servedStarts: entrypoint.length > 0,
    servedIsIndex: saysIndex(identity),
    servedImmutable: await registry.headManifest(repository, immutable, signal),
    diffIds,
    origin: readOrigin(identity),
  };
}
