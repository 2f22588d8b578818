import type { Version } from '../base/semver.ts';
import { type ChannelEntry, listField, readEntries, textField } from './blob-fields.ts';
import {
  buildChannelGraph,
  type ChannelGraph,
  findHead,
  listCovered,
  pickHighest,
} from './channel-graph.ts';
import { withField } from './edit-blob.ts';
import { isJsonObject, objectOf } from './raw-json.ts';
import type { Blob, JsonObject, JsonValue } from './types.ts';
import { uniteLists } from './unite-blobs.ts';

/**
 * The channel with only the `kept` entries; the identical blob where that is all of them.
 *
 * No edge is made up and none between kept entries is lost. Where the chain of `replaces` has a
 * hole, the entry above it replaces the next kept one below, but only where its own `skips` or
 * `skipRange` let OLM go there anyway; what it replaced moves to its `skips`. A kept entry that only
 * dropped ones skipped is skipped by the first kept one, from the head down, to which it may
 * upgrade. Names that are no entries any more stay in `replaces` and `skips`: clusters may run them.
 */
export function reduceChannel(
  channel: Blob,
  kept: ReadonlySet<string>,
  versions: ReadonlyMap<string, Version>,
): Blob {
  const entries = readEntries(channel);
  if (entries.every(({ name }) => kept.has(name))) return channel;
  const reduction: Reduction = {
    before: buildChannelGraph(entries),
    kept,
    versions,
    edited: new Map(entries.filter(({ name }) => kept.has(name)).map((it) => [it.name, it])),
  };
  skipAgain(reduction);
  closeHoles(reduction);
  return writeEntries(channel, reduction.edited);
}

interface Reduction {
  readonly before: ChannelGraph;
  readonly kept: ReadonlySet<string>;
  readonly versions: ReadonlyMap<string, Version>;
  /** Kept entries as they will be. */
  readonly edited: Map<string, ChannelEntry>;
}

function skipAgain(reduction: Reduction): void {
  const { before, edited } = reduction;
  const chain = [...listChain(before)].filter((name) => edited.has(name));
  const skipped = new Set([...edited.values()].flatMap((entry) => entry.skips));
  for (const name of edited.keys()) {
    if (!before.skipped.has(name) || skipped.has(name)) continue;
    const target = chain.find(
      (upper) => !before.skipped.has(upper) && mayTake(upper, name, reduction),
    );
    if (target !== undefined) addSkip(target, name, edited);
  }
}

/** From the head down along `replaces`, through what is skipped, as OLM walks. */
function listChain(graph: ChannelGraph): ReadonlySet<string> {
  const chain = new Set<string>();
  let current = graph.entries.get(findHead(graph) ?? '');
  while (current !== undefined && !chain.has(current.name)) {
    chain.add(current.name);
    current = graph.entries.get(current.replaces);
  }
  return chain;
}

function closeHoles(reduction: Reduction): void {
  const { edited } = reduction;
  const graph = buildChannelGraph([...edited.values()]);
  const seen = new Set<string>();
  let current = pickHead(graph, reduction);
  while (current !== null && !seen.has(current)) {
    seen.add(current);
    const entry: ChannelEntry | undefined = edited.get(current);
    if (entry === undefined) return;
    const below = edited.has(entry.replaces) ? entry.replaces : findBelow(entry, reduction);
    const takes = below !== null && !graph.skipped.has(below) && mayTake(current, below, reduction);
    if (takes && below !== entry.replaces) {
      edited.set(current, { ...entry, replaces: below });
      addSkip(current, entry.replaces, edited);
    }
    current = takes || below === entry.replaces ? below : null;
  }
}

function pickHead(graph: ChannelGraph, { before, versions }: Reduction): string | null {
  const head = findHead(before);
  return head !== null && graph.entries.has(head) ? head : pickHighest(graph.heads, versions);
}

/** The first kept entry below the dropped ones that an entry replaces. */
function findBelow(entry: ChannelEntry, { before, kept }: Reduction): string | null {
  const seen = new Set<string>();
  let current = before.entries.get(entry.replaces);
  while (current !== undefined && !seen.has(current.name)) {
    if (kept.has(current.name)) return current.name;
    seen.add(current.name);
    current = before.entries.get(current.replaces);
  }
  return null;
}

function mayTake(upper: string, lower: string, { before, versions }: Reduction): boolean {
  const entry = before.entries.get(upper);
  if (entry === undefined) return false;
  if (entry.replaces === lower || entry.skips.includes(lower)) return true;
  const version = versions.get(lower);
  return version !== undefined && listCovered(entry, [[lower, version]]).length > 0;
}

function addSkip(to: string, name: string, edited: Map<string, ChannelEntry>): void {
  const entry = edited.get(to);
  if (entry === undefined || name === '' || entry.skips.includes(name)) return;
  edited.set(to, { ...entry, skips: [...entry.skips, name] });
}

function writeEntries(channel: Blob, edited: ReadonlyMap<string, ChannelEntry>): Blob {
  const entries = listField(channel.value, 'entries').flatMap((raw): readonly JsonValue[] => {
    const entry = edited.get(textField(raw, 'name'));
    return entry === undefined || !isJsonObject(raw) ? [] : [writeEntry(raw, entry)];
  });
  return withField(channel, 'entries', entries);
}

function writeEntry(raw: JsonObject, entry: ChannelEntry): JsonObject {
  const fields = new Map(Object.entries(raw));
  if (textField(raw, 'replaces') !== entry.replaces) fields.set('replaces', entry.replaces);
  if (entry.skips.length > listField(raw, 'skips').length)
    fields.set('skips', uniteLists(raw['skips'], entry.skips));
  return objectOf(fields);
}
