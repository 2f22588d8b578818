import { type BundleProperty, readEntries, readProperties, textField } from './blob-fields.ts';
import { buildChannelGraph, findHead } from './channel-graph.ts';
import { readCsvMetadata } from './csv-metadata.ts';
import type { MergeNote, PackageMerge } from './merge-types.ts';
import {
  compareOpenShift,
  formatOpenShift,
  kubernetesMinorOf,
  nextOpenShift,
  type OpenShiftVersion,
  openShiftOfKubernetes,
  parseOpenShiftVersion,
} from './openshift-version.ts';
import {
  isJsonArray,
  isJsonObject,
  isRawNumber,
  ownField,
  parseJsonKeepingNumbers,
} from './raw-json.ts';
import type { Blob, CatalogPackage, JsonObject, JsonValue } from './types.ts';

/** Which clusters a bundle is for, as it says itself. */
interface OpenShiftLimits {
  /** The last OpenShift that OLM lets a cluster be upgraded to while the bundle is installed. */
  readonly max: OpenShiftVersion | null;
  /** The first Kubernetes on which OLM installs the bundle. */
  readonly minKube: KubernetesVersion | null;
}

interface KubernetesVersion {
  readonly text: string;
  readonly minor: number;
  readonly patch: number;
}

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
  const head = findHeadBundle(merged, channel);
  const oldChannel = base.channels.find((candidate) => candidate.name === channel.name);
  const before = oldChannel === undefined ? undefined : findHeadBundle(base, oldChannel);
  if (head === undefined || head === before) return [];
  const isNew = oldChannel === undefined;
  const openshift = merge.options.openshift ?? null;
  if (isNew && openshift === null) return [];
  const limits = readLimits(head);
  const old = before === undefined ? NO_LIMITS : readLimits(before);
  const common = { head, channel: channel.name, limits };
  return [
    ...(isLowerMax(limits, old) && bitesAbove(limits.max, openshift)
      ? [
          {
            ...common,
            kind: 'max-openshift' as const,
            old: old.max === null ? '' : formatOpenShift(old.max),
          },
        ]
      : []),
    ...(isHigherKube(limits, old) && bitesBelow(limits.minKube, openshift)
      ? [{ ...common, kind: 'min-kubernetes' as const, old: old.minKube?.text ?? '' }]
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

// A cluster of that very release cannot go to the next one either.
function bitesAbove(max: OpenShiftVersion | null, openshift: OpenShiftVersion | null): boolean {
  return openshift === null || (max !== null && compareOpenShift(max, openshift) <= 0);
}

function bitesBelow(
  minKube: KubernetesVersion | null,
  openshift: OpenShiftVersion | null,
): boolean {
  return openshift === null || (minKube !== null && minKube.minor > kubernetesMinorOf(openshift));
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

function readLimits(bundle: Blob): OpenShiftLimits {
  const metadata = readCsvMetadata(bundle);
  return {
    max: readMax(bundle, metadata),
    minKube: parseKubernetes(textField(metadata ?? {}, 'minKubeVersion')),
  };
}

// OLM takes one value at most; of several the lowest is the one to hear of.
function readMax(bundle: Blob, metadata: JsonObject | null): OpenShiftVersion | null {
  const own = readProperties(bundle).filter(isMaxProperty);
  const values = own.length > 0 ? own : readProjected(metadata).filter(isMaxProperty);
  const versions = values.flatMap(({ value }) => parseMax(value) ?? []);
  return versions.toSorted(compareOpenShift)[0] ?? null;
}

function isMaxProperty({ type }: BundleProperty): boolean {
  return type === 'olm.maxOpenShiftVersion';
}

// A number too: its text decides, since 4.10 is not 4.1.
function parseMax(value: JsonValue | undefined): OpenShiftVersion | null {
  if (typeof value === 'string') return parseOpenShiftVersion(value);
  if (typeof value === 'number') return parseOpenShiftVersion(String(value));
  return isRawNumber(value) ? parseOpenShiftVersion(value.rawJSON) : null;
}

/** The properties in the CSV's annotation `olm.properties`, where OLM looks for them on a cluster. */
function readProjected(metadata: JsonObject | null): readonly BundleProperty[] {
  const text = textField(metadata?.['annotations'], 'olm.properties');
  const list = text === '' ? null : tryParse(text);
  if (!isJsonArray(list)) return [];
  return list.map((item) => ({
    type: textField(item, 'type'),
    value: isJsonObject(item) ? ownField(item, 'value') : undefined,
  }));
}

function tryParse(text: string): JsonValue {
  try {
    return parseJsonKeepingNumbers(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function parseKubernetes(text: string): KubernetesVersion | null {
  const match = /^v?1\.(\d{1,4})(?:\.(\d{1,6}))?(?:[-+].*)?$/.exec(text.trim());
  return match === null
    ? null
    : { text: text.trim(), minor: Number(match[1]), patch: Number(match[2] ?? 0) };
}
