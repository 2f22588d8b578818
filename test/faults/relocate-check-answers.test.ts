import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Fault } from '../../scripts/lib/fault-proxy.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { createRelocated } from '../support/checked-site.ts';
import { listParts, openStorage } from '../support/damage.ts';
import { NO_RELEASE } from '../support/no-release.ts';

// Guards against: an image that nodes could not start taken for whole. Seen to fail with the prover's answer taken for present.
test('an image is proved only where all of its blobs are there, whole in size', async (t) => {
  const { site, images, check } = await createRelocated(t, 2);
  const storage = openStorage(join(site.folder, 'staging'));
  const registry = site.open(site.staging);
  const [first, second] = await Promise.all(
    images.map((image, at) => listParts(registry, `vendor/app-${at}`, image.split('@')[1] ?? '')),
  );
  const [layer = '', config = ''] = [first?.blobs.at(-1), second?.blobs[0]];
  await storage.lose(layer);
  await storage.cut(config);
  const { verdict, hindrances } = await check();
  assert.deepEqual(
    [verdict, hindrances.map(({ kind, subject }) => [kind, subject])],
    [
      'not-proved',
      [
        ['damaged', images[0]],
        ['damaged', images[1]],
      ],
    ],
  );
  assert.ok(hindrances[0]?.message.includes(layer), hindrances[0]?.message);
  assert.ok(hindrances[1]?.message.includes(config), hindrances[1]?.message);
});

// Guards against: silence taken for absence (promise 6).
test('a registry that never answers leaves image, blob and index unknown', async (t) => {
  let hanging = '';
  const { check } = await createRelocated(t, 1, {
    staging: ({ url }): Fault | null =>
      hanging !== '' && url.includes(hanging) ? { kind: 'hang' } : null,
  });
  for (const [path, kind] of [
    ['/vendor/app-0/manifests/', 'image'],
    ['/vendor/app-0/blobs/', 'image'],
    ['/olm/idx/manifests/', 'index'],
  ] as const) {
    hanging = path;
    const { verdict, hindrances, unclear, wipeable } = await check();
    assert.deepEqual(
      [verdict, hindrances, unclear.map((it) => it.kind), wipeable],
      ['unknown', [], [kind], null],
      path,
    );
  }
});

test('an image by tag must be the one that production has, where nodes look there too', async (t) => {
  const fault: { now: Fault | null } = { now: null };
  const { site, giveInUse, check } = await createRelocated(t, 1, {
    production: ({ url }) => (url.includes('/manifests/v1') ? fault.now : null),
  });
  const { stagingProxy, productionProxy, production } = site;
  const rule = { source: 'registry.example.com', redirects: 'tag', object: 'ImageTagMirrorSet m' };
  const image = 'registry.example.com/vendor/app-0:v1';
  let looks = 0;
  async function judge(mirrors: readonly string[], tag = image): Promise<readonly string[]> {
    looks += 1;
    const images = [{ image: tag, users: [`look ${looks}`] }];
    await giveInUse({ images, mirrors: [{ ...rule, mirrors }] });
    const { hindrances, unclear } = await check();
    return [...hindrances, ...unclear].map(({ kind }) => kind);
  }
  assert.deepEqual(await judge([stagingProxy.host]), []);
  assert.deepEqual(await judge([stagingProxy.host], image.replace(':v1', ':v9')), ['absent']);
  const both = [stagingProxy.host, productionProxy.host];
  assert.deepEqual(await judge(both), ['names-production'], 'production has no such tag');
  await pushImage(production.host, {
    repository: 'vendor/app-0',
    files: { 'app.txt': 'another' },
    tags: ['v1'],
  });
  assert.deepEqual(await judge(both), ['names-production', 'other-digest']);
  fault.now = { kind: 'status', status: 503, body: 'no' };
  assert.deepEqual(await judge(both), ['names-production', 'image']);
});

test('an index that is absent, or not whole, is named', async (t) => {
  const { site, check } = await createRelocated(t, 1);
  const { folder, staging } = site;
  const head = await site.open(staging).headManifest('olm/idx', 'v1');
  const digest = head.state === 'present' ? head.digest : '';
  const { blobs } = await listParts(site.open(staging), 'olm/idx', digest);
  const storage = openStorage(join(folder, 'staging'));
  await storage.lose(blobs.at(-1) ?? '');
  async function judge(): Promise<readonly string[]> {
    return (await check()).hindrances.map(({ kind }) => kind);
  }
  assert.deepEqual(await judge(), ['index-damaged', 'not-served']);
  await storage.lose(digest);
  assert.deepEqual(await judge(), ['index-absent', 'not-served']);
});

test('every cluster is judged by its own rules, and one that nobody looked at is in the way', async (t) => {
  const { site, images, giveInUse, check } = await createRelocated(t, 1);
  await site.writeManifest({
    production: site.productionProxy.host,
    staging: site.stagingProxy.host,
    spec: `${NO_RELEASE}\n    clusters: [prod-a, prod-b, prod-c]`,
  });
  await giveInUse({}, { name: 'prod-b', mirrors: [] });
  const { proved, hindrances } = await check();
  assert.deepEqual(
    [proved, hindrances.map(({ kind, cluster, subject }) => [kind, cluster, subject])],
    [
      1,
      [
        ['in-use-gap', 'prod-c', 'prod-c'],
        ['absent', 'prod-b', images[0]],
      ],
    ],
  );
});

test('what could not be looked at is in the way, until somebody answers for it, and again after that', async (t) => {
  const { site, giveInUse, check } = await createRelocated(t, 1);
  const kind = 'Build.build.openshift.io';
  async function judge(until: string | null): Promise<string> {
    const waiver = `{ kind: ${kind}, reason: no builds, by: kim, until: ${until} }`;
    await site.writeManifest({
      production: site.productionProxy.host,
      staging: site.stagingProxy.host,
      spec: until === null ? NO_RELEASE : `${NO_RELEASE}\n      - ${waiver}`,
    });
    await giveInUse({ unseen: [{ kind, why: 'forbidden', message: `403 until ${until}` }] });
    const { verdict, hindrances } = await check();
    return [verdict, ...hindrances.map((it) => it.kind)].join(' ');
  }
  assert.equal(await judge(null), 'not-proved in-use-gap');
  assert.equal(await judge('2099-01-01'), 'proved');
  assert.equal(await judge('2020-01-01'), 'not-proved in-use-gap');
});

// Guards against: Argo CD bringing back what a cluster no longer has. Seen to fail without checkDeclaredPointers.
test('what Git tells clusters of production below cluster/ is in the way', async (t) => {
  const { site, check } = await createRelocated(t, 1);
  const { productionProxy, stagingProxy, state } = site;
  async function judge(file: string, text: string): Promise<readonly string[]> {
    await mkdir(join(state, 'cluster'), { recursive: true });
    await writeFile(join(state, 'cluster', file), text);
    await site.commit(file);
    const { hindrances, unclear, inputs } = await check();
    assert.ok(inputs.some((input) => input.file === `cluster/${file}`));
    return [...hindrances, ...unclear].map((it) => `${it.kind} ${it.subject}`);
  }
  assert.deepEqual(await judge('rules.yaml', renderRules(stagingProxy.host)), []);
  assert.deepEqual(await judge('rules.yaml', renderRules(productionProxy.host)), [
    'names-production ImageDigestMirrorSet m (cluster/rules.yaml)',
  ]);
  await judge('rules.yaml', renderRules(stagingProxy.host));
  assert.deepEqual(await judge('broken.yaml', 'kind: [\n'), ['reference cluster/broken.yaml']);
});

function renderRules(host: string): string {
  return `apiVersion: config.openshift.io/v1\nkind: ImageDigestMirrorSet\nmetadata: { name: m }\nspec:\n  imageDigestMirrors:\n    - { source: registry.example.com, mirrors: [${host}] }\n`;
}
