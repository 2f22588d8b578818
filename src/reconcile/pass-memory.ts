import type { PerRole } from '../manifest/types.ts';
import type { ReleaseCache } from './read-releases.ts';

/** What passes know of those before them and no file holds: plain data, so that it can outlive a process. */
export interface PassMemory {
  /** Requests that looking at the registries took the last time. */
  looked: PerRole<number>;
  /** The part of it that was not for images. */
  besides: PerRole<number>;
  /** As `TurnFacts` has it. */
  readonly asked: Map<string, number>;
  readonly releases: ReleaseCache;
}

/** What the first pass knows. */
export function createPassMemory(): PassMemory {
  return {
    looked: { production: 0, staging: 0 },
    besides: { production: 0, staging: 0 },
    asked: new Map(),
    releases: new Map(),
  };
}
