/** A kind of objects that says what a cluster uses. */
export interface KindInUse {
  /** API group; empty for Kubernetes' own. */
  readonly group: string;
  readonly kind: string;
  /**
   * A cluster that does not know the kind is not the one that was meant, or not fully seen. Otherwise versions and
   * capabilities of OpenShift differ in it, and where there is no such kind there are no such objects.
   */
  readonly needed: boolean;
  readonly namespace?: string;
}

const OLM = 'operators.coreos.com';
const OLM_V1 = 'olm.operatorframework.io';
const CONFIG = 'config.openshift.io';

/** All kinds that are looked at, in the order in which they are. */
export const KINDS_IN_USE: readonly KindInUse[] = [
  ...list(OLM, true, [
    'Subscription',
    'InstallPlan',
    'ClusterServiceVersion',
    'OperatorGroup',
    'CatalogSource',
  ]),
  ...list(OLM_V1, false, ['ClusterCatalog', 'ClusterExtension']),
  // Before OpenShift 4.18 and 4.17.
  ...list('catalogd.operatorframework.io', false, ['ClusterCatalog']),
  ...list('core.rukpak.io', false, ['BundleDeployment']),
  ...list('', true, ['Pod', 'PodTemplate', 'ReplicationController', 'Node']),
  ...list('apps', true, ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet']),
  ...list('batch', true, ['Job', 'CronJob']),
  ...list('apps.openshift.io', false, ['DeploymentConfig']),
  ...list('build.openshift.io', false, ['BuildConfig']),
  ...list('image.openshift.io', false, ['ImageStream']),
  ...list(CONFIG, true, ['ClusterVersion']),
  ...list('machineconfiguration.openshift.io', false, ['MachineConfig']),
  ...list(CONFIG, false, ['ImageDigestMirrorSet', 'ImageTagMirrorSet']),
  ...list('operator.openshift.io', false, ['ImageContentSourcePolicy']),
];

/** Kinds by which a cluster is told where images and indexes are. */
export const KINDS_TOLD: readonly KindInUse[] = [
  ...list(CONFIG, false, ['ImageDigestMirrorSet', 'ImageTagMirrorSet']),
  ...list('operator.openshift.io', false, ['ImageContentSourcePolicy']),
  ...list(OLM, true, ['CatalogSource']),
  ...list(OLM_V1, false, ['ClusterCatalog']),
  ...list('updateservice.operator.openshift.io', false, ['UpdateService']),
  // Signatures of releases; those elsewhere are nobody's business.
  { group: '', kind: 'ConfigMap', namespace: 'openshift-config-managed', needed: true },
];

/** Kinds by which a cluster says whether its nodes have what they were told. */
export const KINDS_NODES: readonly KindInUse[] = list('machineconfiguration.openshift.io', false, [
  'MachineConfigPool',
]);

/** A kind as people write it: `Kafka.kafka.strimzi.io`, or `Pod` for Kubernetes' own. */
export function parseIncludedKind(text: string): KindInUse {
  const [kind = '', ...group] = text.split('.');
  return { kind, group: group.join('.'), needed: true };
}

/** `Subscription.operators.coreos.com`, or `Pod` for Kubernetes' own. */
export function nameKind({ group, kind }: Pick<KindInUse, 'group' | 'kind'>): string {
  return group === '' ? kind : `${kind}.${group}`;
}

/**
 * The name of a kind that an API server refused, from the plural and the group of its answer; null for one that is not
 * looked at. Old answers leave the group out.
 */
export function nameRefused(plural: string, group: string): string | null {
  const found = KINDS_IN_USE.find(
    (one) => pluralOf(one.kind) === plural && (group === '' || one.group === group),
  );
  return found === undefined ? null : nameKind(found);
}

// As Kubernetes makes the plurals of all these kinds.
function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  return name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}s`;
}

function list(
  group: string,
  needed: KindInUse['needed'],
  kinds: readonly string[],
): readonly KindInUse[] {
  return kinds.map((kind) => ({ group, kind, needed }));
}
