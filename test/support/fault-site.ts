import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { FaultProxyOptions } from '../../scripts/lib/fault-proxy.ts';
import { deliver } from './deliver.ts';
import { createProxiedSite, type ProxiedSite, runAndCommit } from './proxied-site.ts';
import type { CliOptions, CliResult } from './site.ts';
import { waitFor } from './wait-for.ts';

type Rules = FaultProxyOptions['rules'];

/** A site with a delivery merged and not yet applied, behind two proxies that can be told what goes wrong. */
export interface FaultSite extends ProxiedSite {
  /** Sets what goes wrong from now on; a role that is left out is sound. */
  spoil(rules: { readonly production?: Rules; readonly staging?: Rules }): void;
  /** `apply` or `plan` with short time-outs and delays. */
  hurry(args: readonly string[]): Promise<CliResult>;
  /** Brings production back to what it held before the first `apply`. */
  reset(): Promise<void>;
  /** `repository:tag` → digest, out of the registry's own files: no proxy and no client of ours is asked. */
  readTags(): Promise<ReadonlyMap<string, string>>;
}

function sound(): null {
  return null;
}
const SHORT = {
  OLMIRROR_REGISTRY_TIMEOUT_MS: '700',
  OLMIRROR_RETRY_DELAY_MS: '20',
};

export async function createFaultSite(
  t: TestContext,
  bring: (site: ProxiedSite) => Promise<void> = deliver,
): Promise<FaultSite> {
  const now: { production: Rules; staging: Rules } = { production: sound, staging: sound };
  const site = await createProxiedSite(t, {
    production: (request) => now.production(request),
    staging: (request) => now.staging(request),
  });
  await bring(site);
  await runAndCommit(site, ['init', 'merge']);
  const storage = join(site.folder, 'production/storage');
  const kept = join(site.folder, 'kept');
  await cp(storage, kept, { recursive: true });
  return {
    ...site,
    spoil({ production = sound, staging = sound }) {
      now.production = production;
      now.staging = staging;
    },
    hurry: (args) => site.olmirror(args, { env: SHORT }),
    async reset() {
      await rm(storage, { recursive: true, force: true });
      await cp(kept, storage, { recursive: true });
    },
    readTags: () => readStoredTags(storage),
  };
}

/** Starts a command that copies, and waits for an upload of it which production never answers. */
export async function hangOnePass(
  site: Pick<FaultSite, 'spoil' | 'start'>,
  args: readonly string[] = ['apply'],
  options: CliOptions = {},
): Promise<ChildProcess> {
  let hangs = false;
  site.spoil({
    production: ({ method }) => {
      if (method !== 'POST') return null;
      hangs = true;
      return { kind: 'hang' };
    },
  });
  const holder = site.start(args, options);
  await waitFor('a copy hangs', () => Promise.resolve(hangs));
  return holder;
}

/** `repository:tag` → digest, out of the storage folder of a registry. */
export async function readStoredTags(storage: string): Promise<ReadonlyMap<string, string>> {
  const root = join(storage, 'docker/registry/v2/repositories');
  const files = await readdir(root, { recursive: true });
  const tags = new Map<string, string>();
  for (const file of files) {
    const match = /^(.+)\/_manifests\/tags\/([^/]+)\/current\/link$/.exec(file);
    if (match === null) continue;
    tags.set(`${match[1]}:${match[2]}`, await readFile(join(root, file), 'utf8'));
  }
  assert.ok(tags.size > 0, `no tags below ${root}`);
  return tags;
}
