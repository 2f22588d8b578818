import { readEntries } from './blob-fields.ts';
import { type OpenShiftLimits, readLimits } from './bundle-limits.ts';
import { buildChannelGraph, findHead } from './channel-graph.ts';
import type { MergeNote, PackageMerge } from './merge-types.ts';
import {
  compareOpenShift,
  formatOpenShift,
  kubernetesMinorOf,
  nextOpenShift,
  type OpenShiftVersion,
  openShiftOfKubernetes,
} from './openshift-version.ts';
import type { Blob, CatalogPackage } from './types.ts';

/**
 * Notes the channels whose new head holds clusters back more than the head of the base did: heads
 * are what new installations and upgrades get. Where `options.openshift` says which OpenShift the
 * catalog is for, only limits that bite there count, and those of new channels count too.
 */
export function addLimitNotes(merged: CatalogPackage, merge: PackageMerge): void {
  const groups = new Map<string, Finding[]>();
  for (const finding of merged.channels.flatMap((channel) => findNews(channel, merged, merge))) {
    const key = JSON.stringify([finding.kind, finding.head.name, finding.old]);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  for (const group of groups.values()) merge.notes.push(...describeGroup(group, merge));
}

interface Finding {
  readonly kind: 'max-openshift' | 'min-kubernetes';
  readonly head: Blob;
  readonly channel: string;
  /** What the head of the base said; empty for nothing. */
  readonly old: string;
  readonly limits: OpenShiftLimits;
}

function findNews(channel: Blob, merged: CatalogPackage, merge: PackageMerge): readonly Finding[] {
  const { base } = merge.sides;
  const { openshift = null } = merge.options;
  const head = findHeadBundle(merged, channel);
  const old = base.channels.find((candidate) => candidate.name === channel.name);
  if (head === undefined || (old === undefined && openshift === null)) return [];
  const before = old === undefined ? undefined : findHeadBundle(base, old);
  if (head === before) return [];
  const limits = readLimits(head);
  const found = { head, channel: channel.name, limits };
  return compareLimits(limits, before === undefined ? NO_LIMITS : readLimits(before))
    .filter(({ kind }) => bites(kind, limits, openshift))
    .map((change) => ({ ...found, ...change }));
}

/** Where a bundle is for fewer clusters than one before, and what that one said. */
function compareLimits(
  limits: OpenShiftLimits,
  old: OpenShiftLimits,
): readonly Pick<Finding, 'kind' | 'old'>[] {
  const max = old.max === null ? '' : formatOpenShift(old.max);
  return [
    ...(isLowerMax(limits, old) ? [{ kind: 'max-openshift' as const, old: max }] : []),
    ...(isHigherKube(limits, old)
      ? [{ kind: 'min-kubernetes' as const, old: old.minKube?.text ?? '' }]
      : []),
  ];
}

const NO_LIMITS: OpenShiftLimits = { max: null, minKube: null };

function findHeadBundle(pkg: CatalogPackage, channel: Blob): Blob | undefined {
  const name = findHead(buildChannelGraph(readEntries(channel)));
  return pkg.bundles.find((bundle) => bundle.name === name);
}

function isLowerMax({ max }: OpenShiftLimits, old: OpenShiftLimits): boolean {
  return max !== null && (old.max === null || compareOpenShift(max, old.max) < 0);
}

function isHigherKube({ minKube }: OpenShiftLimits, old: OpenShiftLimits): boolean {
  return (
    minKube !== null &&
    (old.minKube === null ||
      (minKube.minor - old.minKube.minor || minKube.patch - old.minKube.patch) > 0)
  );
}

function bites(
  kind: Finding['kind'],
  { max, minKube }: OpenShiftLimits,
  openshift: OpenShiftVersion | null,
): boolean {
  if (openshift === null) return true;
  // A cluster of that very release cannot go to the next one either.
  if (kind === 'max-openshift') return max !== null && compareOpenShift(max, openshift) <= 0;
  return minKube !== null && minKube.minor > kubernetesMinorOf(openshift);
}

function describeGroup(group: readonly Finding[], merge: PackageMerge): readonly MergeNote[] {
  const [first] = group;
  if (first === undefined) return [];
  const { head, kind, limits, old } = first;
  const channels = group.map(({ channel }) => `"${channel}"`).join(', ');
  const where = `The head "${head.name}" of the channel${group.length === 1 ? '' : 's'} ${channels} of the package "${head.package}"`;
  const { openshift = null } = merge.options;
  const catalog =
    openshift === null ? '' : ` The catalog is for OpenShift ${formatOpenShift(openshift)}.`;
  const says = kind === 'max-openshift' ? describeMax(limits, old) : describeKube(limits, old);
  return [
    {
      kind,
      package: head.package,
      channel: group.length === 1 ? first.channel : null,
      bundle: head.name,
      message: `${where} ${says}${catalog}`,
    },
  ];
}

function describeMax({ max }: OpenShiftLimits, old: string): string {
  if (max === null) return '';
  const before = old === '' ? 'the head before had no such limit' : `${old} before`;
  return `is made for OpenShift up to ${formatOpenShift(max)} (olm.maxOpenShiftVersion; ${before}): while it is installed, OLM blocks the upgrade of a cluster to ${formatOpenShift(nextOpenShift(max))}.`;
}

function describeKube({ minKube }: OpenShiftLimits, old: string): string {
  if (minKube === null) return '';
  const release = openShiftOfKubernetes(minKube.minor);
  const named = release === null ? '' : `, which is OpenShift ${formatOpenShift(release)}`;
  const before = old === '' ? '' : `; ${old} before`;
  return `asks for Kubernetes ${minKube.text} or later (minKubeVersion${before})${named}: on an older cluster OLM refuses to install it or to upgrade to it.`;
}
