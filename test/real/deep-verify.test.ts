import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deleteManifest } from '../../scripts/lib/delete-manifest.ts';
import type { Fault, ProxiedRequest } from '../../scripts/lib/fault-proxy.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import type { PassReport } from '../../src/plan/report-types.ts';
import type { StatusReport } from '../../src/plan/status-types.ts';
import type { Plan } from '../../src/plan/types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { listParts, openStorage, type Storage } from '../support/damage.ts';
import { createProxiedSite, type ProxiedSite } from '../support/proxied-site.ts';

const plans = compileSchema<Plan>('plan');
const reports = compileSchema<PassReport>('report');
const statuses = compileSchema<StatusReport>('status');
const REPOSITORY = 'team/app';
const SINGLE = { files: { a: 'one' } };
const MANY = { files: { a: 'many' }, platforms: ['linux/amd64', 'linux/arm64'] };

interface Scene {
  readonly site: ProxiedSite;
  readonly storage: Storage;
  /** Digest of the image, which both registries hold. */
  readonly digest: string;
  readonly children: readonly string[];
  /** Config first, for each child. */
  readonly blobs: readonly string[];
  /** Sets what goes wrong in production from now on. */
  spoil(rule: (request: ProxiedRequest) => Fault | null): void;
}

function sound(): null {
  return null;
}

/** One wanted image that was copied by olmirror. */
async function createScene(t: TestContext, image: typeof SINGLE | typeof MANY): Promise<Scene> {
  let rule: (request: ProxiedRequest) => Fault | null = sound;
  const site = await createProxiedSite(t, { production: (request) => rule(request) });
  const { digest } = await pushImage(site.staging.host, { repository: REPOSITORY, ...image });
  await site.writeManifest({
    production: site.productionProxy.host,
    staging: site.stagingProxy.host,
    catalogs: [],
    spec: `  images:\n    - { source: "registry.example.com/${REPOSITORY}@${digest}" }`,
  });
  await site.commit('image');
  const { code, stdout, stderr } = await site.olmirror(['apply']);
  assert.equal(code, 0, stdout + stderr);
  const parts = await listParts(site.open(site.production), REPOSITORY, digest);
  return {
    site,
    storage: openStorage(join(site.folder, 'production')),
    digest,
    ...parts,
    spoil: (next) => {
      rule = next;
    },
  };
}

async function plan({ site }: Scene, code: number, level = 'deep'): Promise<Plan> {
  const result = await site.olmirror(['plan', '--format', 'json', '--verify', level]);
  assert.equal(result.code, code, result.stdout + result.stderr);
  return parseChecked(plans, result.stdout);
}

async function apply({ site }: Scene, code: number, level = 'deep'): Promise<PassReport> {
  const result = await site.olmirror(['apply', '--format', 'json', '--verify', level], {
    env: { OLMIRROR_RETRY_DELAY_MS: '10' },
  });
  assert.equal(result.code, code, result.stdout + result.stderr);
  return parseChecked(reports, result.stdout);
}

function outcome({ outcomes }: Pick<PassReport, 'outcomes'>): readonly (string | null)[] {
  const [first] = outcomes;
  assert.equal(outcomes.length, 1);
  return [first?.kind ?? null, first?.code ?? null];
}

async function assertWhole(scene: Scene): Promise<void> {
  const after = await plan(scene, 0, 'all');
  assert.deepEqual([after.steps, after.checks], [[], []]);
  const blobs = new Set(scene.blobs).size;
  const { level, images, blobs: asked, read } = after.verification ?? {};
  assert.deepEqual([level, images, asked, read], ['all', 1, blobs, blobs]);
}

// Seen to fail: with `prove` left out of observePresent nothing was found; with `repair` not carried out by
// applyCopy the blob stayed away and the step counted as done.
test('a blob that production lost is found by --verify deep alone, copied again and proved', async (t) => {
  const scene = await createScene(t, SINGLE);
  const { site, digest, blobs, storage } = scene;
  const layer = blobs[1] ?? '';
  await storage.lose(layer);
  assert.deepEqual((await plan(scene, 0, 'manifests')).steps, []);
  const planned = await plan(scene, 2);
  const [step] = planned.steps;
  assert.ok(step?.kind === 'copy' && planned.steps.length === 1);
  assert.deepEqual(step.repair, {
    manifests: [digest],
    missing: [{ kind: 'blob', digest: layer }],
  });
  assert.equal(step.reason, `damaged: production lacks its blob ${layer}; needed by images`);
  assert.ok(step.bytes > 0);
  assert.deepEqual(planned.verification, { level: 'deep', images: 1, blobs: 2, read: 1, bytes: 0 });
  const text = await site.olmirror(['plan', '--verify', 'deep']);
  assert.match(text.stdout, /\+ copy .*damaged: production lacks its blob sha256:/);
  assert.match(text.stdout, /^Verified \(deep\): 1 image in production, 2 blobs asked for/m);
  const status = await site.olmirror(['status', '--verify', 'deep', '--format', 'json']);
  const { sync, verification } = parseChecked(statuses, status.stdout);
  assert.deepEqual([sync, verification], ['OutOfSync', planned.verification]);

  const saved = join(site.folder, 'plan.json');
  await site.olmirror(['plan', '--verify', 'deep', '--out', saved]);
  const applied = await site.olmirror(['apply', saved]);
  assert.equal(applied.code, 0, applied.stdout + applied.stderr);
  assert.match(applied.stdout, /1 of 1 step done, .* copied 1/);
  await assertWhole(scene);
  const again = await site.olmirror(['apply', saved]);
  assert.equal(again.code, 3, again.stdout + again.stderr);
});

// Seen to fail: with children left out of proveManifest nothing was found.
test('a lost child of an index and a lost config of another are copied again in one step', async (t) => {
  const scene = await createScene(t, MANY);
  const { storage, children, blobs } = scene;
  const [first = '', second = ''] = children;
  const config = blobs[2] ?? '';
  await storage.lose(first);
  await storage.lose(config);
  const [step] = (await plan(scene, 2)).steps;
  assert.ok(step?.kind === 'copy');
  assert.deepEqual(step.repair, {
    manifests: [first, second],
    missing: [
      { kind: 'manifest', digest: first },
      { kind: 'blob', digest: config },
    ],
  });
  assert.deepEqual(outcome(await apply(scene, 0)), ['copied', null]);
  await assertWhole(scene);
});

test('spec.verify asks for it in the manifest, and what staging no longer has is lost with a clear text', async (t) => {
  const scene = await createScene(t, SINGLE);
  const { site, digest, blobs, storage } = scene;
  await site.writeManifest({
    production: site.productionProxy.host,
    staging: site.stagingProxy.host,
    catalogs: [],
    spec: `  verify: deep\n  images:\n    - { source: "registry.example.com/${REPOSITORY}@${digest}" }`,
  });
  await site.commit('verify');
  await storage.lose(blobs[1] ?? '');
  await deleteManifest(site.staging.host, REPOSITORY, digest);
  const result = await site.olmirror(['apply', '--format', 'json']);
  assert.equal(result.code, 4, result.stdout + result.stderr);
  const report = parseChecked(reports, result.stdout);
  assert.deepEqual(outcome(report), ['lost', 'PLAN_DAMAGED']);
  const [check] = report.checks;
  assert.equal(check?.kind, 'damaged');
  assert.match(
    check.message,
    /^Production holds team\/app@sha256:\w+, but lacks its blob sha256:\w+, and staging \(team\/app\) has nothing to mend it from; needed by images\.$/,
  );
  assert.match(check.hint ?? '', /^Mirror it into staging again/);
});

// Seen to fail: with the size of HEAD not compared in askBlob the cut blob passed for whole.
test('wrong bytes are found by reading, cut ones by their length, and both are left to a person', async (t) => {
  const scene = await createScene(t, SINGLE);
  const layer = scene.blobs[1] ?? '';
  await scene.storage.spoil(layer);
  assert.deepEqual((await plan(scene, 0, 'deep')).steps, [], 'HEAD does not see it');
  const report = await apply(scene, 1, 'all');
  assert.deepEqual(outcome(report), ['failed', 'PLAN_DAMAGED']);
  assert.match(report.checks[0]?.message ?? '', new RegExp(`wrong bytes for its blob ${layer}`));
  assert.match(report.checks[0]?.hint ?? '', /a copy does not replace them\. Remove them/);
  await scene.storage.cut(layer);
  assert.deepEqual(outcome(await apply(scene, 1, 'deep')), ['failed', 'PLAN_DAMAGED']);
  // What the hint says: without these bytes the registry takes the right ones.
  await scene.storage.lose(layer);
  assert.deepEqual(outcome(await apply(scene, 0, 'deep')), ['copied', null]);
  await assertWhole(scene);
});

// As a repository of Nexus with redeploy disabled. Seen to fail: with the failure of the copy thrown by repairImage.
test('a lost blob comes back to a registry that takes no manifest twice', async (t) => {
  const scene = await createScene(t, SINGLE);
  let refused = 0;
  scene.spoil(({ method, url }) => {
    if (method !== 'PUT' || !url.includes('/manifests/')) return null;
    refused += 1;
    return { kind: 'status', status: 400 };
  });
  await scene.storage.lose(scene.blobs[1] ?? '');
  assert.deepEqual(outcome(await apply(scene, 0)), ['copied', null]);
  assert.equal(refused, 1);
  await assertWhole(scene);
});

// Promise 10. Seen to fail: with the manifests of a repair left out of listSourceFacts.
test('a saved plan with a repair is refused where staging can no longer give what is to be mended', async (t) => {
  const scene = await createScene(t, SINGLE);
  const { site, digest, blobs, storage } = scene;
  await storage.lose(blobs[1] ?? '');
  const saved = join(site.folder, 'plan.json');
  await site.olmirror(['plan', '--verify', 'deep', '--out', saved]);
  await deleteManifest(site.staging.host, REPOSITORY, digest);
  const applied = await site.olmirror(['apply', saved]);
  assert.equal(applied.code, 3, applied.stdout + applied.stderr);
  assert.match(applied.stdout + applied.stderr, new RegExp(`team/app@${digest}`));
  assert.equal(site.productionProxy.requests.filter(({ method }) => method === 'PUT').length, 3);
});

// Promise 6. Seen to fail: with unclear answers counted as missing in proveBlob, a copy was planned.
test('a blob that cannot be asked for is no damage: the image is unknown and nothing is copied', async (t) => {
  const scene = await createScene(t, SINGLE);
  const layer = scene.blobs[1] ?? '';
  scene.spoil(({ url }) => (url.endsWith(layer) ? { kind: 'status', status: 403 } : null));
  const report = await apply(scene, 1);
  assert.deepEqual(outcome(report), ['failed', 'REGISTRY_FORBIDDEN']);
  assert.match(report.checks[0]?.message ?? '', /^Whether production holds all of team\/app@/);
  assert.equal(report.steps.planned, 0);
});

// Seen to fail: with a 404 by HEAD believed without a GET, the image was copied at every pass.
test('a HEAD that lies either way does not decide: bytes that are there are there, those that are gone are not', async (t) => {
  const scene = await createScene(t, SINGLE);
  const layer = scene.blobs[1] ?? '';
  function hits({ method, url }: ProxiedRequest): boolean {
    return method === 'HEAD' && url.endsWith(layer);
  }
  scene.spoil((request) => (hits(request) ? { kind: 'status', status: 404 } : null));
  assert.deepEqual((await plan(scene, 0)).steps, []);

  await scene.storage.lose(layer);
  const present = { 'docker-content-digest': layer, 'content-type': 'application/octet-stream' };
  scene.spoil((request) =>
    hits(request) ? { kind: 'status', status: 200, headers: present, body: '' } : null,
  );
  const report = await apply(scene, 1, 'all');
  // The registry itself refuses a manifest whose blob it lacks; what is there afterwards is said too.
  assert.deepEqual(outcome(report), ['failed', 'APPLY_COPY_FAILED']);
  const { message } = report.outcomes[0] ?? {};
  assert.match(message ?? '', new RegExp(`was copied, but is not whole: ${layer} cannot be read`));
  scene.spoil(sound);
  assert.deepEqual(outcome(await apply(scene, 0)), ['copied', null]);
  await assertWhole(scene);
});

// Seen to fail: with no answer kept in `asked`, the shared layer was asked for twice.
test('layers that images share are asked for once a repository', async (t) => {
  const scene = await createScene(t, SINGLE);
  const { site, digest } = scene;
  const other = await pushImage(site.staging.host, {
    repository: REPOSITORY,
    files: { a: 'one' },
    labels: { other: 'config' },
  });
  await site.writeManifest({
    production: site.productionProxy.host,
    staging: site.stagingProxy.host,
    catalogs: [],
    spec: `  images:\n${[digest, other.digest].map((name) => `    - { source: "registry.example.com/${REPOSITORY}@${name}" }`).join('\n')}`,
  });
  await site.commit('two');
  await site.olmirror(['apply']);
  const since = site.productionProxy.requests.length;
  const { verification } = await plan(scene, 0);
  assert.deepEqual(verification, { level: 'deep', images: 2, blobs: 3, read: 0, bytes: 0 });
  const sent = site.productionProxy.requests.slice(since);
  const heads = sent.filter(({ method, url }) => method === 'HEAD' && url.includes('/blobs/'));
  assert.equal(heads.length, 3);
  assert.equal(new Set(heads.map(({ url }) => url)).size, 3);
});
