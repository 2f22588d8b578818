import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import type { MirrorManifest } from '../../src/manifest/types.ts';
import { readStoredTags } from './fault-site.ts';
import {
  type CliResult,
  type OperatorSpec,
  pushIndex,
  pushOperator,
  readText,
  type Site,
} from './site.ts';

export type Laid = Pick<OperatorSpec, 'place' | 'tag'>;

/** Fills production with operators in the ways that people laid them out, and an index of all of them. */
export async function fillProduction(
  { production: { host } }: Pick<Site, 'production'>,
  laid: Readonly<Record<string, Laid>>,
): Promise<void> {
  const packages = Object.entries(laid).map(
    async ([name, how]) =>
      [name, await pushOperator(host, { name, versions: ['1.0.0'], ...how })] as const,
  );
  await pushIndex(host, Object.fromEntries(await Promise.all(packages)));
}

/** Hosts by which a site is taken over, where they are not those of its registries. */
export interface TakeOver {
  readonly production?: string;
  readonly staging?: string;
  readonly args?: readonly string[];
}

/** `init` in a repository without a manifest. */
export async function initAnew(site: Site, options: TakeOver = {}): Promise<CliResult> {
  const { production = site.production.host, staging = site.staging.host, args = [] } = options;
  await rm(join(site.state, 'mirror.yaml'), { force: true });
  const from = args.includes('--from') ? [] : ['--from', `${production}/olm/idx:v1`];
  return site.olmirror(['init', ...from, '--staging', staging, '--insecure', ...args]);
}

/** Commits what init wrote, and checks that the plan has no step and asks for nothing else. */
export async function assertNothingToDo(site: Site): Promise<void> {
  await site.commit('take over');
  const plan = await site.olmirror(['plan']);
  assert.equal(plan.code, 0, plan.stdout + plan.stderr);
  assert.match(plan.stdout, /^No changes/);
}

export async function readDraft(site: Site): Promise<MirrorManifest> {
  const { manifest, problems } = parseManifest(await readText(site, 'mirror.yaml'), 'mirror.yaml');
  assert.deepEqual(problems, []);
  assert.ok(manifest !== null);
  return manifest;
}

/** Rules of `paths` as lines: `from → to (limit)`, or with both roles where they differ. */
export async function readRules(site: Site): Promise<readonly string[]> {
  const { paths } = await readDraft(site);
  return paths.map(({ from, to, maxNestedPaths: nested }) => {
    const [production, staging] = (['production', 'staging'] as const).map((role) =>
      nested[role] === null ? to[role] : `${to[role]} (${nested[role]})`,
    );
    return production === staging
      ? `${from} → ${production}`
      : `${from} → ${production}, staging ${staging}`;
  });
}

export function readProduction(site: Site): Promise<ReadonlyMap<string, string>> {
  return readStoredTags(join(site.folder, 'production/storage'));
}

/** Writes objects of a cluster, as `oc get -o yaml` prints them, and returns their folder. */
export async function writeObjects(site: Site, text: string): Promise<string> {
  const folder = join(site.folder, 'cluster');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  await writeFile(join(folder, 'objects.yaml'), text);
  return folder;
}
