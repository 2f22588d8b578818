import assert from 'node:assert/strict';
import type { RunningRegistry } from '../../scripts/lib/start-registry.ts';
import type { Digest } from '../../src/base/digest.ts';
import type { Plan } from '../../src/plan/types.ts';
import type { BundleSpec } from './catalog.ts';
import {
  createSite,
  type ManifestOptions,
  pushIndex,
  pushOperator,
  type Scope,
  type Site,
} from './site.ts';

/** A site in step with Git: production serves `a` at 1.0.0 and 1.1.0, which a delivery brought, and `b`. */
export interface SettledSite extends AskedSite {
  readonly a: readonly BundleSpec[];
  readonly b: readonly BundleSpec[];
}

/** A site that is asked as a person asks. */
export interface AskedSite extends Site {
  /** Digest under `olm/<catalog>:<tag>` in the registry that serves; null where nothing is. */
  head(reference?: string, repository?: string): Promise<Digest | null>;
  /** `plan`, `status` and so on as their JSON says, with the exit code that is expected. */
  ask(args: readonly string[], code: number): Promise<Asked>;
  /** As a person does it: the command must end with this code. */
  expect(args: readonly string[], code?: number): Promise<string>;
}

export interface Asked {
  readonly sync?: string;
  readonly steps?: readonly { readonly kind: string; readonly id: string }[];
  readonly checks: readonly {
    readonly kind: string;
    readonly severity: string;
    readonly message: string;
    readonly hint: string | null;
  }[];
  readonly catalogs?: readonly {
    readonly catalog: string;
    readonly action: string;
    readonly packages?: readonly { readonly package: string; readonly change: string }[] | null;
  }[];
  readonly plan?: Pick<Plan, 'catalogs'> | null;
}

export async function createSettledSite(
  t: Scope,
  manifest: ManifestOptions = {},
): Promise<SettledSite> {
  const site = await createSite(t);
  await site.writeManifest(manifest);
  const { production, staging } = site;
  const old = await pushOperator(production.host, { name: 'a', versions: ['1.0.0'] });
  const b = await pushOperator(production.host, { name: 'b', versions: ['1.0.0'] });
  const a = await pushOperator(staging.host, { name: 'a', versions: ['1.0.0', '1.1.0'] });
  for (const name of manifest.catalogs ?? ['idx']) {
    await pushIndex(production.host, { a: old, b }, { repository: `olm/${name}` });
    await pushIndex(staging.host, { a }, { repository: `olm/${name}` });
  }
  const settled: SettledSite = { ...addAsking(site, production), a, b };
  for (const command of ['init', 'merge']) {
    await settled.expect([command]);
    await site.commit(command);
  }
  await settled.expect(['apply']);
  await settled.expect(['plan']);
  return settled;
}

/** The site with what asks it; `serving` is the registry that clusters are served from. */
export function addAsking(site: Site, serving: RunningRegistry): AskedSite {
  const registry = site.open(serving);
  const asked: AskedSite = {
    ...site,
    async head(reference = 'v1', repository = 'olm/idx') {
      const presence = await registry.headManifest(repository, reference);
      assert.notEqual(presence.state, 'unknown');
      return presence.state === 'present' ? presence.digest : null;
    },
    async ask(args, code) {
      return JSON.parse(await asked.expect([...args, '--format', 'json'], code));
    },
    async expect(args, code = 0) {
      const result = await site.olmirror(args);
      assert.equal(result.code, code, `${args.join(' ')}\n${result.stdout}${result.stderr}`);
      return result.stdout;
    },
  };
  return asked;
}

/** Digests under all tags of an index repository in production. */
export async function listHeld(
  site: SettledSite,
  repository = 'olm/idx',
): Promise<ReadonlySet<string>> {
  const tags = await site.open(site.production).listTags(repository);
  const held = await Promise.all(tags.map((tag) => site.head(tag, repository)));
  return new Set(held.filter((digest) => digest !== null));
}
