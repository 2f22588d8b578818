import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createChance } from '../faults/chance.ts';
import { createProxiedSite, type ProxiedSite, runAndCommit } from './proxied-site.ts';
import { collect, pushIndex, pushOperator, readServed } from './site.ts';

export interface KilledPassesOptions {
  readonly seed: number;
  readonly kills: number;
  /** An even number: a bundle and an operand for each version. */
  readonly images: number;
}

export interface KilledPasses {
  readonly kills: number;
  /** Times that production was brought back to its start, since everything had arrived. */
  readonly rounds: number;
  readonly killedBeforeWrites: number;
  readonly killedAfterIndex: number;
}

interface Storage {
  readonly root: string;
  /** Repository and hex digest of every image that the delivered index names. */
  readonly closure: readonly (readonly [string, string])[];
}

/**
 * Kills `apply` with SIGKILL at random moments, again and again, and lets it converge. Throws where an index became
 * visible before its images, a tag had a third content, or a pass that was let alone did not converge.
 */
export async function killPasses(
  t: TestContext,
  { seed, kills, images }: KilledPassesOptions,
): Promise<KilledPasses> {
  const chance = createChance(seed);
  const early: string[] = [];
  let storage: Storage | null = null;
  const site = await createProxiedSite(t, {
    production({ method, url }) {
      const isMove = method === 'PUT' && url.endsWith('/olm/idx/manifests/v1');
      if (isMove && storage !== null) early.push(...listAbsent(storage));
      return null;
    },
  });
  const versions = await deliverMany(site, images / 2);
  const root = join(site.folder, 'production/storage');
  const kept = join(site.folder, 'kept');
  await cp(root, kept, { recursive: true });
  const bundles = [...versions].toSorted();
  const seen = { kills: 0, rounds: 0, killedBeforeWrites: 0, killedAfterIndex: 0 };
  const closure = await listClosure(join(site.folder, 'staging/storage'));
  assert.equal(closure.length, images);
  storage = { root, closure };
  let longest = await measurePass(site);
  for (;;) {
    // Fresh from the start, then killed until it has converged.
    await rm(root, { recursive: true, force: true });
    await cp(kept, root, { recursive: true });
    while (seen.kills < kills) {
      const run = await runAndKill(site, chance.below(longest));
      assert.deepEqual(early, [], `the index moved before its images (seed ${seed})`);
      checkTags(root);
      const served = await readServed(site.open(site.production));
      if (!run.killed) assert.equal(run.code, 0, run.output);
      const moved = served.length > 1;
      const begun = listAbsent(storage).length < images;
      seen.kills += Number(run.killed);
      seen.killedAfterIndex += Number(run.killed && moved);
      seen.killedBeforeWrites += Number(run.killed && !begun);
      // Once the index has moved nothing is left to be cut off.
      if (moved) break;
      longest = Math.max(longest, run.milliseconds);
    }
    const last = await site.olmirror(['apply']);
    assert.equal(last.code, 0, `seed ${seed}: ${last.stdout}${last.stderr}`);
    assert.deepEqual(await readServed(site.open(site.production)), bundles);
    assert.deepEqual(listAbsent(storage), []);
    checkTags(root);
    seen.rounds += 1;
    if (seen.kills >= kills) return seen;
  }
}

async function deliverMany(site: ProxiedSite, count: number): Promise<readonly string[]> {
  const versions = Array.from({ length: count }, (_, i) => `1.${i}.0`);
  const b = await pushOperator(site.production.host, { name: 'b', versions: ['1.0.0'] });
  await pushIndex(site.production.host, { b });
  const m = await pushOperator(site.staging.host, { name: 'm', versions });
  await pushIndex(site.staging.host, { m });
  await runAndCommit(site, ['init', 'merge']);
  return ['b.v1.0.0', ...versions.map((version) => `m.v${version}`)];
}

async function measurePass(site: ProxiedSite): Promise<number> {
  const started = Date.now();
  const whole = await site.olmirror(['apply']);
  assert.equal(whole.code, 0, whole.stdout + whole.stderr);
  return Date.now() - started;
}

async function runAndKill(
  site: ProxiedSite,
  after: number,
): Promise<{ killed: boolean; code: number | null; output: string; milliseconds: number }> {
  const started = Date.now();
  const running = site.start(['apply']);
  const ended = collect(running);
  await Promise.race([ended, sleep(after)]);
  const killed = running.exitCode === null && running.kill('SIGKILL');
  const { code, stdout, stderr } = await ended;
  const milliseconds = Date.now() - started;
  return { killed: killed && code === null, code, output: stdout + stderr, milliseconds };
}

// A registry of the distribution keeps every digest that a tag ever had beside the tag. Uploads come and go meanwhile,
// so that nothing but the tags is listed.
function checkTags(root: string): void {
  for (const repository of ['vendor/m-bundle', 'vendor/m-operand', 'olm/idx']) {
    const tags = join(root, 'docker/registry/v2/repositories', repository, '_manifests/tags');
    if (!existsSync(tags)) continue;
    for (const tag of readdirSync(tags)) {
      const history = join(tags, tag, 'index/sha256');
      const had = existsSync(history) ? readdirSync(history).length : 0;
      const allowed = repository === 'olm/idx' && tag === 'v1' ? 2 : 1;
      assert.ok(had <= allowed, `${repository}:${tag} had ${had} contents`);
    }
  }
}

function listAbsent({ root, closure }: Storage): readonly string[] {
  return closure
    .filter(([repository, hex]) => !existsSync(join(revisionsOf(root, repository), hex, 'link')))
    .map(([repository, hex]) => `${repository}@sha256:${hex}`);
}

function revisionsOf(root: string, repository: string): string {
  return join(root, 'docker/registry/v2/repositories', repository, '_manifests/revisions/sha256');
}

async function listClosure(root: string): Promise<Storage['closure']> {
  const repositories = ['vendor/m-bundle', 'vendor/m-operand'];
  const found = repositories.map(async (repository) =>
    (await readdir(revisionsOf(root, repository))).map((hex) => [repository, hex] as const),
  );
  return (await Promise.all(found)).flat();
}
