import { type ExampleImage, fakeProgram, toExampleImage } from './example-images.ts';

/** A stand-in for an OpenShift release: a payload that names its components, in oc-mirror's layout. */
export interface ExampleRelease {
  readonly version: string;
  /** `4.20.1-x86_64`. */
  readonly tag: string;
  readonly payload: ExampleImage;
  readonly components: readonly ExampleImage[];
}

const QUAY = 'quay.io';
const COMPONENTS = 'openshift-release-dev/ocp-v4.0-art-dev';

/** etcd stays the same from one release to the next, as components of real releases do. */
const COMPONENT_VERSIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '4.20.1': { 'cluster-version-operator': '4.20.1', etcd: '3.5', 'machine-os-content': '4.20.1' },
  '4.20.2': { 'cluster-version-operator': '4.20.2', etcd: '3.5', 'machine-os-content': '4.20.2' },
};

export function buildExampleRelease(version: '4.20.1' | '4.20.2'): ExampleRelease {
  const components = Object.entries(COMPONENT_VERSIONS[version] ?? {}).map(([name, program]) =>
    toExampleImage(name, { repository: COMPONENTS, files: fakeProgram(name, program) }, QUAY),
  );
  const tag = `${version}-x86_64`;
  const imageStream = {
    kind: 'ImageStream',
    apiVersion: 'image.openshift.io/v1',
    metadata: { name: version },
    spec: {
      lookupPolicy: { local: false },
      tags: components.map(({ name, upstream }) => ({
        name,
        from: { kind: 'DockerImage', name: upstream },
      })),
    },
  };
  const payload = toExampleImage(
    '',
    {
      repository: 'openshift-release-dev/ocp-release',
      files: {
        'release-manifests/image-references': `${JSON.stringify(imageStream, null, 2)}\n`,
        'release-manifests/release-metadata': `${JSON.stringify({ kind: 'cincinnati-metadata-v0', version })}\n`,
      },
      labels: { 'io.openshift.release': version },
    },
    QUAY,
  );
  return { version, tag, payload, components };
}
