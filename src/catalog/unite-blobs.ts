import { withValue } from './edit-blob.ts';
import type { PackageMerge, Sides } from './merge-types.ts';
import { isJsonArray, jsonEqual, objectOf } from './raw-json.ts';
import { isSameContent } from './same-content.ts';
import type { Blob, JsonObject, JsonValue } from './types.ts';

/** Fields of both; where both have one, the winner's. */
export function uniteFields(sides: Sides<JsonObject>, winner: PackageMerge['winner']): JsonObject {
  const loser = winner === 'base' ? 'incoming' : 'base';
  return objectOf([...Object.entries(sides[loser]), ...Object.entries(sides[winner])]);
}

/** A blob with this content: that of the base or the delivery itself where it says the same. */
export function pickBlob(sides: Sides<Blob>, value: JsonObject): Blob {
  const united = withValue(sides.base, value);
  if (isSameContent(united, sides.base)) return sides.base;
  return jsonEqual(value, sides.incoming.value) ? sides.incoming : united;
}

/**
 * Joins two lists of blobs by key. What only one side has is taken as it is; for what both have,
 * `join` decides. The order is that of the base, then what is new.
 */
export function joinByKey(
  sides: Sides<readonly Blob[]>,
  keyOf: (blob: Blob) => string,
  join: (both: Sides<readonly Blob[]>) => readonly Blob[],
): readonly Blob[] {
  const base = groupBy(sides.base, keyOf);
  const incoming = groupBy(sides.incoming, keyOf);
  const joined = [...base].flatMap(([key, blobs]) => {
    const others = incoming.get(key);
    return others === undefined ? blobs : join({ base: blobs, incoming: others });
  });
  const fresh = [...incoming].filter(([key]) => !base.has(key)).flatMap(([, blobs]) => blobs);
  return [...joined, ...fresh];
}

function groupBy(
  blobs: readonly Blob[],
  keyOf: (blob: Blob) => string,
): ReadonlyMap<string, readonly Blob[]> {
  const groups = new Map<string, Blob[]>();
  for (const blob of blobs) {
    const group = groups.get(keyOf(blob));
    if (group === undefined) groups.set(keyOf(blob), [blob]);
    else group.push(blob);
  }
  return groups;
}

/**
 * Custom schemas by schema and name: the winner's, or the base's own objects where they are equal.
 * `onDrop` hears of objects of the base that none of a winning delivery takes the place of.
 */
export function joinCustomBlobs(
  sides: Sides<readonly Blob[]>,
  winner: PackageMerge['winner'],
  onDrop: (dropped: readonly Blob[]) => void,
): readonly Blob[] {
  return joinByKey(
    sides,
    (blob) => JSON.stringify([blob.schema, blob.name]),
    (both) => {
      const gone = listOnlyIn(both.base, both.incoming);
      const fresh = listOnlyIn(both.incoming, both.base);
      if (gone.length === 0 && fresh.length === 0) return both.base;
      if (winner === 'incoming' && gone.length > fresh.length) onDrop(gone);
      return both[winner];
    },
  );
}

/** The blobs that the other list does not hold, each of them as often as it is missing there. */
function listOnlyIn(blobs: readonly Blob[], others: readonly Blob[]): readonly Blob[] {
  const left = others.map(({ value }) => value);
  return blobs.filter(({ value }) => {
    const index = left.findIndex((other) => jsonEqual(other, value));
    if (index !== -1) left.splice(index, 1);
    return index === -1;
  });
}

/** Items of both lists, the first list's order, without repetition. */
export function uniteLists(
  first: JsonValue | undefined,
  second: JsonValue | undefined,
): readonly JsonValue[] {
  const a = isJsonArray(first) ? first : [];
  const b = isJsonArray(second) ? second : [];
  return [...a, ...b.filter((item) => !a.some((known) => jsonEqual(known, item)))];
}
