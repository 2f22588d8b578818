import { compareBytes } from '../base/text.ts';
import { listField, textField } from './blob-fields.ts';
import { bridgeChannel, listActiveBridges } from './bridge-channel.ts';
import type { BridgeEdges, PackageMerge, Sides } from './merge-types.ts';
import { isJsonObject, objectOf } from './raw-json.ts';
import { repairChannel } from './repair-channel.ts';
import type { Blob, CatalogPackage, JsonObject, JsonValue } from './types.ts';
import { joinByKey, pickBlob, uniteFields, uniteLists } from './unite-blobs.ts';

/**
 * Channels of both sides, by name. Entries are united by name; an edge that both sides have is the
 * winner's, one that only the other side has stays, and skips unite. Declared bridges come on top.
 */
export function mergeChannels(merge: PackageMerge): readonly Blob[] {
  const sides = { base: merge.sides.base.channels, incoming: merge.sides.incoming.channels };
  const joined = joinByKey(
    sides,
    (channel) => channel.name,
    (both) => both.base.slice(0, 1),
  );
  return joined
    .map((channel) => settleChannel(channel, merge))
    .toSorted((a, b) => compareBytes(a.name, b.name));
}

/** A channel of either side as it is merged; `more` are edges to try beside the declared bridges. */
export function settleChannel(
  channel: Blob,
  merge: PackageMerge,
  more: readonly BridgeEdges[] = [],
): Blob {
  const base = findChannel(merge.sides.base, channel.name);
  const incoming = findChannel(merge.sides.incoming, channel.name);
  const place = { package: channel.package, channel: channel.name };
  const edges = [...listActiveBridges(place, merge.options), ...more];
  if (base === undefined || incoming === undefined) return bridgeChannel(channel, edges);
  const both = { base, incoming };
  const united = uniteChannels(both, merge.winner);
  const bridged = bridgeChannel(united, edges);
  const picked = bridged === united ? united : pickBlob(both, bridged.value);
  return picked === base ? base : repairChannel(picked, both, merge);
}

export function findChannel(pkg: CatalogPackage, name: string): Blob | undefined {
  return pkg.channels.find((channel) => channel.name === name);
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
