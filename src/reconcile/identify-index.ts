import { type Presence, unknownFrom } from '../base/presence.ts';
import { isToolError } from '../base/tool-error.ts';
import { type IndexIdentity, readIndexIdentity } from '../index/read-index.ts';
import type { RegistryPort } from '../registry/port.ts';

export interface IdentifiedIndex {
  readonly presence: Presence;
  /** Null where nothing is there, or it cannot be told. */
  readonly identity: IndexIdentity | null;
}

/** What a tag holds; an answer that cannot be understood is no absence (promise 6). */
export async function identifyIndex(
  registry: RegistryPort,
  place: { readonly repository: string; readonly tag: string; readonly signal: AbortSignal },
): Promise<IdentifiedIndex> {
  const presence = await registry.headManifest(place.repository, place.tag, place.signal);
  if (presence.state !== 'present') return { presence, identity: null };
  try {
    return {
      presence,
      identity: await readIndexIdentity(registry, place.repository, presence.digest),
    };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { presence: unknownFrom(error), identity: null };
  }
}
