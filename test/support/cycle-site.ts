import assert from 'node:assert/strict';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildExampleRelease } from '../../scripts/demo/example-release.ts';
import { pushRelease } from '../../scripts/demo/fill-registries.ts';
import { emptyRegistry, weighRegistry } from '../../scripts/lib/registry-disk.ts';
import type { Advice, StrategyAdvice } from '../../src/plan/advice-types.ts';
import type { PassReport } from '../../src/plan/report-types.ts';
import type { Plan } from '../../src/plan/types.ts';
import type { BundleSpec } from './catalog.ts';
import { compileSchema, parseChecked } from './check-schema.ts';
import { readStoredTags } from './fault-site.ts';
import {
  createSite,
  type ManifestOptions,
  pushIndex,
  pushOperator,
  type Scope,
  type Site,
} from './site.ts';

const advice = compileSchema<Advice>('advice');
const plans = compileSchema<Plan>('plan');

type Role = 'production' | 'staging';
type Tags = ReadonlyMap<string, string>;

/** A site through several deliveries, with what its disks really hold. */
export interface CycleSite extends Site {
  /** Puts a delivery into staging, or the registry that now is: these versions of operators, and no others. */
  deliver(operators: Readonly<Record<string, readonly string[]>>, host?: string): Promise<void>;
  /** Puts release 4.20.2 into staging and asks for it in the manifest. */
  deliverRelease(): Promise<void>;
  take(message: string): Promise<void>;
  advise(...args: readonly string[]): Promise<Advice>;
  /** Carries out a saved plan. */
  applySaved(): Promise<{ readonly plan: Plan; readonly report: PassReport }>;
  /** Bytes of all blobs and manifests on the disk of a registry. */
  weigh(role: Role): Promise<number>;
  readTags(role: Role): Promise<Tags>;
  /** Everything in a registry goes, as by its own means. */
  empty(role: Role): Promise<void>;
  /** Commits what one cluster uses: bundles by package, a release, and mirror rules towards one registry. */
  use(used: UsedContent): Promise<void>;
  /** A command that must end with this exit code. */
  run(args: readonly string[], codes?: readonly number[]): Promise<string>;
}

export interface UsedContent {
  /** Package → installed bundle. */
  readonly installed: Readonly<Record<string, string>>;
  readonly release: '4.20.1' | '4.20.2';
  /** Host that mirror rules name. */
  readonly mirror: string;
}

const PLATFORMS = ['linux/amd64', 'linux/arm64'];

/** Production serves A, B and C at 1.0.0 and holds release 4.20.1; taken over and committed. */
export async function createCycleSite(
  t: Scope,
  manifest: Pick<ManifestOptions, 'fields'> = {},
): Promise<CycleSite> {
  const site = await createSite(t);
  const { production, staging } = site;
  const served: Record<string, readonly BundleSpec[]> = {};
  for (const name of ['a', 'b', 'c'])
    served[name] = await pushOperator(production.host, {
      name,
      versions: ['1.0.0'],
      platforms: PLATFORMS,
    });
  await pushIndex(production.host, served);
  await pushRelease(production.host, buildExampleRelease('4.20.1'));
  await site.writeManifest({
    ...manifest,
    spec: '  releases:\n    - { version: 4.20.1, architecture: x86_64 }',
  });
  async function run(args: readonly string[], codes: readonly number[] = [0]): Promise<string> {
    const { code, stdout, stderr } = await site.olmirror(args);
    assert.ok(codes.includes(code ?? -1), `${args.join(' ')} → ${code}\n${stdout}${stderr}`);
    return stdout;
  }
  await run(['init']);
  await site.commit('Take over');
  return {
    ...site,
    async deliver(operators, host = staging.host) {
      const packages: Record<string, readonly BundleSpec[]> = {};
      for (const [name, versions] of Object.entries(operators))
        packages[name] = await pushOperator(host, { name, versions, platforms: PLATFORMS });
      await pushIndex(host, packages);
    },
    async deliverRelease() {
      await pushRelease(staging.host, buildExampleRelease('4.20.2'));
      const line = '    - { version: 4.20.2, architecture: x86_64 }\n';
      await appendFile(join(site.state, 'mirror.yaml'), line);
    },
    async take(message) {
      await run(['merge']);
      await site.commit(message);
    },
    advise: async (...args) =>
      parseChecked(advice, await run(['advise', '--format', 'json', ...args])),
    async applySaved() {
      const file = join(site.folder, 'plan.json');
      const plan = parseChecked(plans, await run(['plan', '--out', file, '--format', 'json'], [2]));
      const report: PassReport = JSON.parse(await run(['apply', file, '--format', 'json']));
      return { plan, report };
    },
    weigh: (role) => weighRegistry(join(site.folder, role)),
    readTags: (role) => readStoredTags(join(site.folder, role, 'storage')),
    empty: (role) => emptyRegistry(join(site.folder, role)),
    run,
    async use(used) {
      const value = {
        apiVersion: 'olmirror/v1alpha1',
        kind: 'InUse',
        spec: { clusters: [describeCluster(used)] },
      };
      await writeFile(join(site.state, 'in-use.yaml'), JSON.stringify(value, null, 2));
      await site.commit('What is in use');
    },
  };
}

const MIRRORED: readonly (readonly [source: string, path: string])[] = [
  ['registry.example.com', ''],
  ['quay.io/openshift-release-dev/ocp-release', '/openshift/release-images'],
  ['quay.io/openshift-release-dev/ocp-v4.0-art-dev', '/openshift/release'],
];

function describeCluster({ installed, release, mirror }: UsedContent): object {
  const { payload } = buildExampleRelease(release);
  return {
    name: 'prod',
    seen: new Date().toISOString().slice(0, 10),
    release: {
      version: release,
      image: payload.upstream,
      channel: 'stable-4.20',
      architecture: 'x86_64',
      history: [],
    },
    subscriptions: Object.entries(installed).map(([name, bundle]) => ({
      name,
      namespace: 'operators',
      package: name,
      channel: 'stable',
      installed: bundle,
    })),
    images: [{ image: payload.upstream, users: ['ClusterVersion version'] }],
    mirrors: MIRRORED.map(([source, path]) => ({
      source,
      mirrors: [`${mirror}${path}`],
      redirects: 'digest',
      object: 'ImageDigestMirrorSet mirrored',
    })),
  };
}

/** Tags that a plan says will be there, with their digests; null for an index, whose digest it does not name. */
export function listPlannedTags({ steps }: Plan): ReadonlyMap<string, string | null> {
  return new Map(
    steps.flatMap((step): readonly (readonly [string, string | null])[] => {
      switch (step.kind) {
        case 'copy':
          return [step.protectTag, ...step.tags].map((tag) => [
            `${step.to.repository}:${tag}`,
            step.digest,
          ]);
        case 'tag':
          return [[`${step.repository}:${step.tag}`, step.digest]];
        case 'push-index':
          return [[`${step.repository}:${step.tag}`, null]];
        case 'move-index':
          return [[`${step.repository}:${step.tag}`, null]];
      }
    }),
  );
}

/** Of one strategy. */
export function findStrategy(
  { strategies }: Advice,
  strategy: StrategyAdvice['strategy'],
): StrategyAdvice {
  const found = strategies.find((entry) => entry.strategy === strategy);
  assert.ok(found !== undefined);
  return found;
}
