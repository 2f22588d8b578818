import type { Version } from '../base/semver.ts';
import { listField, readEntries, readVersions, textField } from './blob-fields.ts';
import {
  buildChannelGraph,
  type ChannelGraph,
  findGraphFaults,
  findHead,
  listCovered,
  pickHighest,
  walkChain,
} from './channel-graph.ts';
import { withField } from './edit-blob.ts';
import type { PackageMerge, Sides } from './merge-types.ts';
import { isJsonObject, objectOf } from './raw-json.ts';
import type { Blob, JsonValue } from './types.ts';
import { uniteLists } from './unite-blobs.ts';

/**
 * Makes the one repair that cannot change what a cluster may do: what lies in the `skipRange` of
 * the head, or of an entry on its chain, may upgrade there already, so where opm sees a second head
 * or a stranded entry, it is added to that entry's `skips`.
 */
export function repairChannel(channel: Blob, both: Sides<Blob>, merge: PackageMerge): Blob {
  const versions = readBothVersions(merge);
  const heads = listMainHeads(channel, both[merge.winner], versions);
  const repairs = heads.map((head) => skipLoose(channel, { head, versions }));
  const repaired = repairs.find(hasOneHead) ?? repairs[0] ?? channel;
  if (repaired !== channel) noteSkips({ before: channel, after: repaired }, merge);
  return repaired;
}

/** Versions of the bundles of either side. */
export function readBothVersions({ sides }: PackageMerge): ReadonlyMap<string, Version> {
  return new Map([...readVersions(sides.base), ...readVersions(sides.incoming)]);
}

/**
 * What the head of a united channel could be, the likeliest first: the head that the winning side
 * has, then the highest one.
 */
export function listMainHeads(
  channel: Blob,
  winner: Blob | undefined,
  versions: ReadonlyMap<string, Version>,
): readonly string[] {
  const { heads } = buildChannelGraph(readEntries(channel));
  const wanted = winner === undefined ? null : findHead(buildChannelGraph(readEntries(winner)));
  const highest = pickHighest(heads, versions);
  const names = [wanted, highest].filter((name) => name !== null && heads.includes(name));
  return [...new Set(names)].filter((name) => name !== null);
}

function hasOneHead(channel: Blob): boolean {
  return findHead(buildChannelGraph(readEntries(channel))) !== null;
}

function skipLoose(channel: Blob, context: RepairContext): Blob {
  const joined = skipCovered(channel, context, listOtherHeads);
  return skipCovered(joined, context, listStranded);
}

interface RepairContext {
  readonly head: string;
  readonly versions: ReadonlyMap<string, Version>;
}

function listOtherHeads(graph: ChannelGraph, head: string): readonly string[] {
  return graph.heads.filter((name) => name !== head);
}

function listStranded(graph: ChannelGraph): readonly string[] {
  const fault = findGraphFaults(graph).find(({ kind }) => kind === 'stranded');
  return fault?.kind === 'stranded' ? fault.entries : [];
}

function skipCovered(
  channel: Blob,
  context: RepairContext,
  listLoose: (graph: ChannelGraph, head: string) => readonly string[],
): Blob {
  const graph = buildChannelGraph(readEntries(channel));
  const loose = listLoose(graph, context.head).flatMap((name) => {
    const version = context.versions.get(name);
    return version === undefined ? [] : [[name, version] as const];
  });
  const additions = new Map<string, string[]>();
  let left = loose;
  for (const name of loose.length === 0 ? [] : walkChain(graph, context.head).chain) {
    const entry = graph.entries.get(name);
    const covered = new Set(entry === undefined ? [] : listCovered(entry, left));
    if (covered.size > 0) additions.set(name, [...covered]);
    left = left.filter(([candidate]) => !covered.has(candidate));
  }
  return additions.size === 0 ? channel : addSkips(channel, additions);
}

function addSkips(channel: Blob, additions: ReadonlyMap<string, readonly string[]>): Blob {
  const entries = listField(channel.value, 'entries').map((entry): JsonValue => {
    const added = additions.get(textField(entry, 'name'));
    if (added === undefined || !isJsonObject(entry)) return entry;
    return objectOf([...Object.entries(entry), ['skips', uniteLists(entry['skips'], added)]]);
  });
  return withField(channel, 'entries', entries);
}

function noteSkips(
  channels: { readonly before: Blob; readonly after: Blob },
  merge: PackageMerge,
): void {
  const { before, after } = channels;
  const old = new Map(readEntries(before).map((entry) => [entry.name, entry]));
  for (const entry of readEntries(after)) {
    const added = entry.skips.filter((skip) => old.get(entry.name)?.skips.includes(skip) === false);
    if (added.length === 0) continue;
    const message = `"${entry.name}" now skips ${added.join(', ')} in the channel "${after.name}": its skipRange allowed that already, but opm does not count it.`;
    merge.notes.push({
      kind: 'skips-added',
      package: after.package,
      channel: after.name,
      bundle: entry.name,
      message,
    });
  }
}
