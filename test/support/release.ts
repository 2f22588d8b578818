import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type PushedImage, pushImage } from '../../scripts/lib/push-image.ts';
import type { Site } from './site.ts';

const UPSTREAM = 'quay.io/openshift-release-dev/ocp-v4.0-art-dev';

export interface ReleaseSpec {
  readonly version: string;
  /** As releases name it; default `x86_64`. */
  readonly architecture?: string;
  /** Names of components; default `etcd`. */
  readonly components?: readonly string[];
  /** Names of components with what each holds, where that is not to be another in every release. */
  readonly contents?: Readonly<Record<string, string>>;
  /** Versions from which it is reached. */
  readonly previous?: readonly string[];
  /** Default: that of the architecture. Several make a payload for several. */
  readonly platforms?: readonly string[];
  /** What the payload holds instead; null for a file that it lacks. */
  readonly files?: Readonly<Record<string, string | null>>;
}

export interface PushedRelease {
  readonly payload: PushedImage;
  /** By name, upstream references. */
  readonly components: ReadonlyMap<string, string>;
}

/** Pushes a payload and its components as oc-mirror v2 lays them out. */
export async function pushRelease(host: string, spec: ReleaseSpec): Promise<PushedRelease> {
  const { version, architecture = 'x86_64', previous = [] } = spec;
  const tag = `${version}-${architecture}`;
  const components = new Map<string, string>();
  const names = spec.components ?? Object.keys(spec.contents ?? { etcd: '' });
  for (const name of names) {
    const { digest } = await pushImage(host, {
      repository: 'openshift/release',
      tags: [`${tag}-${name}`],
      files: { [name]: spec.contents?.[name] ?? tag },
    });
    components.set(name, `${UPSTREAM}@${digest}`);
  }
  const tags = [...components].map(([name, image]) => ({
    name,
    from: { kind: 'DockerImage', name: image },
  }));
  const references = { kind: 'ImageStream', metadata: { name: version }, spec: { tags } };
  const metadata = { kind: 'cincinnati-metadata-v0', version, previous, metadata: {} };
  const files = {
    'release-manifests/image-references': JSON.stringify(references),
    'release-manifests/release-metadata': JSON.stringify(metadata),
    ...spec.files,
  };
  const payload = await pushImage(host, {
    repository: 'openshift/release-images',
    tags: [tag],
    platforms: spec.platforms ?? ['linux/amd64'],
    files: Object.fromEntries(
      Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== null),
    ),
  });
  return { payload, components };
}

/** Writes a file of the state repository. */
export async function writeState(
  { state }: Pick<Site, 'state'>,
  path: string,
  content: string | Uint8Array,
): Promise<void> {
  await mkdir(dirname(join(state, path)), { recursive: true });
  await writeFile(join(state, path), content);
}

/** Writes `mirror.yaml` with these releases and no catalog. */
export function listReleases(site: Site, versions: readonly string[], more = ''): Promise<void> {
  const lines = versions.map((version) => `    - { version: ${version} }`);
  return site.writeManifest({
    catalogs: [],
    spec: [
      versions.length === 0 ? '  releases: []' : '  releases:',
      ...lines,
      ...(more === '' ? [] : [more]),
    ].join('\n'),
  });
}

export interface RunningCluster {
  readonly name: string;
  readonly release: object;
}

/** Writes `in-use.yaml` of clusters that run releases. */
export function writeInUse(site: Site, clusters: readonly RunningCluster[]): Promise<void> {
  return writeState(
    site,
    'in-use.yaml',
    JSON.stringify({
      apiVersion: 'olmirror/v1alpha1',
      kind: 'InUse',
      spec: { clusters: clusters.map((cluster) => ({ ...cluster, subscriptions: [] })) },
    }),
  );
}
