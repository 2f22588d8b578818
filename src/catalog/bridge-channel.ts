import { listField, readEntry, textField } from './blob-fields.ts';
import { withField } from './edit-blob.ts';
import type { BridgeEdges, DeclaredBridge, MergeOptions } from './merge-types.ts';
import { isJsonObject, objectOf } from './raw-json.ts';
import type { Blob, JsonValue } from './types.ts';
import { uniteLists } from './unite-blobs.ts';
import { tryParseVersionRange } from './version-range.ts';

/** The bridges of a channel that count today. */
export function listActiveBridges(
  place: { readonly package: string; readonly channel: string },
  { declared }: Pick<MergeOptions, 'declared'>,
): readonly DeclaredBridge[] {
  if (declared === undefined) return [];
  return declared.bridges.filter(
    (bridge) =>
      bridge.package === place.package &&
      bridge.channel === place.channel &&
      !isExpired(bridge, declared.today) &&
      isSoundRange(bridge.skipRange),
  );
}

/** `until` is the first day on which it no longer counts; both are UTC dates. */
export function isExpired({ until }: DeclaredBridge, today: string): boolean {
  return until !== null && until <= today;
}

/** No range at all is sound, too. */
export function isSoundRange(skipRange: string): boolean {
  return skipRange === '' || tryParseVersionRange(skipRange) !== null;
}

/** The channel whose entries have these edges as well; the identical blob where they have them. */
export function bridgeChannel(channel: Blob, edges: readonly BridgeEdges[]): Blob {
  if (edges.length === 0) return channel;
  const before = listField(channel.value, 'entries');
  const after = before.map((entry) =>
    edges
      .filter((edge) => edge.bundle === textField(entry, 'name'))
      .reduce((bridged: JsonValue, edge) => addEdges(bridged, edge), entry),
  );
  const changed = after.some((entry, i) => entry !== before[i]);
  return changed ? withField(channel, 'entries', after) : channel;
}

/** Whether an entry has all of these edges. */
export function hasEdges(entry: JsonValue, edges: BridgeEdges): boolean {
  return addEdges(entry, edges) === entry;
}

function addEdges(entry: JsonValue, edges: BridgeEdges): JsonValue {
  if (!isJsonObject(entry)) return entry;
  const own = readEntry(entry);
  const fields: (readonly [string, JsonValue])[] = [];
  if (edges.replaces !== '' && edges.replaces !== own.replaces)
    fields.push(['replaces', edges.replaces]);
  if (edges.skips.some((skip) => !own.skips.includes(skip)))
    fields.push(['skips', uniteLists(entry['skips'], edges.skips)]);
  const range = uniteRanges(own.skipRange, edges.skipRange);
  if (range !== own.skipRange) fields.push(['skipRange', range]);
  return fields.length === 0 ? entry : objectOf([...Object.entries(entry), ...fields]);
}

/** A range that holds what either holds; the first one itself where it names the second already. */
function uniteRanges(first: string, second: string): string {
  if (first === '' || second === '') return first === '' ? second : first;
  const known = new Set(splitRange(first));
  return [first, ...splitRange(second).filter((part) => !known.has(part))].join(' || ');
}

function splitRange(range: string): readonly string[] {
  return range.split(' || ').map((part) => part.trim());
}
