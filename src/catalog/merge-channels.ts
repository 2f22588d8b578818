import { compareBytes } from '../base/text.ts';
import { listField, readEntries, readEntry, textField } from './blob-fields.ts';
import type { PackageMerge, Sides } from './merge-types.ts';
import { isJsonObject, objectOf } from './raw-json.ts';
import { repairChannel } from './repair-channel.ts';
import type { Blob, JsonObject, JsonValue } from './types.ts';
import { joinByKey, pickBlob, uniteFields, uniteLists } from './unite-blobs.ts';

/**
 * Channels of both sides, by name. Entries are united by name; an edge that both sides have is the
 * winner's, one that only the other side has stays, and skips unite.
 */
export function mergeChannels(merge: PackageMerge): readonly Blob[] {
  const sides = { base: merge.sides.base.channels, incoming: merge.sides.incoming.channels };
  const joined = joinByKey(
    sides,
    (channel) => channel.name,
    (both) => joinChannels(both, merge),
  );
  return joined.toSorted((a, b) => compareBytes(a.name, b.name));
}

function joinChannels(
  { base, incoming }: Sides<readonly Blob[]>,
  merge: PackageMerge,
): readonly Blob[] {
  const [first] = base;
  const [second] = incoming;
  if (first === undefined || second === undefined) return [];
  const both = { base: first, incoming: second };
  const united = uniteChannels(both, merge.winner);
  return [united === first ? first : repairChannel(united, both, merge)];
}

function uniteChannels(both: Sides<Blob>, winner: PackageMerge['winner']): Blob {
  const fields = uniteFields({ base: both.base.value, incoming: both.incoming.value }, winner);
  const entries = uniteEntries(
    {
      base: listField(both.base.value, 'entries'),
      incoming: listField(both.incoming.value, 'entries'),
    },
    winner,
  );
  return pickBlob(both, objectOf([...Object.entries(fields), ['entries', entries]]));
}

function uniteEntries(
  sides: Sides<readonly JsonValue[]>,
  winner: PackageMerge['winner'],
): readonly JsonValue[] {
  const incoming = new Map(sides.incoming.map((entry) => [textField(entry, 'name'), entry]));
  const names = new Set(sides.base.map((entry) => textField(entry, 'name')));
  const united = sides.base.map((entry) => {
    const other = incoming.get(textField(entry, 'name'));
    return isJsonObject(entry) && isJsonObject(other)
      ? uniteEntry({ base: entry, incoming: other }, winner)
      : entry;
  });
  return [...united, ...sides.incoming.filter((entry) => !names.has(textField(entry, 'name')))];
}

function uniteEntry(both: Sides<JsonObject>, winner: PackageMerge['winner']): JsonObject {
  const loser = both[winner === 'base' ? 'incoming' : 'base'];
  const fields = new Map(Object.entries(uniteFields(both, winner)));
  // An empty edge says no more than a missing one.
  for (const edge of ['replaces', 'skipRange']) {
    if (textField(both[winner], edge) === '' && textField(loser, edge) !== '')
      fields.set(edge, loser[edge] ?? null);
  }
  const skips = uniteLists(both.base['skips'], both.incoming['skips']);
  if (skips.length > 0) fields.set('skips', skips);
  return objectOf(fields);
}

/** Names that entries of a channel replace or skip although neither it nor the base has them. */
export function listUnknownTargets(channel: Blob): readonly string[] {
  const entries = readEntries(channel);
  const known = new Set(entries.map((entry) => entry.name));
  const targets = listField(channel.value, 'entries')
    .map(readEntry)
    .flatMap((entry) => [entry.replaces, ...entry.skips]);
  return [...new Set(targets.filter((name) => name !== '' && !known.has(name)))].toSorted(
    compareBytes,
  );
}
