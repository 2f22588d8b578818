import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StagingCheck } from '../../src/plan/staging-types.ts';
import { compileSchema, parseChecked } from './check-schema.ts';
import { deliver } from './deliver.ts';
import {
  createProxiedSite,
  type ProxiedSite,
  type ProxyRules,
  runAndCommit,
} from './proxied-site.ts';
import type { ManifestOptions, Scope } from './site.ts';

const checks = compileSchema<StagingCheck>('staging-check');

/** A site whose delivery is merged and applied, with the objects of a cluster that pulls from production. */
export interface StagingSite extends ProxiedSite {
  /** Folder with the objects of the cluster. */
  readonly cluster: string;
  /** Sets the objects of the cluster besides those that point at production. */
  giveObjects(...objects: readonly object[]): Promise<void>;
  /** `staging check` as JSON, which the schema and the exit code must fit. */
  check(...args: readonly string[]): Promise<StagingCheck>;
}

export async function createStagingSite(
  t: Scope,
  rules: ProxyRules = {},
  manifest: ManifestOptions = {},
): Promise<StagingSite> {
  const site = await createProxiedSite(t, rules, manifest);
  const cluster = join(site.folder, 'cluster');
  async function giveObjects(...objects: readonly object[]): Promise<void> {
    await rm(cluster, { recursive: true, force: true });
    await mkdir(cluster);
    const items = [...listCluster(site.productionProxy.host), ...objects];
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await writeFile(join(cluster, 'all.json'), text);
  }
  await giveObjects();
  return {
    ...site,
    cluster,
    giveObjects,
    async check(...args) {
      const given = args.includes('--none-of') ? [] : ['--cluster-resources', cluster];
      const result = await site.olmirror([
        'staging',
        'check',
        '--format',
        'json',
        ...given,
        ...args,
      ]);
      assert.ok(result.stdout.startsWith('{'), result.stdout + result.stderr);
      const check = parseChecked(checks, result.stdout);
      assert.equal(result.code, check.exitCode, result.stdout + result.stderr);
      return check;
    },
  };
}

/** Takes in what staging delivers, and applies it. */
export async function applyDelivery(site: StagingSite): Promise<void> {
  await deliver(site);
  await runAndCommit(site, ['init', 'merge']);
  await apply(site);
}

export async function apply(site: StagingSite): Promise<void> {
  const applied = await site.olmirror(['apply']);
  assert.equal(applied.code, 0, applied.stdout + applied.stderr);
}

/** `kind subject` of what stands in the way. */
export function listHindrances({ hindrances }: StagingCheck): readonly string[] {
  return hindrances.map(({ kind, subject }) => `${kind} ${subject}`);
}

function listCluster(production: string): readonly object[] {
  return [
    {
      apiVersion: 'operators.coreos.com/v1alpha1',
      kind: 'CatalogSource',
      metadata: { name: 'cs-idx', namespace: 'openshift-marketplace' },
      spec: { sourceType: 'grpc', image: `${production}/olm/idx:v1` },
    },
    {
      apiVersion: 'config.openshift.io/v1',
      kind: 'ImageDigestMirrorSet',
      metadata: { name: 'production' },
      spec: {
        imageDigestMirrors: [
          { source: 'registry.example.com/vendor', mirrors: [`${production}/vendor`] },
        ],
      },
    },
    makePod('runs-a', `registry.example.com/vendor/a-operand@sha256:${'0'.repeat(64)}`),
  ];
}

/** A Pod that runs. */
export function makePod(name: string, image: string, phase = 'Running'): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'ops' },
    spec: { containers: [{ name: 'main', image }] },
    status: { phase },
  };
}
