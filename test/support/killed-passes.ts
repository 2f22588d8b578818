import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cp, mkdir, readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ArrivedManifest, Fault, ProxiedRequest } from '../../scripts/lib/fault-proxy.ts';
import { sendRequest } from '../../scripts/lib/send-request.ts';
import { parseImageRef } from '../../src/base/image-ref.ts';
import { type Chance, createChance } from '../faults/chance.ts';
import type { BundleSpec } from './catalog.ts';
import { readStoredTags } from './fault-site.ts';
import { createProxiedSite, type ProxiedSite, runAndCommit } from './proxied-site.ts';
import { collect, pushIndex, pushOperator, type Scope } from './site.ts';

export interface KilledPassesOptions {
  readonly seed: number;
  readonly kills: number;
  /** That a pass copies; a multiple of eight. */
  readonly images: number;
}

export interface KilledPasses {
  readonly kills: number;
  /** Times that production began anew. */
  readonly rounds: number;
  /** That a pass sends which nobody kills. */
  readonly requests: number;
  /** How far the killed passes had come: nothing written, images, the index. */
  readonly reached: Readonly<Record<Reached, number>>;
}

type Reached = 'nothing' | 'images' | 'index';

/** One run of `apply`. */
interface Pass {
  readonly child: ChildProcess | null;
  /** When it is killed: with so many requests, counted from its start or from its first write. */
  readonly moment: { readonly since: 'start' | 'first-write'; readonly requests: number } | null;
  /** Whether that request is never answered, so that who sent it would wait for ever. */
  readonly hangs: boolean;
  requests: number;
  /** Before its first write. */
  reads: number;
  reached: Reached;
  killed: boolean;
}

type PassPlan = Pick<Pass, 'moment' | 'hangs'>;

interface Scene {
  readonly site: ProxiedSite;
  /** URL of every image of the new index, in the registry behind the proxy. */
  readonly closure: readonly string[];
  readonly oldIndex: string;
  readonly storage: string;
  readonly kept: string;
  readonly temporary: string;
  /** The command as it is shipped, which starts in a third of the time. */
  readonly program: string;
}

/** What the proxies see. */
interface Sight {
  pass: Pass;
  scene: Scene | null;
  /** Images that were not there when the latest manifest came into the repository of the index. */
  absent: readonly string[];
  /** Those that were not there when the new index came. */
  readonly early: Set<string>;
  /** Each tag's contents, of all rounds together. */
  readonly contents: Map<string, Set<string>>;
}

const run = promisify(execFile);
const BUILD = join(import.meta.dirname, '../../scripts/build.mjs');
const LET_ALONE: PassPlan = { moment: null, hangs: false };

interface Stage {
  readonly scene: Scene;
  readonly sight: Sight;
}

/**
 * Kills `apply` with SIGKILL when the n-th request passes, n by chance, again and again until it comes to its end, and
 * begins anew. Fails where a tag got two contents, an index came before one of its
 * images, a process or folder was left, or production ended up otherwise than without kills.
 */
export async function killPasses(
  t: Scope,
  { seed, kills, images }: KilledPassesOptions,
): Promise<KilledPasses> {
  const chance = createChance(seed);
  const sight: Sight = {
    pass: begin(null, LET_ALONE),
    scene: null,
    absent: [],
    early: new Set(),
    contents: new Map(),
  };
  const scene = await prepareScene(t, sight, images);
  const whole = await runPass(scene, sight, LET_ALONE);
  const wanted = await readStoredTags(scene.storage);
  await checkEnd({ scene, sight }, wanted);
  const reached = { nothing: 0, images: 0, index: 0 };
  const seen = { kills: 0, rounds: 0, requests: whole.requests, reached };
  while (seen.kills < kills) {
    await reset(scene);
    const most = kills - seen.kills;
    for (const pass of await killInARow({ scene, sight }, chance, { most, whole })) {
      seen.kills += 1;
      reached[pass.reached] += 1;
    }
    await runPass(scene, sight, LET_ALONE);
    await checkEnd({ scene, sight }, wanted);
    seen.rounds += 1;
  }
  return seen;
}

async function prepareScene(t: Scope, sight: Sight, images: number): Promise<Scene> {
  function look(request: ProxiedRequest): Promise<Fault | null> {
    return lookAt(request, sight);
  }
  const site = await createProxiedSite(t, {
    production: look,
    staging: look,
    onManifest: (manifest) => note(manifest, sight),
  });
  const old = await pushOperator(site.production.host, { name: 'old', versions: ['1.0.0'] });
  const oldIndex = await pushIndex(site.production.host, { old });
  const fresh = await deliverMany(site.staging.host, images / 2);
  await runAndCommit(site, ['init', 'merge']);
  const closure = listClosure(site.production.host, [...old, ...fresh]);
  assert.equal(closure.length, images + 2);
  const { folder } = site;
  const places = { storage: join(folder, 'production/storage'), kept: join(folder, 'kept') };
  await cp(places.storage, places.kept, { recursive: true });
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const program = join(folder, 'program');
  await run(process.execPath, [BUILD, program]);
  sight.scene = {
    site,
    closure,
    oldIndex,
    ...places,
    temporary,
    program: join(program, 'olmirror.js'),
  };
  return sight.scene;
}

/** Four operators, of each so many versions that there are `bundles` altogether. */
async function deliverMany(host: string, bundles: number): Promise<readonly BundleSpec[]> {
  const packages: Record<string, readonly BundleSpec[]> = {};
  for (const name of ['m', 'n', 'o', 'p']) {
    const versions = Array.from({ length: bundles / 4 }, (_, i) => `1.${i}.0`);
    packages[name] = await pushOperator(host, { name, versions });
  }
  await pushIndex(host, packages);
  return Object.values(packages).flat();
}

function listClosure(host: string, bundles: readonly BundleSpec[]): readonly string[] {
  return bundles
    .flatMap(({ image, related }) => [image, ...(related ?? [])])
    .map((image) => {
      const { repository, digest } = parseImageRef(image);
      return `http://${host}/v2/${repository}/manifests/${digest}`;
    });
}

async function lookAt(request: ProxiedRequest, sight: Sight): Promise<Fault | null> {
  const { pass, scene } = sight;
  count(request, pass);
  if (request.method === 'PUT' && request.url.includes('/olm/idx/manifests/') && scene !== null)
    sight.absent = await listAbsent(scene);
  if (pass.killed || !isMoment(pass)) return null;
  pass.killed = pass.child?.kill('SIGKILL') ?? false;
  return pass.hangs ? { kind: 'hang' } : null;
}

function count({ method, url }: ProxiedRequest, pass: Pass): void {
  const isWrite = method !== 'GET' && method !== 'HEAD';
  pass.requests += 1;
  if (isWrite && pass.reached !== 'index')
    pass.reached = url.includes('/olm/idx/') ? 'index' : 'images';
  if (pass.reached === 'nothing') pass.reads += 1;
}

function isMoment({ moment, requests, reads }: Pass): boolean {
  if (moment === null) return false;
  return requests - (moment.since === 'start' ? 0 : reads) === moment.requests;
}

async function listAbsent({ closure }: Scene): Promise<readonly string[]> {
  const answers = closure.map(async (url) => {
    const accept = 'application/vnd.oci.image.manifest.v1+json';
    const { status } = await sendRequest(url, { method: 'HEAD', headers: { accept } });
    return status === 200 ? [] : [url];
  });
  return (await Promise.all(answers)).flat();
}

function note({ repository, reference, digest }: ArrivedManifest, sight: Sight): void {
  const { absent, contents, early, scene } = sight;
  if (repository === 'olm/idx' && digest !== scene?.oldIndex)
    for (const url of absent) early.add(url);
  if (reference.startsWith('sha256:')) return;
  const tag = `${repository}:${reference}`;
  contents.set(tag, (contents.get(tag) ?? new Set()).add(digest));
}

async function reset({ site, storage, kept, temporary }: Scene): Promise<void> {
  for (const folder of [storage, temporary, join(site.folder, 'xdg-state')])
    await rm(folder, { recursive: true, force: true });
  await cp(kept, storage, { recursive: true });
  await mkdir(temporary);
}

/** Kills pass after pass until one comes to its end first, or there were enough; lists those that were killed. */
async function killInARow(
  { scene, sight }: Stage,
  chance: Chance,
  { most, whole }: { readonly most: number; readonly whole: Pass },
): Promise<readonly Pass[]> {
  const killed: Pass[] = [];
  while (killed.length < most) {
    const pass = await runPass(scene, sight, choosePlan(chance, whole));
    if (!pass.killed) break;
    killed.push(pass);
  }
  return killed;
}

// What a pass wrote is not written again, so counting from the first write spreads the moments over all that a round
// writes; some come close behind each other, since the index is a small part of it.
function choosePlan(chance: Chance, { requests, reads }: Pass): PassPlan {
  const hangs = chance.below(2) === 0;
  const share = chance.pick([64, 8, 2]);
  return chance.below(5) === 0
    ? { moment: { since: 'start', requests: 1 + chance.below(reads) }, hangs }
    : {
        moment: { since: 'first-write', requests: 1 + chance.below((requests - reads) / share) },
        hangs,
      };
}

/** Throws where the pass failed that was not killed, or something of it still runs. */
async function runPass(scene: Scene, sight: Sight, plan: PassPlan): Promise<Pass> {
  const child = start(scene, 'apply');
  const pass = begin(child, plan);
  sight.pass = pass;
  const { code, stdout, stderr } = await collect(child);
  if (child.signalCode === null) assert.equal(code, 0, stdout + stderr);
  await waitForEnd(scene.site.folder);
  return pass;
}

function start({ site, temporary, program }: Scene, command: string): ChildProcess {
  return spawn(process.execPath, [program, command], {
    cwd: site.state,
    env: { ...site.environment(), TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function begin(child: ChildProcess | null, plan: PassPlan): Pass {
  return { child, ...plan, requests: 0, reads: 0, reached: 'nothing', killed: false };
}

// Whatever a pass starts has its working folder below the site's: the launcher, skopeo, git.
async function waitForEnd(folder: string): Promise<void> {
  let left: readonly string[] = [];
  for (let i = 0; i < 500; i += 1) {
    left = await listWorkingBelow(folder);
    if (left.length === 0) return;
    await sleep(20);
  }
  assert.deepEqual(left, [], 'processes that outlived the pass');
}

async function listWorkingBelow(folder: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = pids.map(async (pid) => {
    // One that has ended, or is another user's, tells nothing.
    const place = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    return place.startsWith(`${folder}/`) ? [`${pid} in ${place}`] : [];
  });
  return (await Promise.all(found)).flat();
}

async function checkEnd(
  { scene, sight }: Stage,
  wanted: ReadonlyMap<string, string>,
): Promise<void> {
  assert.deepEqual([...sight.early], [], 'images that the index came before');
  const twice = [...sight.contents].filter(([, digests]) => digests.size > 1);
  assert.deepEqual(twice, [], 'tags with two contents');
  assert.deepEqual(await readStoredTags(scene.storage), wanted);
  const { reached } = sight.pass;
  const plan = await collect(start(scene, 'plan'));
  assert.equal(plan.code, 0, plan.stdout + plan.stderr);
  // A pass with nothing to write tidies nothing up: what a kill behind the last write left waits for the next one.
  if (reached !== 'nothing') await checkFolders(scene);
}

async function checkFolders({ site, temporary }: Scene): Promise<void> {
  assert.deepEqual(await readdir(temporary), [], 'folders for temporary files');
  const root = join(site.folder, 'xdg-state/olmirror');
  const [name = ''] = await readdir(root);
  const left = await readdir(join(root, name));
  // A pass that was killed while it took the lock left one of these, which is removed when it is a minute old.
  const kept = left.filter((entry) => !entry.startsWith('apply.lock.'));
  assert.deepEqual(kept.toSorted(), ['history', 'journal.jsonl', 'layers']);
}
