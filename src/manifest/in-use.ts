import type { Problem } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { isDay } from './day.ts';
import type { ObservedCluster } from './observed-cluster.ts';
import { formatFaults, readChecked } from './parse-record.ts';
import { inUseSchema, type RawCluster, type RawInUse } from './schemas.ts';
import type { FollowedPackage, InstalledVersion } from './types.ts';
import type { YamlDocument } from './yaml-document.ts';

/** Path in the state repository. */
export const IN_USE_FILE = 'in-use.yaml';

/** What `in-use.yaml` says. */
export interface InUse {
  /** Names of the clusters. */
  readonly clusters: readonly string[];
  /** Subscriptions and ClusterExtensions, those included of which nothing is installed yet. */
  readonly uses: readonly FollowedPackage[];
  /** References of images that run somewhere, whatever brought them; each once. */
  readonly images: readonly string[];
  readonly observed: readonly ObservedCluster[];
}

/** Lists what every cluster has installed. Throws as `parseUses` does. */
export function parseInUse(text: string): readonly InstalledVersion[] {
  return listInstalled(parseUses(text));
}

/** Reads the whole file. Throws `MANIFEST_IN_USE_INVALID`, which names every fault and its place. */
export function parseUses(text: string): InUse {
  const clusters = readRawInUse(text);
  const observed = clusters.map(buildObserved);
  return {
    clusters: clusters.map(({ name }) => name),
    uses: clusters.flatMap(listUses),
    images: [...new Set(observed.flatMap(({ images }) => images.map(({ image }) => image)))],
    observed,
  };
}

/** The clusters as they are written. Throws as `parseUses` does. */
export function readRawInUse(text: string): readonly RawCluster[] {
  const { value, document, problems } = readChecked(text, IN_USE_FILE, {
    check: inUseSchema,
    code: 'MANIFEST_IN_USE_INVALID',
  });
  const faults = value === null ? problems : checkDays(value, document);
  if (value !== null && faults.length === 0) return value.spec.clusters;
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

function listUses(cluster: RawCluster): readonly FollowedPackage[] {
  const place = { cluster: cluster.name, seen: cluster.seen ?? null };
  const subscriptions = (cluster.subscriptions ?? []).map(
    (raw): FollowedPackage => ({
      ...place,
      user: `Subscription ${raw.namespace === undefined || raw.namespace === null ? '' : `${raw.namespace}/`}${raw.name}`,
      package: raw.package,
      bundle: raw.installed,
      source: raw.source ?? null,
      sourceNamespace: raw.sourceNamespace ?? null,
      terms: {
        kind: 'Subscription',
        channel: raw.channel ?? null,
        approval: raw.approval ?? 'Automatic',
        pending: raw.pending ?? null,
      },
    }),
  );
  const extensions = (cluster.clusterExtensions ?? []).map(
    (raw): FollowedPackage => ({
      ...place,
      user: `ClusterExtension ${raw.name}`,
      package: raw.package,
      bundle: raw.installed,
      source: null,
      sourceNamespace: null,
      terms: {
        kind: 'ClusterExtension',
        channels: raw.channels ?? [],
        version: raw.version ?? null,
      },
    }),
  );
  return [...subscriptions, ...extensions];
}

function buildObserved(raw: RawCluster): ObservedCluster {
  const { release = null, bundles = [], images = [], mirrors = [], unseen = [] } = raw;
  return {
    name: raw.name,
    seen: raw.seen ?? null,
    release:
      release === null
        ? null
        : {
            image: null,
            channel: null,
            architecture: null,
            ...release,
            history: (release.history ?? []).map((entry) => ({ image: null, ...entry })),
          },
    bundles: bundles.map((bundle) => ({
      package: null,
      namespace: null,
      pending: false,
      ...bundle,
    })),
    images: images.map((image) => ({
      users: [],
      seen: null,
      ...(typeof image === 'string' ? { image } : image),
    })),
    mirrors: mirrors.map((mirror) => ({ exclusive: false, object: '', ...mirror })),
    unseen: unseen.map((kind) => ({ message: null, ...kind })),
  };
}

function checkDays(value: RawInUse, document: YamlDocument): readonly Problem[] {
  const written = value.spec.clusters.flatMap(({ seen, images = [] }, index) => [
    { seen, path: ['spec', 'clusters', index, 'seen'] },
    ...images.map((image, at) => ({
      seen: typeof image === 'string' ? null : image.seen,
      path: ['spec', 'clusters', index, 'images', at, 'seen'],
    })),
  ]);
  return written.flatMap(({ seen, path }) => {
    if (typeof seen !== 'string' || isDay(seen)) return [];
    return [
      {
        severity: 'error' as const,
        code: 'MANIFEST_IN_USE_INVALID' as const,
        message: `There is no day ${seen}.`,
        hint: 'Write a date such as 2026-11-20.',
        file: document.file,
        ...document.placeOf(path),
      },
    ];
  });
}
