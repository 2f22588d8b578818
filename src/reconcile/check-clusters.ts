import { formatProblemLine } from '../base/problem.ts';
import {
  findPointers,
  hasEnded,
  type Pointer,
  type RegistryNames,
} from '../cluster/find-pointers.ts';
import { MIRROR_KINDS } from '../cluster/mirror-rules.ts';
import { CLUSTER_FOLDER, type ClusterFile } from '../cluster/point-cluster-files.ts';
import { type ClusterObject, readClusterObjects } from '../cluster/read-objects.ts';
import {
  CLUSTER_KINDS,
  type ClusterKind,
  type Hindrance,
  type ReadCluster,
  type Unclear,
} from '../plan/staging-types.ts';

/** A folder of objects of clusters that was given. */
export interface GivenCluster {
  readonly folder: string;
  readonly files: readonly ClusterFile[];
}

export interface ClusterSubject {
  readonly given: readonly GivenCluster[];
  /** Below `cluster/` of the repository. */
  readonly declared: readonly ClusterFile[];
  /** Of which kinds clusters have no objects, as a person says. */
  readonly stated: readonly ClusterKind[];
}

export interface ClusterFindings {
  readonly clusters: readonly ReadCluster[];
  /** Of all given clusters, and those that Git declares. */
  readonly objects: readonly ClusterObject[];
  readonly hindrances: readonly Hindrance[];
  readonly unclear: readonly Unclear[];
}

/** Looks for objects of clusters that make them pull from staging, and says what was not given. */
export function checkClusters(
  { given, declared, stated }: ClusterSubject,
  names: RegistryNames,
): ClusterFindings {
  const all = [
    ...(declared.length === 0 ? [] : [{ folder: `${CLUSTER_FOLDER}/`, files: declared }]),
    ...given,
  ].map(readCluster);
  const objects = all.flatMap((cluster) => cluster.objects);
  const { pointers, suspects } = findPointers(objects, names);
  const clusters = all.map(({ counts }) => counts);
  const live = given.map(({ folder }) => clusters.find((it) => it.folder === folder));
  return {
    clusters,
    objects,
    hindrances: pointers.map(describePointer),
    unclear: [
      ...all.flatMap(({ unclear }) => unclear),
      ...(given.length === 0 ? [NONE_GIVEN] : []).filter(
        () => stated.length < CLUSTER_KINDS.length,
      ),
      ...live.flatMap((cluster) => (cluster === undefined ? [] : listMissing(cluster, stated))),
      ...suspects.map(describeSuspect),
    ],
  };
}

interface ReadFolder {
  readonly counts: ReadCluster;
  readonly objects: readonly ClusterObject[];
  readonly unclear: readonly Unclear[];
}

function readCluster({ folder, files }: GivenCluster): ReadFolder {
  const read = files.map(({ path, text }) => readClusterObjects(path, text));
  const objects = read.flatMap((file) => file.objects);
  const pods = objects.filter(({ kind }) => kind === 'Pod');
  const endedPods = pods.filter(hasEnded).length;
  const mirrorRules = objects.filter(({ kind }) => MIRROR_KINDS.has(kind)).length;
  const catalogs = objects.filter(
    ({ kind }) => kind === 'CatalogSource' || kind === 'ClusterCatalog',
  ).length;
  return {
    objects,
    counts: {
      folder,
      files: files.length,
      catalogs,
      mirrorRules,
      pods: pods.length - endedPods,
      endedPods,
      others: objects.length - catalogs - mirrorRules - pods.length,
    },
    unclear: read
      .flatMap(({ problems }) => problems)
      .map((problem) => ({
        kind: 'cluster-unreadable',
        subject: problem.file ?? folder,
        message: formatProblemLine(problem),
        next: problem.hint ?? 'Give what `oc get KIND -A -o yaml` prints.',
      })),
  };
}

const KINDS: Readonly<Record<ClusterKind, { readonly what: string; readonly resources: string }>> =
  {
    catalogs: {
      what: 'CatalogSource or ClusterCatalog',
      resources: 'catalogsources.operators.coreos.com',
    },
    'mirror-rules': {
      what: 'ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy',
      resources: 'imagedigestmirrorsets,imagetagmirrorsets,imagecontentsourcepolicies',
    },
    pods: { what: 'Pod that runs', resources: 'pods' },
  };

const NONE_GIVEN: Unclear = {
  kind: 'cluster-incomplete',
  subject: 'clusters',
  message: 'No objects of a cluster were given, so whether one pulls from staging is not known.',
  next: `Give those of each cluster with --cluster-resources DIR: oc get ${Object.values(KINDS)
    .map(({ resources }) => resources)
    .join(',')} -A -o yaml > DIR/cluster.yaml`,
};

// A cluster always runs Pods; what is not among its objects was not exported, unless somebody says so.
function listMissing(cluster: ReadCluster, stated: readonly ClusterKind[]): readonly Unclear[] {
  const counts: Readonly<Record<ClusterKind, number>> = {
    catalogs: cluster.catalogs,
    'mirror-rules': cluster.mirrorRules,
    pods: cluster.pods,
  };
  return CLUSTER_KINDS.filter((kind) => counts[kind] === 0 && !stated.includes(kind)).map(
    (kind) => ({
      kind: 'cluster-incomplete',
      subject: cluster.folder,
      message: `There is no ${KINDS[kind].what} among the objects in ${cluster.folder}.`,
      next: `Add what \`oc get ${KINDS[kind].resources} -A -o yaml\` prints, or say that there is none: --none-of ${kind}.`,
    }),
  );
}

function describePointer(pointer: Pointer): Hindrance {
  const { object, file, reference, source, kind } = pointer;
  const what = source === null ? `pulls ${reference}` : `sends ${source} to ${reference}`;
  return {
    kind: 'points-at-staging',
    subject: `${object} (${file})`,
    message: `${object} ${what}, which is staging.`,
    next: adviseOn(kind),
  };
}

function adviseOn(kind: string): string {
  if (kind === 'CatalogSource' || kind === 'ClusterCatalog')
    return 'Let it serve the index of production: `olmirror index info production` prints the object to apply.';
  if (MIRROR_KINDS.has(kind))
    return 'Name production as the mirror there, apply it, and wait until the MachineConfigPools are updated; then give the objects anew.';
  if (kind === 'Pod')
    return 'Change the image in what owns the Pod, so that it starts anew from production; then give the objects anew.';
  return 'Name production, or the upstream address, in the object; then give the objects anew.';
}

function describeSuspect({
  object,
  file,
  reference,
  host,
}: Pointer & { readonly host: string }): Unclear {
  return {
    kind: 'unknown-registry',
    subject: `${object} (${file})`,
    message: `${object} names ${reference}. The manifest does not know ${host}, which has the port of staging: it may be staging by another name.`,
    next: `If it is staging, list it under spec.registries.staging.aliases of the manifest; if not, say so: --other-registry ${host}.`,
  };
}
