import { formatCount } from '../base/text.ts';
import {
  type ChannelEntry,
  readBundleFacts,
  readDefaultChannel,
  readEntries,
  readProperties,
} from '../catalog/blob-fields.ts';
import { formatFree } from '../catalog/cache/format-go.ts';
import { findDeprecation } from '../catalog/cache/package-face.ts';
import { buildChannelGraph, findHead } from '../catalog/channel-graph.ts';
import type { Blob, Catalog, CatalogPackage } from '../catalog/types.ts';
import type { ServedBundle, ServedPackage } from './served-types.ts';

/** A bundle in a channel as the catalog has it. */
export interface ExpectedBundle extends Omit<ServedBundle, 'csv'> {
  /** The catalog has what opm serves as its ClusterServiceVersion. */
  readonly hasCsv: boolean;
}

export interface ExpectedPackage extends ServedPackage {
  readonly bundles: readonly ExpectedBundle[];
}

/** What opm must answer, read out of the catalog itself and not out of its cache. Custom schemas alone make no package. */
export function listExpected(catalog: Catalog): readonly ExpectedPackage[] {
  return [...catalog.packages.values()].filter((pkg) => pkg.packages.length > 0).map(expectPackage);
}

function expectPackage(pkg: CatalogPackage): ExpectedPackage {
  const bundles = new Map(pkg.bundles.map((bundle) => [bundle.name, bundle]));
  return {
    name: pkg.name,
    defaultChannel: readDefaultChannel(pkg),
    deprecation: findDeprecation(pkg, 'olm.package', ''),
    channels: pkg.channels.map((channel) => ({
      name: channel.name,
      head: findHead(buildChannelGraph(readEntries(channel))) ?? '',
      deprecation: findDeprecation(pkg, 'olm.channel', channel.name),
    })),
    bundles: pkg.channels.flatMap((channel) =>
      readEntries(channel).flatMap((entry) => {
        const bundle = bundles.get(entry.name);
        return bundle === undefined ? [] : [expectBundle(pkg, { channel, entry, bundle })];
      }),
    ),
  };
}

function expectBundle(
  pkg: CatalogPackage,
  { channel, entry, bundle }: { channel: Blob; entry: ChannelEntry; bundle: Blob },
): ExpectedBundle {
  const { version, image, manifests, metadata } = readBundleFacts(bundle);
  return {
    package: pkg.name,
    channel: channel.name,
    ...entry,
    version: version.version,
    image,
    properties: readProperties(bundle)
      .filter(({ type }) => type !== 'olm.bundle.object' && type !== 'olm.csv.metadata')
      .map(({ type, value }) => ({ type, value: formatFree(value ?? null) })),
    deprecation: findDeprecation(pkg, 'olm.bundle', bundle.name),
    hasCsv: manifests > 0 || metadata > 0,
  };
}

/** How the names of packages differ from the catalog's; a line a difference, none for none. */
export function comparePackageNames(
  expected: readonly ExpectedPackage[],
  served: readonly string[],
): readonly string[] {
  const names = expected.map(({ name }) => name);
  return compareNames(names, served).map((line) => `package ${line}`);
}

/** How a package differs; a line a difference. */
export function comparePackage(
  expected: ExpectedPackage,
  served: ServedPackage,
): readonly string[] {
  const { name } = expected;
  const channels = new Map(served.channels.map((channel) => [channel.name, channel]));
  return [
    ...compareFields(expected, served, ['name', 'defaultChannel', 'deprecation']),
    ...compareNames(
      expected.channels.map((channel) => channel.name),
      served.channels.map((channel) => channel.name),
    ).map((line) => `channel ${line}`),
    ...expected.channels.flatMap((channel) => {
      const found = channels.get(channel.name);
      if (found === undefined) return [];
      const lines = compareFields(channel, found, ['head', 'deprecation']);
      return lines.map((line) => `channel ${channel.name}: ${line}`);
    }),
  ].map((line) => `${name}: ${line}`);
}

const LISTED = [
  'version',
  'image',
  'skipRange',
  'replaces',
  'skips',
  'properties',
  'deprecation',
] as const;
/** opm leaves the edges out where one bundle is asked for. */
const ASKED = LISTED.filter((field) => field !== 'replaces' && field !== 'skips');

/** How the entries of all channels differ; a line a difference. */
export function compareBundleList(
  expected: readonly ExpectedBundle[],
  served: readonly ServedBundle[],
): readonly string[] {
  const found = new Map(served.map((bundle) => [nameEntry(bundle), bundle]));
  return [
    ...compareNames(expected.map(nameEntry), served.map(nameEntry)).map((line) => `bundle ${line}`),
    ...expected.flatMap((bundle) => {
      const name = nameEntry(bundle);
      const answer = found.get(name);
      if (answer === undefined) return [];
      return compareFields(bundle, answer, LISTED).map((line) => `${name}: ${line}`);
    }),
  ];
}

/** How one bundle that was asked for differs, its ClusterServiceVersion among it; a line a difference. */
export function compareBundle(expected: ExpectedBundle, served: ServedBundle): readonly string[] {
  const csv = describeCsvFault(expected, served.csv);
  return [
    ...compareFields(expected, served, ['package', 'channel', 'name', ...ASKED]),
    ...(csv === null ? [] : [csv]),
  ].map((line) => `${nameEntry(expected)}: ${line}`);
}

/** `package/channel/bundle`. */
function nameEntry(bundle: Pick<ServedBundle, 'package' | 'channel' | 'name'>): string {
  return `${bundle.package}/${bundle.channel}/${bundle.name}`;
}

function describeCsvFault({ hasCsv }: ExpectedBundle, csv: string): string | null {
  if (!hasCsv) return null;
  if (csv === '') return 'its ClusterServiceVersion is not served';
  try {
    const value: unknown = JSON.parse(csv);
    const kind: unknown = Object(value) === value ? Reflect.get(Object(value), 'kind') : null;
    return kind === 'ClusterServiceVersion'
      ? null
      : `its ClusterServiceVersion is of the kind ${String(kind)}`;
  } catch {
    return 'its ClusterServiceVersion is no JSON';
  }
}

function compareNames(expected: readonly string[], served: readonly string[]): readonly string[] {
  const wanted = new Set(expected);
  const counts = new Map<string, number>();
  for (const name of served) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [
    ...[...wanted].filter((name) => !counts.has(name)).map((name) => `${name} is not served`),
    ...[...counts.keys()]
      .filter((name) => !wanted.has(name))
      .map((name) => `${name} is served, and the catalog has none of that name`),
    ...[...counts]
      .filter(([name, count]) => wanted.has(name) && count > 1)
      .map(([name, count]) => `${name} is served ${formatCount(count, 'time')}`),
  ];
}

function compareFields<K extends string>(
  expected: Readonly<Record<K, unknown>>,
  served: Readonly<Record<K, unknown>>,
  fields: readonly K[],
): readonly string[] {
  return fields.flatMap((field) => {
    const [wanted, found] = [showValue(expected[field]), showValue(served[field])];
    return wanted === found ? [] : [`${field} is ${found}, and the catalog says ${wanted}`];
  });
}

function showValue(value: unknown): string {
  if (value === null || value === '') return 'empty';
  if (typeof value === 'string') return value;
  return Array.isArray(value) && value.length === 0 ? 'empty' : JSON.stringify(value);
}
