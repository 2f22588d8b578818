import assert from 'node:assert/strict';
import {
  type FaultProxy,
  type FaultProxyOptions,
  startFaultProxy,
} from '../../scripts/lib/fault-proxy.ts';
import { createSite, type ManifestOptions, type Scope, type Site } from './site.ts';

export interface ProxiedSite extends Site {
  readonly productionProxy: FaultProxy;
  readonly stagingProxy: FaultProxy;
}

export interface ProxyRules {
  readonly production?: FaultProxyOptions['rules'];
  readonly staging?: FaultProxyOptions['rules'];
  /** Of production. */
  readonly onManifest?: NonNullable<FaultProxyOptions['onManifest']>;
}

/** A site whose manifest names a recording proxy in front of each registry; tests fill the registries past it. */
export async function createProxiedSite(
  t: Scope,
  rules: ProxyRules = {},
  manifest: ManifestOptions = {},
): Promise<ProxiedSite> {
  const site = await createSite(t);
  const [productionProxy, stagingProxy] = await Promise.all([
    startFaultProxy({
      target: site.production.host,
      rules: rules.production ?? (() => null),
      ...(rules.onManifest && { onManifest: rules.onManifest }),
    }),
    startFaultProxy({ target: site.staging.host, rules: rules.staging ?? (() => null) }),
  ]);
  t.after(() => Promise.all([productionProxy.stop(), stagingProxy.stop()]));
  await site.writeManifest({
    production: productionProxy.host,
    staging: stagingProxy.host,
    ...manifest,
  });
  return { ...site, productionProxy, stagingProxy };
}

/** Runs commands that must succeed, with a commit after each. */
export async function runAndCommit(site: Site, commands: readonly string[]): Promise<void> {
  for (const command of commands) {
    const result = await site.olmirror([command]);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    await site.commit(command);
  }
}
