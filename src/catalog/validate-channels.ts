import type { Problem } from '../base/problem.ts';
import { type ChannelEntry, readEntries } from './blob-fields.ts';
import { blobProblem, listRepeated } from './blob-problem.ts';
import { buildChannelGraph, findGraphFaults, type GraphFault } from './channel-graph.ts';
import type { Blob, CatalogPackage } from './types.ts';
import { tryParseVersionRange } from './version-range.ts';

/** Faults of the channels of a package: names, entries, upgrade graph. */
export function validateChannels(pkg: CatalogPackage): readonly Problem[] {
  const repeated = listRepeated(pkg.channels).map((blob) =>
    blobProblem(blob, `The channel "${blob.name}" stands in the package "${pkg.name}" twice.`),
  );
  const bundles = new Set(pkg.bundles.map((bundle) => bundle.name));
  return [...repeated, ...pkg.channels.flatMap((channel) => validateChannel(channel, bundles))];
}

function validateChannel(channel: Blob, bundles: ReadonlySet<string>): readonly Problem[] {
  const entries = readEntries(channel);
  const nameless =
    channel.name === ''
      ? [blobProblem(channel, `A channel of the package "${channel.package}" has no name.`)]
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
  const names = entries.map((entry) => entry.name);
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  return repeated.map((name) =>
    blobProblem(channel, `The channel "${channel.name}" has the entry "${name}" twice.`, {
      bundle: name,
    }),
  );
}

function validateEntry(
  channel: Blob,
  entry: ChannelEntry,
  bundles: ReadonlySet<string>,
): readonly Problem[] {
  const problems: Problem[] = [];
  const add = (message: string): void => {
    problems.push(blobProblem(channel, message, { bundle: entry.name }));
  };
  const place = `of the channel "${channel.name}"`;
  if (entry.name === '') add(`An entry ${place} has no name.`);
  else if (!bundles.has(entry.name))
    add(
      `The entry "${entry.name}" ${place} has no olm.bundle in the package "${channel.package}".`,
    );
  if (entry.skips.includes('')) add(`The entry "${entry.name}" ${place} skips an empty name.`);
  if (entry.skipRange !== '' && tryParseVersionRange(entry.skipRange) === null)
    add(
      `The skipRange "${entry.skipRange}" of the entry "${entry.name}" ${place} is not a version range.`,
    );
  return problems;
}

function describeGraphFault(channel: Blob, fault: GraphFault): Problem {
  const channelText = `The channel "${channel.name}" of the package "${channel.package}"`;
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
        `${channelText} has ${fault.heads.length} heads: ${fault.heads.join(', ')}.`,
        { hint: 'Let one of them replace or skip the others; a skipRange does not count.' },
      );
    case 'cycle':
      return blobProblem(
        channel,
        `${channelText} has a cycle of replaces: ${fault.path.join(' -> ')}.`,
      );
    case 'stranded':
      return blobProblem(
        channel,
        `${channelText} strands ${fault.entries.join(', ')}: no chain of replaces from the head leads there, and nothing skips it.`,
      );
  }
}
