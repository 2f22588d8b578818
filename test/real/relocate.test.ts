import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { deleteManifest } from '../../scripts/lib/delete-manifest.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { parseImageRef } from '../../src/base/image-ref.ts';
import { readIndexCatalog } from '../../src/index/read-index.ts';
import type { Plan } from '../../src/plan/types.ts';
import type { BundleSpec } from '../support/catalog.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { createRelocatedSite, nameApart, type RelocatedSite } from '../support/relocated-site.ts';
import { collect, pushIndex, pushOperator, readServed } from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';

const plans = compileSchema<Plan>('plan');
const KEPT = ['a.v1.1.0', 'c.v1.1.0', 'c.v1.2.0'];

function listImages(bundles: readonly BundleSpec[]): readonly string[] {
  return bundles.flatMap(({ image, related = [] }) => [image, ...related]);
}

/** Those of the references that staging does not hold by their digest. */
async function listAbsent(
  site: RelocatedSite,
  references: readonly string[],
): Promise<readonly string[]> {
  const staging = site.open(site.staging);
  const found = await Promise.all(
    references.map(async (reference) => {
      const { repository, digest } = parseImageRef(reference);
      return { reference, ...(await staging.headManifest(repository, digest ?? '')) };
    }),
  );
  assert.ok(found.every(({ state }) => state !== 'unknown'));
  return found.flatMap(({ state, reference }) => (state === 'absent' ? [reference] : []));
}

async function plan(site: RelocatedSite, code: number): Promise<Plan> {
  return parseChecked(plans, await site.expect(['plan', '--format', 'json'], code));
}

// Seen to fail: with the filter left out, b came along; with the roles left as they were, production was written to.
test('relocate brings what is used and what was delivered to staging, and nothing else; then nothing is left to do', async (t) => {
  const site = await createRelocatedSite(t);
  const { a, b, c, tool } = site;
  const before = await readServed(site.open(site.production));
  const planned = await plan(site, 2);
  const copies = planned.steps.filter((step) => step.kind === 'copy');
  assert.ok(
    copies.every(({ from, to }) => from.role === 'production' && to.role === 'staging'),
    'copies run from production to staging',
  );
  assert.deepEqual(
    copies.map(({ upstream }) => upstream).toSorted(),
    [...listImages(c.slice(1)), tool].toSorted(),
    'what staging has is not copied again',
  );
  assert.deepEqual(planned.catalogs[0]?.kept, {
    packages: 2,
    ofPackages: 3,
    bundles: 3,
    ofBundles: 6,
  });
  await site.expect(['apply']);
  assert.deepEqual(await readServed(site.open(site.staging)), KEPT);
  assert.deepEqual(await readServed(site.open(site.production)), before, 'production is as it was');
  assert.deepEqual(await listAbsent(site, [...listImages([...a, ...c.slice(1)]), tool]), []);
  assert.deepEqual(await listAbsent(site, listImages(b)), listImages(b), 'nobody uses b');
  const again = await plan(site, 0);
  assert.deepEqual([again.steps, again.checks], [[], []]);
  assert.equal(
    again.settled.every(({ kind }) => kind === 'in-sync'),
    true,
  );
  const head = await site.head();
  await site.expect(['apply']);
  assert.equal(await site.head(), head);
  const status = await site.ask(['status'], 0);
  assert.equal(status.sync, 'Synced');
});

test('the relocated index names staging alone, and references: keep leaves upstream addresses', async (t) => {
  const site = await createRelocatedSite(t);
  async function readNames(): Promise<ReadonlySet<string>> {
    const { files } = await readIndexCatalog(site.open(site.staging), 'olm/idx', 'v1');
    const text = files.map(({ bytes }) => Buffer.from(bytes).toString()).join('');
    const names = [...text.matchAll(/"([^"\s]+)\/vendor\//g)].map(([, host = '']) => host);
    assert.ok(names.length > 0);
    return new Set(names);
  }
  await site.expect(['apply']);
  assert.deepEqual(await readNames(), new Set([site.staging.host]));
  const file = join(site.state, 'mirror.yaml');
  await writeFile(
    file,
    (await readFile(file, 'utf8')).replace('references: rewrite', 'references: keep'),
  );
  await site.commit('keep');
  await site.expect(['apply']);
  assert.deepEqual(await readNames(), new Set(['registry.example.com']));
});

test('the index goes to staging under the name that production serves it by, beside the delivery', async (t) => {
  const site = await createRelocatedSite(t);
  const delivery = await site.head();
  await nameApart(site);
  await site.expect(['apply']);
  assert.deepEqual(await readServed(site.open(site.staging), 'served/idx', 'v4.20'), KEPT);
  assert.equal(await site.head(), delivery, 'the delivery lies where it landed');
});

test('what is lost or moved in staging is brought back', async (t) => {
  const site = await createRelocatedSite(t);
  await site.expect(['apply']);
  const head = await site.head();
  assert.ok(head !== null);
  const [lost = ''] = listImages(site.c.slice(1));
  const { repository, digest } = parseImageRef(lost);
  await deleteManifest(site.staging.host, repository, digest ?? '');
  const status = await site.ask(['status'], 0);
  assert.equal(status.sync, 'OutOfSync');
  assert.match(
    status.checks.find(({ kind }) => kind === 'loss')?.message ?? '',
    /^Staging lost 1 image that its index of idx names/,
  );
  await deleteManifest(site.staging.host, 'olm/idx', head);
  await site.expect(['apply']);
  assert.deepEqual([await site.head(), await listAbsent(site, [lost])], [head, []]);
});

test('an index that somebody pushed to staging is kept until it is taken in', async (t) => {
  const site = await createRelocatedSite(t);
  await site.expect(['apply']);
  const d = await pushOperator(site.staging.host, { name: 'd', versions: ['1.0.0'] });
  const theirs = await pushIndex(site.staging.host, { d });
  const planned = await plan(site, 4);
  assert.deepEqual(
    [planned.steps, planned.checks.map(({ kind }) => kind)],
    [[], ['foreign-index']],
  );
  assert.match(planned.checks[0]?.message ?? '', /olm\/idx:v1 in staging is a foreign index/);
  await site.expect(['apply'], 4);
  assert.equal(await site.head(), theirs);
  await site.expect(['merge']);
  await site.commit('second delivery');
  await site.expect(['apply']);
  assert.deepEqual(await readServed(site.open(site.staging)), [...KEPT, 'd.v1.0.0']);
});

// Guards against: an outage by what nobody knows. Seen to fail: with the findings of relocation left out, all were published.
test('what is not known of clusters, or not in Git, blocks with the way out', async (t) => {
  const site = await createRelocatedSite(t, { spec: '  inUse: { clusters: [prod] }' });
  const before = await site.head();
  async function refuse(changes: object): Promise<string> {
    await site.use(changes);
    const planned = await plan(site, 4);
    const { message, hint } = planned.checks.find(({ severity }) => severity === 'blocked') ?? {};
    assert.ok(
      planned.steps.every(({ kind }) => kind === 'copy'),
      'no index is published',
    );
    await site.expect(['apply', '--index-only'], 4);
    assert.equal(await site.head(), before);
    return `${message ?? ''} ${hint ?? ''}`;
  }
  assert.match(
    await refuse({ seen: '2020-01-01' }),
    /last looked at on 2020-01-01.*olmirror in-use/,
  );
  assert.match(await refuse({ name: 'other' }), /Cluster prod is under spec\.inUse\.clusters/);
  assert.match(
    await refuse({ unseen: [{ kind: 'Pod', why: 'forbidden' }] }),
    /Objects of the kind Pod.*waive Pod/,
  );
  const installed = { name: 'c', namespace: 'c', package: 'c', channel: 'stable' };
  assert.match(
    await refuse({ subscriptions: [{ ...installed, installed: 'c.v0.9.0' }] }),
    /lacks 1 bundle that clusters have: c\.v0\.9\.0 \(Subscription c\/c of prod\).*olmirror merge idx --from production/,
  );
  assert.match(
    await refuse({ bundles: [{ name: 'z.v1.0.0', package: 'z' }] }),
    /lacks 1 bundle that clusters have: z\.v1\.0\.0/,
  );
  await site.git('rm', '-q', 'in-use.yaml');
  await site.commit('nobody looked');
  assert.match(JSON.stringify((await plan(site, 4)).checks), /names no cluster/);
});

test('a saved plan is stale once something else is in use, and not once a cluster was only seen again', async (t) => {
  const site = await createRelocatedSite(t);
  const file = join(site.folder, 'plan.json');
  await site.expect(['plan', '--out', file], 2);
  await site.use({ bundles: [{ name: 'b.v1.0.0', package: 'b' }] });
  const stale = await site.olmirror(['apply', file]);
  assert.deepEqual([stale.code, /What is in use, or was delivered/.test(stale.stderr)], [3, true]);
  await site.expect(['plan', '--out', file], 2);
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  await site.use({ seen: yesterday, bundles: [{ name: 'b.v1.0.0', package: 'b' }] });
  await site.expect(['apply', file]);
  assert.ok((await readServed(site.open(site.staging))).includes('b.v1.0.0'));
});

// The property that relocation is for: after it, every image in use resolves to what staging holds.
test('after apply, relocate check proves every image that a cluster uses by its own mirror rules', async (t) => {
  const site = await createRelocatedSite(t);
  const used = [...listImages(site.c.slice(1)), site.tool];
  const mirrors = [
    { source: 'registry.example.com', mirrors: [site.staging.host], redirects: 'digest' },
  ];
  await site.use({ images: used.map((image) => ({ image, users: ['Pod n/p'] })), mirrors });
  const before = JSON.parse(await site.expect(['relocate', 'check', '--format', 'json'], 4));
  assert.equal(before.verdict, 'not-proved');
  await site.expect(['apply']);
  const after = JSON.parse(await site.expect(['relocate', 'check', '--format', 'json']));
  assert.deepEqual(
    [after.verdict, after.proved, after.hindrances, after.unclear],
    ['proved', used.length + 1, [], []],
    'and the bundle image of what is installed, where the index names it',
  );
});

test('a release that a cluster runs is brought by payload and components, under their tags', async (t) => {
  const site = await createRelocatedSite(t);
  const component = await pushImage(site.production.host, {
    repository: 'openshift/release',
    files: { 'bin/etcd': 'etcd' },
    tags: ['4.20.3-x86_64-etcd'],
  });
  const from = `quay.io/openshift-release-dev/ocp-v4.0-art-dev@${component.digest}`;
  const references = {
    kind: 'ImageStream',
    apiVersion: 'image.openshift.io/v1',
    metadata: { name: '4.20.3' },
    spec: { tags: [{ name: 'etcd', from: { kind: 'DockerImage', name: from } }] },
  };
  const payload = await pushImage(site.production.host, {
    repository: 'openshift/release-images',
    files: { 'release-manifests/image-references': JSON.stringify(references) },
    tags: ['4.20.3-x86_64'],
  });
  await site.use({ release: { version: '4.20.3', architecture: 'x86_64' } });
  await site.expect(['apply']);
  const staging = site.open(site.staging);
  for (const [repository, tag, { digest }] of [
    ['openshift/release-images', '4.20.3-x86_64', payload],
    ['openshift/release', '4.20.3-x86_64-etcd', component],
  ] as const) {
    const head = await staging.headManifest(repository, tag);
    assert.deepEqual([head.state, head.state === 'present' && head.digest], ['present', digest]);
  }
  assert.deepEqual((await plan(site, 0)).steps, []);
});

test('a review shows what a commit changes of what is served, though no catalog changed', async (t) => {
  const site = await createRelocatedSite(t);
  await site.use({ bundles: [{ name: 'b.v1.0.0', package: 'b' }] });
  const range = ['--from', 'HEAD~1', '--to', 'HEAD'];
  const offline = await site.ask(['plan', ...range, '--offline'], 2);
  assert.deepEqual(
    offline.catalogs?.map(({ packages }) => packages?.map((it) => [it.package, it.change])),
    [[['b', 'added']]],
  );
  const { plan: planned } = await site.ask(['plan', ...range], 2);
  assert.ok(
    planned?.catalogs.some(({ catalog, action }) => catalog === 'idx' && action === 'publish'),
  );
  await site.use({ seen: '2020-01-01' });
  assert.match(
    await site.expect(['plan', ...range, '--offline', '--format', 'markdown'], 4),
    /last looked at on 2020-01-01/,
  );
});

// Guards against: old deliveries that are forgotten.
test('a delivery record that does not say what was brought keeps the whole catalog, and merge mends it', async (t) => {
  const site = await createRelocatedSite(t);
  const files = (await site.git('ls-files', 'deliveries')).split('\n');
  for (const file of files) {
    const path = join(site.state, file);
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/ {2}brought:\n(?: {4}.*\n)+/, ''));
  }
  await site.commit('as an older olmirror wrote it');
  const old = await plan(site, 2);
  assert.equal(old.catalogs[0]?.kept?.bundles, 6);
  assert.match(
    old.checks.find(({ kind }) => kind === 'in-use')?.message ?? '',
    /1 delivery record of idx does not say what was brought, so all of the catalog is kept/,
  );
  await site.expect(['merge']);
  await site.commit('mended');
  assert.equal((await plan(site, 2)).catalogs[0]?.kept?.bundles, 3);
});

test('watch relocates what a commit says is in use, and heals staging', async (t) => {
  const site = await createRelocatedSite(t);
  const staging = site.open(site.staging);
  const watching = site.start(['watch', '--interval', '5s', '--log-format', 'json']);
  t.after(() => watching.kill('SIGKILL'));
  const ended = collect(watching);
  await waitFor('the first pass', async () => (await readServed(staging)).includes('c.v1.1.0'));
  await site.use({ bundles: [{ name: 'b.v1.0.0', package: 'b' }] });
  await waitFor('the commit', async () => (await readServed(staging)).includes('b.v1.0.0'));
  const head = await site.head();
  assert.ok(head !== null);
  await deleteManifest(site.staging.host, 'olm/idx', head);
  await waitFor('the index to be back', async () => (await site.head()) === head);
  watching.kill('SIGTERM');
  assert.equal((await ended).code, 0);
});
