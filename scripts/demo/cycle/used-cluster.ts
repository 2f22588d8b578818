import { buildBundleImages } from '../example-images.ts';
import { buildExampleRelease, type ExampleRelease } from '../example-release.ts';
import { CYCLE_OPERATORS } from './cycle-operators.ts';

/** What a cluster of the third act has installed. */
export interface UsedCluster {
  readonly installed: Readonly<Record<string, string>>;
  readonly release: '4.20.1' | '4.20.2';
  /** Host that its mirror rules name. */
  readonly mirror: string;
}

/** Its objects, as `oc get -o json` prints them: what `olmirror in-use` reads. */
export function renderUsedCluster({ installed, release, mirror }: UsedCluster): string {
  const items = [
    ...Object.entries(installed).flatMap(([name, version]) => describeOperator(name, version)),
    describeRelease(buildExampleRelease(release)),
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'worker-0' },
      status: { nodeInfo: { architecture: 'amd64' } },
    },
    describeRules(mirror),
  ];
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 2)}\n`;
}

function describeOperator(name: string, version: string): readonly object[] {
  const bundle = `${name}.v${version}`;
  const apiVersion = 'operators.coreos.com/v1alpha1';
  const metadata = { name, namespace: 'operators' };
  return [
    {
      apiVersion,
      kind: 'Subscription',
      metadata,
      spec: {
        name,
        channel: 'stable',
        source: 'cs-example-index',
        sourceNamespace: 'openshift-marketplace',
      },
      status: { installedCSV: bundle, currentCSV: bundle },
    },
    {
      apiVersion,
      kind: 'ClusterServiceVersion',
      metadata: { ...metadata, name: bundle },
      spec: { version, relatedImages: listOperands(name, version) },
      status: { phase: 'Succeeded' },
    },
  ];
}

function listOperands(name: string, version: string): readonly object[] {
  const operator = CYCLE_OPERATORS.find((candidate) => candidate.name === name);
  const found = operator?.versions.find((candidate) => candidate.version === version);
  if (operator === undefined || found === undefined)
    throw new Error(`There is no ${name} ${version}.`);
  return buildBundleImages(operator, found)
    .filter((image) => image.name !== '')
    .map((image) => ({ name: image.name, image: image.upstream }));
}

function describeRelease({ version, payload }: ExampleRelease): object {
  const desired = { version, image: payload.upstream };
  return {
    apiVersion: 'config.openshift.io/v1',
    kind: 'ClusterVersion',
    metadata: { name: 'version' },
    spec: { channel: 'stable-4.20' },
    status: { desired, history: [{ ...desired, state: 'Completed' }] },
  };
}

const MIRRORED: readonly (readonly [source: string, path: string])[] = [
  ['registry.example.com', ''],
  ['quay.io/openshift-release-dev/ocp-release', '/openshift/release-images'],
  ['quay.io/openshift-release-dev/ocp-v4.0-art-dev', '/openshift/release'],
];

function describeRules(mirror: string): object {
  return {
    apiVersion: 'config.openshift.io/v1',
    kind: 'ImageDigestMirrorSet',
    metadata: { name: 'mirrored' },
    spec: {
      imageDigestMirrors: MIRRORED.map(([source, path]) => ({
        source,
        mirrors: [`${mirror}${path}`],
      })),
    },
  };
}
