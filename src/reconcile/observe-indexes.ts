import { isToolError, type ToolError } from '../base/tool-error.ts';
import type { LoadedCatalog } from './load-state.ts';
import { type IndexObservation, type ObserveIndexContext, observeIndex } from './observe-index.ts';

export interface IndexObservations {
  readonly indexes: readonly IndexObservation[];
  readonly unbuilt: ReadonlyMap<string, ToolError>;
}

/** Looks at each index. A base that is missing keeps back the index that rests on it, and no other (promise 9). */
export async function observeIndexes(
  sound: readonly LoadedCatalog[],
  context: ObserveIndexContext,
): Promise<IndexObservations> {
  const indexes: IndexObservation[] = [];
  const unbuilt = new Map<string, ToolError>();
  for (const loaded of sound) {
    try {
      indexes.push(await observeIndex(loaded, context));
    } catch (error) {
      if (!isToolError(error) || context.signal.aborted) throw error;
      unbuilt.set(loaded.entry.name, error);
    }
  }
  return { indexes, unbuilt };
}
