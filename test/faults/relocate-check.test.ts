import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Fault } from '../../scripts/lib/fault-proxy.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { digestOf } from '../../src/base/digest.ts';
import { createRelocated } from '../support/checked-site.ts';
import { openStorage } from '../support/damage.ts';
import { pushOperator } from '../support/site.ts';

// Guards against: a forgotten image. Each of 30 is lost by itself in a real registry, with those before it.
test('each of 30 images that staging lost is found by name, with who uses it', async (t) => {
  const { site, images, check } = await createRelocated(t, 30);
  const before = await check();
  assert.deepEqual(
    [before.verdict, before.proved, before.hindrances, before.unclear],
    ['proved', 30, [], []],
  );
  const storage = openStorage(join(site.folder, 'staging'));
  for (const [at, image] of images.entries()) {
    await storage.lose(image.split('@')[1] ?? '');
    const { verdict, hindrances, unclear, wipeable } = await check();
    assert.deepEqual([verdict, unclear, wipeable], ['not-proved', [], null]);
    assert.deepEqual(
      hindrances.map(({ kind, subject, users, cluster }) => [kind, subject, users, cluster]),
      images
        .slice(0, at + 1)
        .map((lost, index) => ['absent', lost, [`Deployment apps/app-${index}`], 'prod-a']),
    );
  }
});

// Guards against: what is not known taken for absent, or for present (promise 6).
test('a registry that gives no clear answer leaves the proof unknown', async (t) => {
  let fault: Fault | null = null;
  const { check } = await createRelocated(t, 1, {
    staging: ({ url }) => (url.includes('/vendor/app-0/manifests/') ? fault : null),
  });
  for (const status of [401, 403, 500]) {
    fault = { kind: 'status', status, body: 'no' };
    const { verdict, hindrances, unclear, exitCode } = await check();
    assert.deepEqual(
      [verdict, hindrances.length, unclear.map(({ kind }) => kind), exitCode],
      ['unknown', 0, ['image'], 4],
      String(status),
    );
  }
});

test('rules and images that name production, versions that nobody serves and old looks are in the way', async (t) => {
  const { site, images, giveInUse, check } = await createRelocated(t, 1);
  const { stagingProxy, productionProxy } = site;
  async function judge(changes: object): Promise<readonly string[]> {
    await giveInUse(changes);
    return (await check()).hindrances.map(({ kind }) => kind);
  }
  const rule = { source: 'registry.example.com', redirects: 'digest' };
  assert.deepEqual(
    await judge({ mirrors: [{ ...rule, mirrors: [productionProxy.host, stagingProxy.host] }] }),
    ['names-production'],
  );
  assert.deepEqual(await judge({ mirrors: [] }), ['absent']);
  const own = `${productionProxy.host}/vendor/app-0@${images[0]?.split('@')[1] ?? ''}`;
  assert.deepEqual(await judge({ images: [own] }), ['names-production']);
  assert.deepEqual(await judge({ bundles: [{ name: 'a.v9.0.0', package: 'a', pending: true }] }), [
    'not-served',
  ]);
  assert.deepEqual(await judge({ seen: '2020-01-01' }), ['in-use-gap']);
});

// Seen to fail: a look at Subscriptions and ClusterServiceVersions alone let the whole of production be wiped.
test('a cluster of which no image, or no release, was seen proves nothing', async (t) => {
  const { giveInUse, check } = await createRelocated(t, 1, { manifest: { spec: '' } });
  const subjects = [
    [{ images: [] }, ['Pod', 'ClusterVersion.config.openshift.io']],
    [{}, ['ClusterVersion.config.openshift.io']],
  ] as const;
  for (const [changes, kinds] of subjects) {
    await giveInUse(changes);
    const { verdict, hindrances, wipeable } = await check();
    assert.deepEqual([verdict, wipeable], ['not-proved', null]);
    assert.deepEqual(
      hindrances.map(({ kind, message }) => [kind, /kind (\S+) in/.exec(message)?.[1]]),
      kinds.map((kind) => ['in-use-gap', kind]),
    );
  }
});

// Guards against: a component that no pod runs now, such as that of an update's other end. Seen to fail without listReleaseImages.
test('all components of the release that a cluster runs, and of the one that it is on the way to, must be there', async (t) => {
  const { site, images, giveInUse, check } = await createRelocated(t, 2);
  const [first = '', second = ''] = images;
  async function pushPayload(
    version: string,
    component: string,
  ): Promise<{ readonly version: string; readonly image: string }> {
    const references = { spec: { tags: [{ name: 'cli', from: { name: component } }] } };
    const { digest } = await pushImage(site.staging.host, {
      repository: 'openshift/release-images',
      files: { 'release-manifests/image-references': JSON.stringify(references) },
      tags: [version],
    });
    return { version, image: `registry.example.com/openshift/release-images@${digest}` };
  }
  const old = await pushPayload('4.20.3', first);
  const next = await pushPayload('4.20.4', second);
  const history = [
    { ...next, state: 'Partial' },
    { ...old, state: 'Completed' },
    {
      version: '4.19.1',
      image: `registry.example.com/gone@sha256:${'0'.repeat(64)}`,
      state: 'Completed',
    },
  ];
  await giveInUse({ images: [old.image], release: { ...next, history } });
  const whole = await check();
  assert.deepEqual([whole.verdict, whole.proved], ['proved', 4]);
  const storage = openStorage(join(site.folder, 'staging'));
  for (const image of [first, second]) await storage.lose(image.split('@')[1] ?? '');
  const { verdict, hindrances } = await check();
  assert.deepEqual(
    [verdict, hindrances.map(({ subject, users }) => [subject, users])],
    [
      'not-proved',
      [
        [second, ['release 4.20.4']],
        [first, ['release 4.20.3']],
      ],
    ],
  );
  const bad = await pushPayload('4.20.5', 'registry.example.com/vendor/app-0:latest');
  await giveInUse({ images: [old.image], release: { ...bad, history: [] } });
  const unread = await check();
  assert.deepEqual([unread.verdict, unread.unclear.length], ['unknown', 1]);
});

test('a report says what may be wiped and how, and which files it was judged by', async (t) => {
  const { site, check } = await createRelocated(t, 1);
  await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0'] });
  const { inputs, wipeable } = await check();
  assert.ok(wipeable?.includes('vendor/a-bundle'), String(wipeable));
  const text = await site.git('show', 'HEAD:in-use.yaml');
  assert.deepEqual(inputs.find(({ file }) => file === 'in-use.yaml')?.digest, digestOf(text));
  const { stdout } = await site.olmirror(['relocate', 'check']);
  assert.match(stdout, /olmirror never wipes\. These commands do:\n {2}skopeo list-tags docker:/);
  const page = await site.olmirror(['relocate', 'check', '--format', 'markdown']);
  assert.match(page.stdout, /^### olmirror: .* may be wiped/);
  assert.ok(site.productionProxy.requests.every(({ method }) => ['GET', 'HEAD'].includes(method)));
});

// Guards against: an operand that no pod shows yet. Seen to fail: without listHeldImages the proof was given.
test('an image that only an installed version in the catalog names is found by name, unless production lacks it too', async (t) => {
  let fault: Fault | null = null;
  const { site, images, giveInUse, check } = await createRelocated(t, 1, {
    production: ({ url }) => (url.includes('/vendor/a-operand/manifests/') ? fault : null),
  });
  const merged = await site.olmirror(['merge']);
  assert.equal(merged.code, 0, merged.stderr);
  await giveInUse();
  const whole = await check();
  assert.deepEqual(
    [whole.verdict, whole.proved, whole.warnings],
    ['proved', images.length + 2, []],
    'the bundle image and the operand are proved besides',
  );
  assert.ok(whole.inputs.some(({ file }) => file === 'catalogs/idx'));
  const [bundle] = await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0'] });
  const operand = bundle?.related?.[0] ?? '';
  const digest = operand.split('@')[1] ?? '';
  await openStorage(join(site.folder, 'staging')).lose(digest);
  const lost = [operand, ['a.v1.0.0 (Subscription n/s)']];
  const absent = await check();
  assert.deepEqual(
    [absent.verdict, absent.hindrances.map(({ kind, subject, users }) => [kind, subject, users])],
    ['not-proved', [['absent', ...lost]]],
  );
  fault = { kind: 'status', status: 403, body: 'no' };
  const unknown = await check();
  assert.deepEqual(
    [unknown.verdict, unknown.hindrances, unknown.unclear.map(({ subject }) => subject)],
    ['unknown', [], [operand]],
  );
  fault = null;
  await openStorage(join(site.folder, 'production')).lose(digest);
  const nowhere = await check();
  assert.deepEqual(
    [nowhere.verdict, nowhere.warnings.map(({ kind, subject, users }) => [kind, subject, users])],
    ['proved', [['lost', ...lost]]],
  );
  assert.match(
    (await site.olmirror(['relocate', 'check'])).stdout,
    /^Warnings:\n {2}\S+a-operand@/m,
  );
  await giveInUse({ images: [{ image: operand, users: ['Pod n/p'] }] });
  assert.deepEqual(
    (await check()).hindrances.map(({ kind, users }) => [kind, users]),
    [['absent', ['Pod n/p']]],
    'what runs must be there all the same',
  );
});

test('a catalog in Git that has faults leaves the proof unknown', async (t) => {
  const { site, giveInUse, check } = await createRelocated(t, 1);
  const merged = await site.olmirror(['merge']);
  assert.equal(merged.code, 0, merged.stderr);
  await writeFile(join(site.state, 'catalogs/idx/a/catalog.json'), '{ "schema": "olm.package" }');
  await giveInUse();
  const { verdict, unclear } = await check();
  assert.deepEqual(
    [verdict, unclear.map(({ kind, subject }) => [kind, subject])],
    ['unknown', [['catalog', 'catalogs/idx']]],
  );
});
