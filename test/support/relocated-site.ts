import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pushImage } from '../../scripts/lib/push-image.ts';
import type { BundleSpec } from './catalog.ts';
import { NO_RELEASE } from './no-release.ts';
import { type AskedSite, addAsking } from './settled-site.ts';
import { createSite, type ManifestOptions, pushIndex, pushOperator, type Scope } from './site.ts';

/**
 * A site under `strategy: relocate` before its first `apply`: production serves `a` 1.0.0, `b` 1.0.0 and `c` 1.0.0 to
 * 1.2.0, staging a delivery of `a` 1.1.0, which is merged. One cluster has c.v1.1.0 and runs a tool of no catalog.
 */
export interface RelocatedSite extends AskedSite {
  readonly a: readonly BundleSpec[];
  readonly b: readonly BundleSpec[];
  readonly c: readonly BundleSpec[];
  /** Upstream reference of the tool. */
  readonly tool: string;
  /** Writes and commits `in-use.yaml` of the cluster, with these fields otherwise. */
  use(changes?: object): Promise<string>;
}

export async function createRelocatedSite(
  t: Scope,
  { spec, ...manifest }: ManifestOptions = {},
): Promise<RelocatedSite> {
  const plain = await createSite(t);
  const { production, staging } = plain;
  await plain.writeManifest({
    fields: 'references: rewrite',
    ...manifest,
    spec: ['  strategy: relocate', spec ?? NO_RELEASE].join('\n'),
  });
  const old = await pushOperator(production.host, { name: 'a', versions: ['1.0.0'] });
  const b = await pushOperator(production.host, { name: 'b', versions: ['1.0.0'] });
  const c = await pushOperator(production.host, {
    name: 'c',
    versions: ['1.0.0', '1.1.0', '1.2.0'],
  });
  const both = await pushOperator(staging.host, { name: 'a', versions: ['1.0.0', '1.1.0'] });
  const a = both.slice(1);
  const { digest } = await pushImage(production.host, {
    repository: 'vendor/tool',
    files: { 'bin/tool': 'tool' },
    tags: ['v1'],
  });
  const tool = `registry.example.com/vendor/tool@${digest}`;
  await pushIndex(production.host, { a: old, b, c });
  await pushIndex(staging.host, { a });
  const cluster = {
    name: 'prod',
    seen: new Date().toISOString().slice(0, 10),
    subscriptions: [
      { name: 'c', namespace: 'c', package: 'c', channel: 'stable', installed: 'c.v1.1.0' },
    ],
    images: [{ image: tool, users: ['Deployment apps/tool'] }],
  };
  const site: RelocatedSite = {
    ...addAsking(plain, staging),
    a,
    b,
    c,
    tool,
    async use(changes = {}) {
      const value = {
        apiVersion: 'olmirror/v1alpha1',
        kind: 'InUse',
        spec: { clusters: [{ ...cluster, ...changes }] },
      };
      await writeFile(join(site.state, 'in-use.yaml'), JSON.stringify(value, null, 2));
      return site.commit('in use');
    },
  };
  for (const command of ['init', 'merge']) {
    await site.expect([command]);
    await site.commit(command);
  }
  await site.use();
  return site;
}

/** Lets production serve the index as `served/idx:v4.20`, where deliveries land as `olm/idx:v1`. */
export async function nameApart(site: RelocatedSite): Promise<void> {
  const file = join(site.state, 'mirror.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(
    file,
    text.replace(
      'repository: olm/idx, tag: v1',
      'repository: { production: served/idx, staging: olm/idx }, tag: { production: v4.20, staging: v1 }',
    ),
  );
  await site.commit('other names');
}
