import { readPort } from '../base/image-ref.ts';
import { formatProblemLine } from '../base/problem.ts';
import { listBundleImages } from '../catalog/list-images.ts';
import type { Catalog } from '../catalog/types.ts';
import { listServedIndexes, type ServedIndexImage } from '../cluster/find-served.ts';
import { KINDS_IN_USE } from '../cluster/kinds-in-use.ts';
import { listMirrored, listMirrorHosts } from '../cluster/list-mirrored.ts';
import { listMirrorRules, type MirrorRule } from '../cluster/mirror-rules.ts';
import { type ClusterObject, readClusterObjects } from '../cluster/read-objects.ts';
import type { OwnRegistries } from '../images/own-addresses.ts';
import type { PerRole } from '../manifest/types.ts';
import { resolveHost } from '../registry/resolve-host.ts';
import type { CommandContext } from './context.ts';
import type { LivePlace } from './live-options.ts';
import { readClusterFolder } from './read-cluster-folder.ts';
import { readLiveCluster } from './read-live-cluster.ts';
import type { Wiring } from './wire.ts';

/** What the objects of clusters tell of a site. */
export interface ClusterStudy {
  readonly objects: readonly ClusterObject[];
  readonly mirrorRules: readonly MirrorRule[];
  readonly served: readonly ServedIndexImage[];
}

/** Where objects of clusters are; null for none. */
export interface ClusterPlaces {
  readonly clusterResources: string | null;
  readonly live: LivePlace | null;
}

/** Reads a folder of objects and a running cluster. What is no object, and what could not be seen, is warned of. */
export async function studyClusters(
  { clusterResources, live }: ClusterPlaces,
  context: Pick<CommandContext, 'console' | 'signal'>,
  wiring: Pick<Wiring, 'openCluster'>,
): Promise<ClusterStudy> {
  const objects = [
    ...(clusterResources === null ? [] : await readFolder(clusterResources, context)),
    ...(live === null ? [] : await readLive(live, context, wiring)),
  ];
  return {
    objects,
    mirrorRules: listMirrorRules(objects),
    served: listServedIndexes(objects),
  };
}

async function readFolder(
  folder: string,
  { console }: Pick<CommandContext, 'console'>,
): Promise<readonly ClusterObject[]> {
  const read = (await readClusterFolder(folder)).map(({ path, text }) =>
    readClusterObjects(path, text),
  );
  for (const problem of read.flatMap(({ problems }) => problems))
    console.warn(formatProblemLine({ ...problem, severity: 'warning' }));
  return read.flatMap((file) => file.objects);
}

async function readLive(
  live: LivePlace,
  { console, signal }: Pick<CommandContext, 'console' | 'signal'>,
  wiring: Pick<Wiring, 'openCluster'>,
): Promise<readonly ClusterObject[]> {
  const reader = await wiring.openCluster(live);
  const { objects, unseen } = await readLiveCluster(reader, KINDS_IN_USE, signal);
  for (const { kind, message } of unseen)
    console.warn(
      formatProblemLine({
        severity: 'warning',
        code: 'CLUSTER_UNREADABLE',
        message: `Objects of kind ${kind} were not seen. ${message ?? ''}`,
        hint: 'Grant what deploy/kubernetes/in-use-rbac.yaml grants.',
        file: reader.server,
      }),
    );
  return objects;
}

/** The references that the bundles of catalogs name. */
export function listReferences(catalogs: readonly Catalog[]): ReadonlySet<string> {
  const references = new Set<string>();
  for (const { image, relatedImages } of catalogs.flatMap((catalog) => [
    ...listBundleImages(catalog),
  ]))
    for (const reference of [image, ...relatedImages]) references.add(reference);
  references.delete('');
  return references;
}

export interface SiteHosts {
  readonly hosts: PerRole<string>;
  /** Other names of the registries, as this machine resolves them. */
  readonly aliases: PerRole<readonly string[]>;
}

/**
 * Finds other names of two registries among hosts that clusters and catalogs name: those with the same port, written
 * down, and an address that one of them has. Without a port one address may stand for many registries.
 */
export async function findAliases(
  hosts: PerRole<string>,
  named: readonly string[],
): Promise<SiteHosts['aliases']> {
  const others = [...new Set(named)].filter(
    (host) => host !== hosts.production && host !== hosts.staging,
  );
  const [production, staging] = await Promise.all([
    findSame(hosts.production, others),
    findSame(hosts.staging, others),
  ]);
  return { production, staging };
}

async function findSame(host: string, others: readonly string[]): Promise<readonly string[]> {
  const port = readPort(host);
  const candidates = port === null ? [] : others.filter((other) => readPort(other) === port);
  if (candidates.length === 0) return [];
  const own = await resolveHost(host);
  const same = await Promise.all(
    candidates.map(async (other) => {
      const addresses = await resolveHost(other);
      return addresses.some((address) => own.includes(address)) ? [other] : [];
    }),
  );
  return same.flat().toSorted();
}

/** Hosts that mirror rules, served indexes and references name. */
export function listNamedHosts(
  { mirrorRules, served }: ClusterStudy,
  references: Iterable<string>,
): readonly string[] {
  const hosts = new Set(listMirrorHosts(mirrorRules));
  for (const { ref } of served) hosts.add(ref.registry);
  for (const reference of references) {
    const slash = reference.indexOf('/');
    if (slash > 0) hosts.add(reference.slice(0, slash));
  }
  return [...hosts];
}

/** What clusters are told of both registries. */
export function describeOwn(
  { hosts, aliases }: SiteHosts,
  { mirrorRules }: Pick<ClusterStudy, 'mirrorRules'>,
): OwnRegistries {
  const all = {
    production: [hosts.production, ...aliases.production],
    staging: [hosts.staging, ...aliases.staging],
  };
  return {
    hosts: all,
    mirrored: {
      production: listMirrored(mirrorRules, all.production),
      staging: listMirrored(mirrorRules, all.staging),
    },
  };
}
