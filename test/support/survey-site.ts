import type { Survey } from '../../src/plan/survey-types.ts';
import { compileSchema, parseChecked } from './check-schema.ts';
import { createProxiedSite, type ProxiedSite, type ProxyRules } from './proxied-site.ts';
import { pushIndex, pushOperator, type Scope } from './site.ts';
import { writeObjects } from './take-over.ts';

const checkSurvey = compileSchema<Survey>('survey');
/** Of the index, in both registries. */
export const REPOSITORY = 'olm/redhat-index';

function byHand(path: string): string {
  return `byhand/${path.slice(path.lastIndexOf('/') + 1)}`;
}

/**
 * Production serves a, b (whose images are missing) and c (brought by hand); staging has an unmerged 1.1.0 of a, and
 * clusters are served from there.
 */
export async function createMixedSite(
  t: Scope,
  rules: ProxyRules = {},
): Promise<{ readonly site: ProxiedSite; readonly folder: string }> {
  const site = await createProxiedSite(t, rules);
  const { host } = site.production;
  const a = await pushOperator(host, { name: 'a', versions: ['1.0.0'] });
  const b = await pushOperator(host, { name: 'b', versions: ['1.0.0'], withoutImages: ['1.0.0'] });
  const c = await pushOperator(host, {
    name: 'c',
    versions: ['1.0.0'],
    place: byHand,
    tag: () => 'latest',
  });
  await pushOperator(host, { name: 'z', versions: ['1.0.0'] });
  await pushIndex(host, { a, b, c }, { repository: REPOSITORY });
  const newer = await pushOperator(site.staging.host, { name: 'a', versions: ['1.0.0', '1.1.0'] });
  await pushIndex(site.staging.host, { a: newer }, { repository: REPOSITORY });
  const folder = await writeObjects(
    site,
    `apiVersion: operators.coreos.com/v1alpha1
kind: CatalogSource
metadata: { name: redhat, namespace: openshift-marketplace }
spec: { sourceType: grpc, image: "${site.stagingProxy.host}/${REPOSITORY}:v1" }
---
apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata: { name: a, namespace: ns }
spec: { name: a, source: redhat, sourceNamespace: openshift-marketplace }
status: { installedCSV: a.v1.0.0 }
---
apiVersion: config.openshift.io/v1
kind: ImageDigestMirrorSet
metadata: { name: from-oc-mirror }
spec:
  imageDigestMirrors:
    - { source: registry.example.com/vendor, mirrors: ["${site.stagingProxy.host}/vendor"] }
`,
  );
  return { site, folder };
}

export interface SurveyRun {
  readonly code: number | null;
  readonly stderr: string;
  readonly report: Survey;
}

/** Runs `survey`, whose JSON must be what its schema describes. */
export async function survey(site: ProxiedSite, ...args: readonly string[]): Promise<SurveyRun> {
  const hosts = [site.productionProxy.host, site.stagingProxy.host];
  const { code, stdout, stderr } = await site.olmirror([
    'survey',
    ...hosts,
    '--insecure',
    '--format',
    'json',
    ...args,
  ]);
  return { code, stderr, report: parseChecked(checkSurvey, stdout) };
}
