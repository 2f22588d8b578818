import { listField, textField } from './blob-fields.ts';
import { hasEdges, isExpired, listActiveBridges } from './bridge-channel.ts';
import { findBridgeFaults } from './find-bridge-faults.ts';
import { isSound, judgeChannel } from './judge-channel.ts';
import { findChannel, settleChannel } from './merge-channels.ts';
import type { BridgeEdges, DeclaredBridge, MergeNote, PackageMerge } from './merge-types.ts';
import type { Blob, CatalogPackage } from './types.ts';

/** Says of every bridge of a package what became of it, in the order of the declarations. */
export function noteBridges(merged: CatalogPackage, merge: PackageMerge): void {
  const packages = new Map([[merged.name, merged]]);
  const { bridges, today } = merge.options.declared ?? { bridges: [], today: '' };
  for (const bridge of bridges.filter((candidate) => candidate.package === merged.name)) {
    if (isExpired(bridge, today)) merge.notes.push(noteExpired(bridge));
    else noteFate(bridge, packages, merge);
  }
}

/** The note on a bridge of a package that neither side has. */
export function noteUnusedBridge(
  bridge: DeclaredBridge,
  packages: ReadonlyMap<string, CatalogPackage>,
): MergeNote {
  const [fault] = findBridgeFaults(bridge, packages).filter(({ kind }) => kind === 'nowhere');
  const why = fault === undefined ? '' : ` ${fault.message} ${fault.hint}`;
  return noteOf(bridge, 'bridge-unused', `The bridge at ${placeOf(bridge)} does nothing.${why}`);
}

function noteFate(
  bridge: DeclaredBridge,
  packages: ReadonlyMap<string, CatalogPackage>,
  merge: PackageMerge,
): void {
  const { base, incoming } = merge.sides;
  const faults = findBridgeFaults(bridge, packages, [base, incoming]);
  const unreadable = faults.find(({ kind }) => kind === 'unreadable');
  if (unreadable !== undefined) {
    addBadBridge([bridge], `${unreadable.message} ${unreadable.hint}`, merge);
    return;
  }
  if (faults.some(({ kind }) => kind === 'nowhere')) {
    merge.notes.push(noteUnusedBridge(bridge, packages));
    return;
  }
  const doubts = faults.map(({ message, hint }) => ` ${message} ${hint}`).join('');
  const edges = `"${bridge.bundle}" ${formatEdges(bridge)} in the channel "${bridge.channel}" of the package "${bridge.package}"`;
  merge.notes.push(
    isDelivered(bridge, merge)
      ? noteOf(
          bridge,
          'bridge-idle',
          `The bridge at ${placeOf(bridge)} is not needed for this delivery, in which ${edges} anyway.`,
        )
      : noteOf(
          bridge,
          'bridge-applied',
          `By the bridge at ${placeOf(bridge)} ${edges}: ${bridge.reason} (${bridge.by}${bridge.until === null ? '' : `, until ${bridge.until}`}).${doubts}`,
        ),
  );
}

function noteExpired(bridge: DeclaredBridge): MergeNote {
  return noteOf(
    bridge,
    'bridge-expired',
    `The bridge at ${placeOf(bridge)} expired on ${bridge.until} and was not applied: "${bridge.bundle}" ${formatEdges(bridge)}. An edge that an earlier merge wrote stays until somebody takes it out of Git. Renew its \`until\`, or remove it.`,
  );
}

// A package that was not delivered is its own delivery.
function isDelivered(bridge: DeclaredBridge, { sides }: PackageMerge): boolean {
  const channel = findChannel(sides.incoming, bridge.channel);
  return (
    sides.incoming !== sides.base &&
    channel !== undefined &&
    listField(channel.value, 'entries').some(
      (entry) => textField(entry, 'name') === bridge.bundle && hasEdges(entry, bridge),
    )
  );
}

/**
 * The declared bridges without which a channel would be sound. Each one that breaks it alone or,
 * where it takes several, all of them.
 */
export function findGuiltyBridges(
  channel: Blob,
  merged: CatalogPackage,
  merge: PackageMerge,
): readonly DeclaredBridge[] {
  const { declared } = merge.options;
  const place = { package: channel.package, channel: channel.name };
  const active = listActiveBridges(place, merge.options);
  if (declared === undefined || active.length === 0) return [];
  const { today } = declared;
  function isSoundWithout(left: readonly DeclaredBridge[]): boolean {
    const bridges = active.filter((bridge) => !left.includes(bridge));
    const options = { ...merge.options, declared: { bridges, today } };
    const silent: PackageMerge = { ...merge, options, gaps: [], notes: [] };
    return isSound(judgeChannel(settleChannel(channel, silent), merged, silent));
  }
  const alone = active.filter((bridge) => isSoundWithout([bridge]));
  return alone.length === 0 && isSoundWithout(active) ? active : alone;
}

export function addBadBridge(
  bridges: readonly DeclaredBridge[],
  why: string,
  { gaps }: Pick<PackageMerge, 'gaps'>,
): void {
  const [first] = bridges;
  if (first === undefined) return;
  const places = bridges.map(placeOf).join(' and ');
  gaps.push({
    kind: 'bad-bridge',
    package: first.package,
    channel: first.channel,
    message: `The bridge at ${places}, by which ${bridges.map((bridge) => `"${bridge.bundle}" ${formatEdges(bridge)}`).join(' and ')}, breaks the merge. ${why}`,
    hint: 'Correct it or remove it, then merge again.',
    bundles: bridges.map(({ bundle }) => bundle),
    bridges: [],
  });
}

function noteOf(bridge: DeclaredBridge, kind: MergeNote['kind'], message: string): MergeNote {
  const { package: pkg, channel, bundle } = bridge;
  return { kind, package: pkg, channel, bundle, message };
}

function placeOf({ file, line }: DeclaredBridge): string {
  return `${file}:${line}`;
}

/** `replaces a, skips b, c and has the skipRange <1.0.0 on top`. */
function formatEdges({ replaces, skips, skipRange }: BridgeEdges): string {
  const parts = [
    ...(replaces === '' ? [] : [`replaces ${replaces}`]),
    ...(skips.length === 0 ? [] : [`skips ${skips.join(', ')}`]),
    ...(skipRange === '' ? [] : [`upgrades the versions in ${skipRange}`]),
  ];
  return parts.join(' and ');
}
