import { buildExampleRelease } from '../../scripts/demo/example-release.ts';
import { pushRelease } from '../../scripts/demo/fill-registries.ts';
import { pushIndex, pushOperator } from './site.ts';
import type { Laid } from './take-over.ts';

export const REPOSITORY = 'olm/redhat-index';

export interface Hosts {
  readonly production: string;
  readonly staging: string;
}

/**
 * The site of `docs/en/first-hour.md`: production has A, B (whose images were never brought) and C (brought by hand);
 * staging holds a delivery that nobody took in, with a newer A and an E that production does not know.
 */
export async function fillExistingSite({ production, staging }: Hosts): Promise<void> {
  const a = await pushOperator(production, { name: 'operator-a', versions: ['1.0.0', '1.1.0'] });
  const b = await pushOperator(production, {
    name: 'operator-b',
    versions: ['2.0.0', '2.1.0'],
    withoutImages: ['2.0.0'],
  });
  const c = await pushOperator(production, {
    name: 'operator-c',
    versions: ['0.10.0'],
    place: (path) => `byhand/${path.slice(path.lastIndexOf('/') + 1)}`,
    tag: () => 'latest',
  });
  await pushOperator(production, { name: 'operator-z', versions: ['0.1.0'] });
  const served = { 'operator-a': a, 'operator-b': b, 'operator-c': c };
  await pushIndex(production, served, { repository: REPOSITORY, tag: 'v4.20' });
  const newer = await pushOperator(staging, {
    name: 'operator-a',
    versions: ['1.1.0', '1.2.0'],
  });
  const e = await pushOperator(staging, { name: 'operator-e', versions: ['5.0.0'] });
  const delivered = { 'operator-a': newer, 'operator-e': e };
  await pushIndex(staging, delivered, { repository: REPOSITORY, tag: 'v4.20' });
}

/** A site whose production was filled in one way, for a reader of `docs/en/first-hour.md`. */
export async function fillLaidSite({ production, staging }: Hosts, laid: Laid): Promise<void> {
  const a = await pushOperator(production, { name: 'a', versions: ['1.0.0', '1.1.0'], ...laid });
  const b = await pushOperator(production, { name: 'b', versions: ['1.0.0'], ...laid });
  await pushIndex(production, { a, b }, { repository: REPOSITORY, tag: 'v4.20' });
  const newer = await pushOperator(staging, { name: 'a', versions: ['1.1.0', '1.2.0'] });
  await pushIndex(staging, { a: newer }, { repository: REPOSITORY, tag: 'v4.20' });
}

/** What the clusters of the existing site say, as `oc get -o yaml` prints it. */
export function renderExistingObjects({ production }: Hosts): string {
  return renderObjects({
    image: `${production}/${REPOSITORY}:v4.20`,
    mirrors: [`${production}/vendor`],
    installed: ['operator-a.v1.0.0', 'operator-c.v0.10.0'],
  });
}

/**
 * The site of `docs/en/already-split.md`: clusters are served `v4.20-final` from staging, which alone has the new
 * payload and the images of A; those of B, C and D are in production only.
 */
export async function fillSplitSite({ production, staging }: Hosts): Promise<void> {
  const [a, b, c, d] = await Promise.all([
    pushOperator(staging, { name: 'operator-a', versions: ['1.1.0', '1.2.0'] }),
    pushOperator(production, { name: 'operator-b', versions: ['2.1.0'] }),
    pushOperator(production, { name: 'operator-c', versions: ['0.10.0'] }),
    pushOperator(production, { name: 'operator-d', versions: ['3.1.0'] }),
  ]);
  const stayed = { 'operator-b': b, 'operator-c': c, 'operator-d': d };
  await pushIndex(production, stayed, { repository: REPOSITORY, tag: 'v4.20' });
  const united = { 'operator-a': a, ...stayed };
  await pushIndex(staging, united, { repository: REPOSITORY, tag: 'v4.20-final' });
  await pushRelease(production, buildExampleRelease('4.20.1'));
  await pushRelease(staging, buildExampleRelease('4.20.2'));
}

/** What the clusters of the split site say. */
export function renderSplitObjects({ production, staging }: Hosts): string {
  return renderObjects({
    image: `${staging}/${REPOSITORY}:v4.20-final`,
    mirrors: [`${staging}/vendor`, `${production}/vendor`],
    installed: ['operator-a.v1.1.0', 'operator-b.v2.1.0'],
  });
}

/** What they say once they are back on production, with a pod as `oc get pods` shows it. */
export function renderReturnedObjects({ production }: Hosts): string {
  const objects = renderObjects({
    image: `${production}/${REPOSITORY}:v4.20`,
    mirrors: [`${production}/vendor`],
    installed: ['operator-a.v1.1.0', 'operator-b.v2.1.0'],
  });
  return `${objects}---
apiVersion: v1
kind: Pod
metadata: { name: operator-b, namespace: ops }
spec: { containers: [{ name: main, image: "${production}/vendor/operator-b-operand:v2.1.0" }] }
status: { phase: Running }
`;
}

interface ClusterFacts {
  readonly image: string;
  readonly mirrors: readonly string[];
  readonly installed: readonly string[];
}

function renderObjects({ image, mirrors, installed }: ClusterFacts): string {
  const subscriptions = installed.map((bundle) => {
    const name = bundle.slice(0, bundle.indexOf('.'));
    return `---
apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata: { name: ${name}, namespace: ops }
spec: { name: ${name}, channel: stable, source: cs-redhat-index, sourceNamespace: openshift-marketplace }
status: { installedCSV: ${bundle} }
`;
  });
  return `apiVersion: operators.coreos.com/v1alpha1
kind: CatalogSource
metadata: { name: cs-redhat-index, namespace: openshift-marketplace }
spec:
  sourceType: grpc
  image: "${image}"
  grpcPodConfig: { securityContextConfig: restricted, extractContent: { catalogDir: /configs, cacheDir: /tmp/cache } }
---
apiVersion: config.openshift.io/v1
kind: ImageDigestMirrorSet
metadata: { name: idms-operators }
spec:
  imageDigestMirrors:
    - { source: registry.example.com/vendor, mirrors: [${mirrors.map((mirror) => `"${mirror}"`).join(', ')}] }
${subscriptions.join('')}`;
}
