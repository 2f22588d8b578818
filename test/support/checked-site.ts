import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fault, ProxiedRequest } from '../../scripts/lib/fault-proxy.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import type { RelocateCheck } from '../../src/plan/relocate-check-types.ts';
import { compileSchema, parseChecked } from './check-schema.ts';
import { NO_RELEASE } from './no-release.ts';
import { createProxiedSite, type ProxiedSite } from './proxied-site.ts';
import { type ManifestOptions, pushIndex, pushOperator, type Scope } from './site.ts';

const checks = compileSchema<RelocateCheck>('relocate-check');
const TODAY = new Date().toISOString().slice(0, 10);

type Rule = (request: ProxiedRequest) => Fault | null;

export interface Relocated {
  readonly site: ProxiedSite;
  readonly images: readonly string[];
  /** Commits `in-use.yaml` of a cluster for each of these changes; of one without any. */
  readonly giveInUse: (...changes: readonly object[]) => Promise<void>;
  readonly check: () => Promise<RelocateCheck>;
}

interface RelocatedOptions {
  readonly staging?: Rule;
  readonly production?: Rule;
  readonly manifest?: ManifestOptions;
}

/** A site whose staging has all that one cluster uses: an operator, and so many images. */
export async function createRelocated(
  t: Scope,
  count: number,
  { staging = () => null, production = () => null, manifest = {} }: RelocatedOptions = {},
): Promise<Relocated> {
  const site = await createProxiedSite(
    t,
    { staging, production },
    { spec: NO_RELEASE, ...manifest },
  );
  const a = await pushOperator(site.staging.host, { name: 'a', versions: ['1.0.0'] });
  await pushIndex(site.staging.host, { a });
  const images: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const { digest } = await pushImage(site.staging.host, {
      repository: `vendor/app-${at}`,
      files: { 'app.txt': `app ${at}` },
      tags: ['v1'],
    });
    images.push(`registry.example.com/vendor/app-${at}@${digest}`);
  }
  const cluster = {
    name: 'prod-a',
    seen: TODAY,
    subscriptions: [{ name: 's', namespace: 'n', package: 'a', installed: 'a.v1.0.0' }],
    images: images.map((image, at) => ({ image, users: [`Deployment apps/app-${at}`] })),
    mirrors: [
      {
        source: 'registry.example.com',
        mirrors: [site.stagingProxy.host],
        redirects: 'digest',
        object: 'ImageDigestMirrorSet mirror',
      },
    ],
  };
  async function giveInUse(...changes: readonly object[]): Promise<void> {
    const clusters = (changes.length === 0 ? [{}] : changes).map((it) => ({ ...cluster, ...it }));
    const value = { apiVersion: 'olmirror/v1alpha1', kind: 'InUse', spec: { clusters } };
    await writeFile(join(site.state, 'in-use.yaml'), JSON.stringify(value, null, 2));
    await site.commit('in use');
  }
  await giveInUse();
  return {
    site,
    images,
    giveInUse,
    async check() {
      const result = await site.olmirror(['relocate', 'check', '--format', 'json'], {
        env: { OLMIRROR_REGISTRY_TIMEOUT_MS: '1500' },
      });
      assert.ok(result.stdout.startsWith('{'), result.stdout + result.stderr);
      const check = parseChecked(checks, result.stdout);
      assert.equal(result.code, check.exitCode);
      return check;
    },
  };
}
