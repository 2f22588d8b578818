import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import type { Plan, PushIndexStep } from '../../src/plan/types.ts';
import { compileSchema, parseChecked } from './check-schema.ts';
import { runAndCommit } from './proxied-site.ts';
import { pushIndex, pushOperator, type Site } from './site.ts';

const found = spawnSync('sh', ['-c', 'command -v podman'], { encoding: 'utf8' });
export const REAL_PODMAN: string = found.stdout.trim();
export const NO_PODMAN: string | false = REAL_PODMAN === '' && 'podman is not there';
const planned = compileSchema<Plan>('plan');

/** Staging brings one operator, which is merged and committed. */
export async function deliverA(
  site: Site,
  versions: readonly string[] = ['1.0.0'],
  name = 'a',
): Promise<void> {
  const { host } = site.staging;
  await pushIndex(host, { [name]: await pushOperator(host, { name, versions }) });
  await runAndCommit(site, ['merge']);
}

/** The catalog as it lies in the working tree, its texts changed before they are read. */
export async function readGit(
  site: Site,
  change: (text: string) => string = (text) => text,
): Promise<Catalog> {
  const folder = join(site.state, 'catalogs/idx');
  const files = (await readdir(folder)).map(async (name) => {
    const path = `${name}/catalog.json`;
    return { path, bytes: Buffer.from(change(await readFile(join(folder, path), 'utf8'))) };
  });
  return parseCatalog(await Promise.all(files)).catalog;
}

export async function readPlan(site: Site, code: number): Promise<Plan> {
  const result = await site.olmirror(['plan', '--format', 'json']);
  assert.equal(result.code, code, result.stdout + result.stderr);
  return parseChecked(planned, result.stdout);
}

export function expectPush(plan: Plan): PushIndexStep {
  const push = plan.steps.find((step) => step.kind === 'push-index');
  assert.ok(push !== undefined, JSON.stringify(plan.steps));
  return push;
}

export async function readTags(site: Site): Promise<readonly string[]> {
  return (await site.open(site.production).listTags('olm/idx')).toSorted();
}

/** Where the journal lies, and what is built. */
export async function findStateFolder(site: Site): Promise<string> {
  const root = join(site.folder, 'xdg-state/olmirror');
  const [name = ''] = await readdir(root);
  return join(root, name);
}

/** Folders that a build or a push left in the state folder. */
export async function listWorkspaces(site: Site): Promise<readonly string[]> {
  const names = await readdir(await findStateFolder(site));
  return names.filter((name) => /^(?:podman|layout)-/.test(name));
}
