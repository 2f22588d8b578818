import type { Problem } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { isDay } from './day.ts';
import { formatFaults, readChecked } from './parse-record.ts';
import { inUseSchema, type RawInUse } from './schemas.ts';
import type { InstalledVersion, PackageUse } from './types.ts';
import type { YamlDocument } from './yaml-document.ts';

/** Path in the state repository. */
export const IN_USE_FILE = 'in-use.yaml';

/** What `in-use.yaml` says. */
export interface InUse {
  /** Names of the clusters. */
  readonly clusters: readonly string[];
  /** Subscriptions and ClusterExtensions, those included of which nothing is installed yet. */
  readonly uses: readonly PackageUse[];
}

/** Lists what every cluster has installed. Throws as `parseUses` does. */
export function parseInUse(text: string): readonly InstalledVersion[] {
  return listInstalled(parseUses(text));
}

/** Reads the whole file. Throws `MANIFEST_IN_USE_INVALID`, which names every fault and its place. */
export function parseUses(text: string): InUse {
  const { value, document, problems } = readChecked(text, IN_USE_FILE, {
    check: inUseSchema,
    code: 'MANIFEST_IN_USE_INVALID',
  });
  const faults = value === null ? problems : checkDays(value, document);
  if (value !== null && faults.length === 0) {
    const { clusters } = value.spec;
    return { clusters: clusters.map(({ name }) => name), uses: clusters.flatMap(listUses) };
  }
  throw new ToolError(
    'MANIFEST_IN_USE_INVALID',
    `${IN_USE_FILE} is not valid, so nobody knows what is installed:\n${formatFaults(faults)}`,
    { hint: 'Correct the lines named above; schemas/in-use.schema.json describes the file.' },
  );
}

/** What clusters have installed already. */
export function listInstalled({ uses }: InUse): readonly InstalledVersion[] {
  return uses.flatMap(({ bundle, ...use }) => (bundle === null ? [] : [{ ...use, bundle }]));
}

type RawCluster = RawInUse['spec']['clusters'][number];

function listUses(cluster: RawCluster): readonly PackageUse[] {
  const place = { cluster: cluster.name, seen: cluster.seen ?? null };
  const subscriptions = (cluster.subscriptions ?? []).map((raw) => ({
    ...place,
    user: `Subscription ${raw.namespace === undefined || raw.namespace === null ? '' : `${raw.namespace}/`}${raw.name}`,
    package: raw.package,
    bundle: raw.installed,
    source: raw.source ?? null,
  }));
  const extensions = (cluster.clusterExtensions ?? []).map((raw) => ({
    ...place,
    user: `ClusterExtension ${raw.name}`,
    package: raw.package,
    bundle: raw.installed,
    source: null,
  }));
  return [...subscriptions, ...extensions];
}

function checkDays(value: RawInUse, document: YamlDocument): readonly Problem[] {
  return value.spec.clusters.flatMap(({ seen }, index) => {
    if (typeof seen !== 'string' || isDay(seen)) return [];
    return [
      {
        severity: 'error' as const,
        code: 'MANIFEST_IN_USE_INVALID' as const,
        message: `There is no day ${seen}.`,
        hint: 'Write a date such as 2026-11-20.',
        file: document.file,
        ...document.placeOf(['spec', 'clusters', index, 'seen']),
      },
    ];
  });
}
