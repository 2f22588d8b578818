import { parseImageRef } from '../../../src/base/image-ref.ts';
import { pushImage } from '../../lib/push-image.ts';
import { renderExampleCatalog } from '../example-catalog.ts';
import { buildExampleRelease } from '../example-release.ts';
import {
  INDEX_REPOSITORY,
  INDEX_TAG,
  listCatalogImages,
  pushCatalog,
  pushImages,
  pushIndexOf,
  pushRelease,
} from '../fill-registries.ts';
import { type Heads, headDigest, readServedImages } from '../operator-hub.ts';
import type { Snapshot } from '../snapshot.ts';

/** The index that somebody put together by hand, and that clusters are served today. */
export const FINAL_TAG = 'v4.20-final';
/** What somebody keeps in staging beside, and nobody wrote down. */
export const BESIDE = 'team/tool:1.0';

export interface Hosts {
  readonly production: string;
  readonly staging: string;
}

/**
 * A site whose first upgrade was done by hand: staging has the new release, the new version of A and the
 * index of all four operators; the images of B, C and D, and the old ones of A, are in production only.
 * `named`: the host by which that index names the images of A.
 */
export async function fillSplitSite(
  { production, staging }: Hosts,
  named = 'registry.example.com',
): Promise<void> {
  await pushCatalog(production, 'old');
  await pushRelease(production, buildExampleRelease('4.20.1'));
  await pushRelease(staging, buildExampleRelease('4.20.2'));
  const ofA = listCatalogImages('first').filter(({ spec }) =>
    spec.repository.startsWith('vendor-a/'),
  );
  await pushImages(staging, ofA);
  const files = new Map(renderExampleCatalog('old'));
  const newA = renderExampleCatalog('first').get('operator-a/catalog.json') ?? '';
  files.set('operator-a/catalog.json', newA.replaceAll('registry.example.com/', `${named}/`));
  await pushIndexOf(staging, { files, tag: FINAL_TAG });
  const [repository = '', tag = ''] = BESIDE.split(':');
  await pushImage(staging, { repository, tags: [tag], files: { 'bin/tool': 'a tool' } });
}

/** The newest of all: A from staging, B, C and D from production. */
export const NEWEST: Heads = new Map([
  ['operator-a candidate', '1.2.0'],
  ['operator-a stable', '1.2.0'],
  ['operator-b stable', '2.1.0'],
  ['operator-c stable', '0.10.0'],
  ['operator-d stable', '3.1.0'],
]);

/** What clusters were told when the site was split: mirror rules that name both, and the index in staging. */
export function renderSplitCluster({ production, staging }: Hosts): ReadonlyMap<string, string> {
  return new Map([
    ['cluster/idms.yaml', renderMirrorRules([staging, production])],
    [
      'cluster/catalog-source.yaml',
      renderCatalogSource(`${staging}/${INDEX_REPOSITORY}:${FINAL_TAG}`),
    ],
  ]);
}

/** The same once everything is in production. */
export function renderJoinedCluster({ production }: Hosts): ReadonlyMap<string, string> {
  return new Map([
    ['cluster/idms.yaml', renderMirrorRules([production])],
    [
      'cluster/catalog-source.yaml',
      renderCatalogSource(`${production}/${INDEX_REPOSITORY}:${INDEX_TAG}`),
    ],
  ]);
}

const MIRRORED: readonly (readonly [source: string, path: string])[] = [
  ['registry.example.com', ''],
  ['quay.io/openshift-release-dev/ocp-release', '/openshift/release-images'],
  ['quay.io/openshift-release-dev/ocp-v4.0-art-dev', '/openshift/release'],
];

function renderMirrorRules(hosts: readonly string[]): string {
  const rules = MIRRORED.flatMap(([source, path]) => [
    `    - source: ${source}`,
    '      mirrors:',
    ...hosts.map((host) => `        - ${host}${path}`),
  ]);
  return `apiVersion: config.openshift.io/v1
kind: ImageDigestMirrorSet
metadata:
  name: mirrored
spec:
  imageDigestMirrors:
${rules.join('\n')}
`;
}

function renderCatalogSource(image: string): string {
  return `apiVersion: operators.coreos.com/v1alpha1
kind: CatalogSource
metadata:
  name: cs-example-index
  namespace: openshift-marketplace
spec:
  sourceType: grpc
  image: ${image}
  grpcPodConfig:
    securityContextConfig: restricted
    extractContent:
      catalogDir: /configs
`;
}

/** The manifest of the take-over, made of the one that this project keeps as an example. */
export function renderSplitManifest(example: string, { production, staging }: Hosts): string {
  return example
    .replace(NEW_RELEASE, '')
    .replace('localhost:5000', production)
    .replace('localhost:5001', staging)
    .replace(`tag: ${INDEX_TAG}\n`, `tag: { production: ${INDEX_TAG}, staging: ${FINAL_TAG} }\n`);
}

/** The line of `spec.releases` that the upgrade adds. */
export const NEW_RELEASE = '    - { version: 4.20.2, architecture: x86_64 }\n';

/** What production lacks of the index that it serves itself, and of the new release. */
export async function listOpen(production: string): Promise<readonly string[]> {
  const served = await readServedImages(production);
  if (served === null) return ['the index'];
  const { payload, components } = buildExampleRelease('4.20.2');
  const wanted = [
    ...served.map((image) => ({ image, repository: parseImageRef(image).repository })),
    ...components.map(({ upstream }) => ({ image: upstream, repository: 'openshift/release' })),
    { image: payload.upstream, repository: 'openshift/release-images' },
  ];
  const open: string[] = [];
  for (const { image, repository } of wanted) {
    const reference = parseImageRef(image).digest ?? '';
    if ((await headDigest(production, { repository, reference })) === null) open.push(image);
  }
  return open;
}

export interface StagingUse {
  /** `repository:tag` of what production holds too, and of indexes whose catalog it serves. */
  readonly free: readonly string[];
  /** What is nowhere else. */
  readonly only: readonly string[];
}

/** What staging no longer needs to hold, found by asking production for every tag of it. */
export async function listStagingUse(
  { production, staging }: Hosts,
  snapshot: Snapshot,
): Promise<StagingUse> {
  const free: string[] = [];
  const only: string[] = [];
  const served = new Set(await readServedImages(production));
  for (const [name, digest] of snapshot) {
    const [repository = '', tag = ''] = name.split(':');
    const named = repository === INDEX_REPOSITORY ? await readServedImages(staging, tag) : null;
    const isFree =
      named === null
        ? (await headDigest(production, { repository, reference: digest })) !== null
        : named.every((image) => served.has(image));
    (isFree ? free : only).push(name);
  }
  return { free, only };
}
