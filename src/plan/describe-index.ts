import type { Digest } from '../base/digest.ts';
import { formatImmutableTag } from './item.ts';
import type { CatalogPlan, ObservedIndex, WantedIndex } from './types.ts';

export function isRecipe(
  { pin, builder }: WantedIndex,
  observed: ObservedIndex | undefined,
): boolean {
  return pin === null ? builder === 'podman' : observed?.pinned?.byRecipe === true;
}

// Where no tag moves, clusters are told of the immutable one.
export function formatServedTag({ moves, tag, pin, imageId }: WantedIndex): string {
  return moves ? tag : (pin?.tag ?? formatImmutableTag(tag, imageId));
}

export function findUnmoved(
  index: WantedIndex,
  observed: ObservedIndex | undefined,
): Digest | null {
  if (observed === undefined) return null;
  return index.pin === null ? observed.expectedImmutableId : (observed.pinned?.imageId ?? null);
}

export function describeBroken(catalog: string): CatalogPlan {
  const nothing = { servedId: null, wantedId: null, pin: null, packages: null } as const;
  return { catalog, target: '', action: 'blocked', ...nothing };
}
