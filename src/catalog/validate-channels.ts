import type { Problem } from '../base/problem.ts';
import { joinNames, quote } from '../base/text.ts';
import { assertNever } from '../base/tool-error.ts';
import { type ChannelEntry, readEntries } from './blob-fields.ts';
import { blobProblem, listRepeated } from './blob-problem.ts';
import { buildChannelGraph, findGraphFaults, type GraphFault } from './channel-graph.ts';
import type { Blob, CatalogPackage } from './types.ts';
import { tryParseVersionRange } from './version-range.ts';

/** Faults of the channels of a package: names, entries, upgrade graph. */
export function validateChannels(pkg: CatalogPackage): readonly Problem[] {
  const repeated = listRepeated(pkg.channels).map((blob) =>
    blobProblem(
      blob,
      `The channel ${quote(blob.name)} stands in the package ${quote(pkg.name)} twice.`,
    ),
  );
  const bundles = new Set(pkg.bundles.map((bundle) => bundle.name));
  return [...repeated, ...pkg.channels.flatMap((channel) => validateChannel(channel, bundles))];
}

function validateChannel(channel: Blob, bundles: ReadonlySet<string>): readonly Problem[] {
  const entries = readEntries(channel);
  const nameless =
    channel.name === ''
      ? [blobProblem(channel, `A channel of the package ${quote(channel.package)} has no name.`)]
      : [];
  const graph = findGraphFaults(buildChannelGraph(entries)).map((fault) =>
    describeGraphFault(channel, fault),
  );
  return [
    ...nameless,
    ...listRepeatedEntries(channel, entries),
    ...entries.flatMap((entry) => validateEntry(channel, entry, bundles)),
    ...graph,
  ];
}

function listRepeatedEntries(channel: Blob, entries: readonly ChannelEntry[]): readonly Problem[] {
  return listRepeated(entries).map(({ name }) =>
    blobProblem(channel, `The channel ${quote(channel.name)} has the entry ${quote(name)} twice.`, {
      bundle: name,
    }),
  );
}

function validateEntry(
  channel: Blob,
  entry: ChannelEntry,
  bundles: ReadonlySet<string>,
): readonly Problem[] {
  const place = `of the channel ${quote(channel.name)} of the package ${quote(channel.package)}`;
  return [...listEntryFaults(entry, bundles)].map((fault) =>
    blobProblem(channel, `The entry ${quote(entry.name)} ${place} ${fault}.`, {
      bundle: entry.name,
    }),
  );
}

function* listEntryFaults(
  entry: ChannelEntry,
  bundles: ReadonlySet<string>,
): Generator<string, void, undefined> {
  if (entry.name === '') yield 'has no name';
  else if (!bundles.has(entry.name)) yield 'has no olm.bundle';
  if (entry.skips.includes('')) yield 'skips an empty name';
  if (entry.skipRange !== '' && tryParseVersionRange(entry.skipRange) === null)
    yield `has a skipRange ${quote(entry.skipRange)} that is not a version range`;
}

function describeGraphFault(channel: Blob, fault: GraphFault): Problem {
  const channelText = `The channel ${quote(channel.name)} of the package ${quote(channel.package)}`;
  switch (fault.kind) {
    case 'empty':
      return blobProblem(channel, `${channelText} has no entries.`);
    case 'no-head':
      return blobProblem(
        channel,
        `${channelText} has no head: every entry is replaced or skipped.`,
      );
    case 'several-heads':
      return blobProblem(
        channel,
        `${channelText} has ${fault.heads.length} heads: ${joinNames(fault.heads)}.`,
        { hint: 'Let one of them replace or skip the others; a skipRange does not count.' },
      );
    case 'cycle':
      return blobProblem(
        channel,
        `${channelText} has a cycle of replaces: ${joinNames(fault.path, ' -> ')}.`,
      );
    case 'stranded':
      return blobProblem(
        channel,
        `${channelText} strands ${joinNames(fault.entries)}: no chain of replaces from the head leads there, and nothing skips it.`,
      );
    default:
      return assertNever(fault);
  }
}
