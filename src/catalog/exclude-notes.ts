import { readVersions } from './blob-fields.ts';
import { readHead } from './diff-channels.ts';
import type { ContentExclusion, TakenContent } from './exclude-types.ts';
import type { MergeNote } from './merge-types.ts';
import { listOffers } from './olm-walk.ts';
import type { CatalogPackage } from './types.ts';
import { buildUpgradeGraphs } from './upgrade-graph.ts';

/** The package with what was taken, and without; both undefined for what only the delivery had. */
export interface TakenFrom {
  readonly before: CatalogPackage | undefined;
  readonly after: CatalogPackage | undefined;
}

/** One note for each exclusion that took something: what it was, and what that means. */
export function noteTaken(taken: readonly TakenContent[], from: TakenFrom): readonly MergeNote[] {
  return taken.map(({ exclusion, bundles, channels }, index) => {
    const { place, reason } = exclusion;
    const what = describeExclusion(exclusion);
    const by = `by ${place} (${reason.replace(/[.\s]+$/, '')})`;
    const effects =
      from.before === undefined
        ? []
        : [
            ...(index === 0 ? describeHeads(from.before, from.after) : []),
            ...describeClusters(bundles, from.before, from.after),
            'Images that production holds stay there.',
          ];
    const gone =
      exclusion.bundle === null || channels.length === 0
        ? []
        : [`Nothing else was in the channel ${channels.map((it) => `"${it}"`).join(', ')}.`];
    const head =
      from.before === undefined
        ? `The delivery brings ${what}; it is kept out ${by}.`
        : `Taken out of the catalog: ${what}, ${by}.`;
    return {
      kind: 'excluded',
      package: exclusion.package,
      channel: exclusion.channel,
      bundle: exclusion.bundle,
      message: [head, ...gone, ...effects].join(' '),
    };
  });
}

function describeHeads(
  before: CatalogPackage,
  after: CatalogPackage | undefined,
): readonly string[] {
  return (after?.channels ?? []).flatMap((channel) => {
    const old = before.channels.find(({ name }) => name === channel.name);
    const [was, is] = [
      old === undefined ? null : readHead(before, old)?.name,
      after === undefined ? null : readHead(after, channel)?.name,
    ];
    return was === is || is === null || is === undefined
      ? []
      : [`The head of the channel "${channel.name}" is now "${is}".`];
  });
}

/** What becomes of clusters that run what was taken, bundle by bundle. */
function describeClusters(
  bundles: readonly string[],
  before: CatalogPackage,
  after: CatalogPackage | undefined,
): readonly string[] {
  if (after === undefined) return ['Clusters that run it keep it, but get no upgrade from here.'];
  const graphs = buildUpgradeGraphs(after);
  const versions = readVersions(before);
  const stuck = bundles.filter((name) => {
    const version = versions.get(name) ?? null;
    return graphs.every((graph) => listOffers(graph.offered, { name, version }).length === 0);
  });
  if (stuck.length === 0) return [];
  return [
    `Clusters that run ${stuck.join(', ')} stay on it until a version comes that replaces or skips it.`,
  ];
}

export function describeExclusion({ package: pkg, channel, bundle }: ContentExclusion): string {
  if (bundle !== null) return `the bundle "${bundle}" of "${pkg}"`;
  return channel === null ? `the package "${pkg}"` : `the channel "${channel}" of "${pkg}"`;
}
