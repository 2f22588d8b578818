import { sortByBytes } from '../base/text.ts';
import type { NeededBy } from './types.ts';

/** Each need once, in the order of their texts. */
export type UniqueNeeds = (needs: readonly NeededBy[]) => readonly NeededBy[];

export interface NeedList {
  add(need: NeededBy): void;
  /** Orders all that were added; thousands of images then take their order from it. */
  close(): UniqueNeeds;
}

export function createNeedList(): NeedList {
  const textOf = new Map<NeededBy, string>();
  let latest: NeededBy | null = null;
  return {
    add(need) {
      // All images of one bundle come one after the other.
      if (need === latest) return;
      latest = need;
      if (!textOf.has(need)) textOf.set(need, formatNeed(need));
    },
    close() {
      const ordered = sortByBytes([...textOf], ([, text]) => text);
      const inOrder: NeededBy[] = [];
      const ranks = new Map<NeededBy, number>();
      let last: string | null = null;
      for (const [need, text] of ordered) {
        if (text !== last) inOrder.push(need);
        last = text;
        ranks.set(need, inOrder.length - 1);
      }
      return (needs) => {
        const found = needs.map((need) => ranks.get(need) ?? 0);
        const sorted = isAscending(found) ? found : found.toSorted((a, b) => a - b);
        const unique: NeededBy[] = [];
        for (const [at, rank] of sorted.entries()) {
          const need = inOrder[rank];
          if (need !== undefined && rank !== sorted[at - 1]) unique.push(need);
        }
        return unique;
      };
    },
  };
}

function isAscending(ranks: readonly number[]): boolean {
  return ranks.every((rank, at) => at === 0 || rank >= (ranks[at - 1] ?? 0));
}

/** `catalog/package/bundle`, or what else needs the image. */
export function formatNeed(need: NeededBy): string {
  return [need.catalog, need.package, need.item].filter((part) => part !== null).join('/');
}
