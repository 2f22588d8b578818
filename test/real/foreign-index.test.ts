import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { type Asked, createSettledSite, listHeld } from '../support/settled-site.ts';
import { pushIndex, pushOperator, readServed } from '../support/site.ts';
import { foreignIndex } from './index-images.ts';

function kindsOf({ checks }: Asked): readonly string[] {
  return checks.map(({ severity, kind }) => `${severity} ${kind}`);
}

// Seen to fail: with the standing `foreign` published like `ours`, the index was replaced and c was lost.
test('a foreign index that holds more than Git is kept, told and taken in; then nothing is left to do', async (t) => {
  const site = await createSettledSite(t);
  const { a, b, production } = site;
  const c = await pushOperator(production.host, { name: 'c', versions: ['3.0.0'] });
  const theirs = await pushIndex(production.host, { a, b, c });
  const plan = await site.ask(['plan'], 4);
  assert.deepEqual([plan.steps, kindsOf(plan)], [[], ['blocked foreign-index']]);
  assert.match(
    plan.checks[0]?.message ?? '',
    /Git lacks 1 package \(c\) and 1 bundle \(c\/c\.v3\.0\.0\) of it\.$/,
  );
  assert.match(plan.checks[0]?.hint ?? '', /olmirror merge idx --from production/);
  const status = await site.ask(['status'], 0);
  assert.deepEqual(
    [status.sync, status.catalogs?.[0]?.action, kindsOf(status)],
    ['OutOfSync', 'blocked', ['blocked foreign-index']],
  );
  assert.match(await site.expect(['apply'], 4), /foreign index/);
  assert.equal(await site.head(), theirs);
  await site.expect(['merge', '--from', 'production']);
  await site.expect(['plan'], 4);
  await site.commit('take in what was pushed by hand');
  const after = await site.ask(['plan'], 0);
  assert.deepEqual([after.steps, after.checks], [[], []]);
  await site.expect(['apply']);
  assert.equal(await site.head(), theirs, 'it holds what Git holds, so it stays');
});

test('of a foreign index that holds more and less, merge --from production takes what is new and keeps what is ours', async (t) => {
  const site = await createSettledSite(t);
  const { production } = site;
  const a = await pushOperator(production.host, {
    name: 'a',
    versions: ['1.0.0', '1.1.0', '1.2.0'],
  });
  const c = await pushOperator(production.host, { name: 'c', versions: ['3.0.0'] });
  const before = await listHeld(site);
  const theirs = await pushIndex(production.host, { a: a.slice(1), c });
  const plan = await site.ask(['plan'], 4);
  assert.match(
    plan.checks[0]?.message ?? '',
    /1 package \(c\) and 2 bundles \(a\/a\.v1\.2\.0, c\/c\.v3\.0\.0\)/,
  );
  await site.expect(['merge', '--from', 'production']);
  await site.commit('take in');
  const after = await site.ask(['plan'], 2);
  assert.deepEqual(
    after.steps?.map(({ kind }) => kind),
    ['tag', 'push-index', 'move-index'],
    'every image is there already',
  );
  await site.expect(['apply']);
  assert.deepEqual(await readServed(site.open(production)), [
    'a.v1.0.0',
    'a.v1.1.0',
    'a.v1.2.0',
    'b.v1.0.0',
    'c.v3.0.0',
  ]);
  const held = await listHeld(site);
  assert.ok(held.has(theirs) && [...before].every((digest) => held.has(digest)));
  await site.expect(['plan']);
});

test('a foreign index that names what it did not bring is taken in, and the plan brings it from staging', async (t) => {
  const site = await createSettledSite(t);
  const { a, b, production, staging } = site;
  const c = await pushOperator(staging.host, { name: 'c', versions: ['3.0.0'] });
  const gone = await pushOperator(staging.host, {
    name: 'd',
    versions: ['1.0.0'],
    withoutImages: ['1.0.0'],
  });
  const theirs = await pushIndex(production.host, { a, b, c });
  await site.expect(['merge', '--from', 'production']);
  await site.commit('c');
  const plan = await site.ask(['plan'], 2);
  assert.deepEqual(
    [kindsOf(plan), plan.steps?.map(({ kind }) => kind)],
    [['warning loss'], ['copy', 'copy']],
  );
  assert.match(plan.checks[0]?.message ?? '', /lost, or never had, 2 images/);
  await site.expect(['apply']);
  assert.equal(await site.head(), theirs);
  await site.expect(['plan']);
  await pushIndex(production.host, { a, b, c, d: gone });
  await site.expect(['merge', '--from', 'production']);
  await site.commit('d');
  const lost = await site.ask(['plan'], 4);
  assert.deepEqual(
    [kindsOf(lost).toSorted(), lost.steps],
    [['blocked missing-source', 'blocked missing-source', 'warning loss'], []],
  );
});

// Seen to fail: with such an index published over, as drift, promise 2 was broken: plan had steps and exit code 2.
test('a foreign index of which Git lacks nothing stays until it was taken in; then Git comes back, and it keeps a tag', async (t) => {
  const site = await createSettledSite(t);
  const ours = await site.head();
  const theirs = await pushIndex(site.production.host, { b: site.b });
  const plan = await site.ask(['plan'], 4);
  assert.deepEqual([plan.steps, kindsOf(plan)], [[], ['blocked foreign-index']]);
  assert.match(plan.checks[0]?.message ?? '', /so it is not replaced\. Git lacks nothing of it\.$/);
  await site.expect(['apply'], 4);
  assert.equal(await site.head(), theirs);
  await site.expect(['merge', '--from', 'production']);
  await site.commit('seen what was pushed by hand');
  const after = await site.ask(['plan'], 2);
  assert.deepEqual(
    after.steps?.map(({ kind }) => kind),
    ['tag', 'move-index'],
  );
  await site.expect(['apply']);
  assert.equal(await site.head(), ours);
  assert.ok((await listHeld(site)).has(theirs));
  await site.expect(['plan']);
});

// Seen to fail: with findLack comparing names only, the index was healed over and the other image was lost.
test('a foreign index that says something else of a bundle is never healed over, not even after a merge with a gap', async (t) => {
  const site = await createSettledSite(t);
  const { a, b, production } = site;
  const [old, newer] = a;
  const [other] = await pushOperator(production.host, { name: 'other', versions: ['1.1.0'] });
  const next = await pushOperator(production.host, { name: 'a', versions: ['1.1.0', '1.2.0'] });
  assert.ok(old !== undefined && newer !== undefined && other !== undefined);
  const theirs = await pushIndex(production.host, {
    a: [old, { ...newer, image: other.image }, ...next.slice(1)],
    b,
  });
  const plan = await site.ask(['plan'], 4);
  assert.deepEqual(kindsOf(plan), ['blocked foreign-index']);
  assert.match(
    plan.checks[0]?.message ?? '',
    /says something else than Git of bundle a\/a\.v1\.1\.0/,
  );
  assert.match(await site.expect(['merge', '--from', 'production'], 4), /gap/);
  await site.commit('take in, with a gap');
  const gap = await site.ask(['plan'], 4);
  assert.deepEqual(gap.steps, []);
  assert.match(
    gap.checks[0]?.message ?? '',
    /was taken in, but a gap kept a part of it out of Git/,
  );
  await site.expect(['apply'], 4);
  assert.equal(await site.head(), theirs);
  const file = join(site.state, 'mirror.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, `${text.trimEnd()}\n  policy: { duplicateBundle: keep }\n`);
  await site.expect(['merge', '--from', 'production']);
  await site.commit('ours stays, as a person decided');
  await site.expect(['apply']);
  assert.deepEqual(await readServed(site.open(production)), [
    'a.v1.0.0',
    'a.v1.1.0',
    'a.v1.2.0',
    'b.v1.0.0',
  ]);
  assert.ok((await listHeld(site)).has(theirs));
});

// Seen to fail: without `movedBack` no check said so.
test('an index tag that was moved back to an earlier index of ours is drift, and a reverted commit is not', async (t) => {
  const site = await createSettledSite(t);
  const { production, staging } = site;
  const first = await site.head();
  const c = await pushOperator(staging.host, { name: 'c', versions: ['1.0.0'] });
  await pushIndex(staging.host, { c });
  await site.expect(['merge']);
  // Commits of one second have no order in time.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await site.commit('c');
  await site.expect(['apply']);
  const second = await site.head();
  assert.ok(first !== null && second !== null && first !== second);
  await moveTag(site, first);
  const plan = await site.ask(['plan'], 2);
  assert.deepEqual(
    [kindsOf(plan), plan.steps?.map(({ kind }) => kind)],
    [['warning drift'], ['move-index']],
  );
  assert.match(
    plan.checks[0]?.message ?? '',
    /serves an earlier index, though production holds the one that Git wants/,
  );
  assert.deepEqual(kindsOf(await site.ask(['status'], 0)), ['warning drift']);
  await site.expect(['apply']);
  assert.equal(await site.head(), second);
  await site.git('revert', '--no-edit', 'HEAD');
  const reverted = await site.ask(['plan'], 2);
  assert.deepEqual([kindsOf(reverted), reverted.steps?.length], [[], 1]);
  await site.expect(['apply']);
  assert.equal(await site.head(), first);
  assert.deepEqual(await readServed(site.open(production)), ['a.v1.0.0', 'a.v1.1.0', 'b.v1.0.0']);
});

test('an image that is no index, under the index tag, is drift and keeps a tag; an index that cannot be read is foreign', async (t) => {
  const site = await createSettledSite(t);
  const { host } = site.production;
  const ours = await site.head();
  const plain = { repository: 'olm/idx', tags: ['v1'], files: { 'bin/tool': 'a tool' } };
  const { digest } = await pushImage(host, plain);
  const plan = await site.ask(['plan'], 2);
  assert.deepEqual(kindsOf(plan), ['warning drift']);
  assert.match(plan.checks[0]?.message ?? '', /holds an image that is no index/);
  await site.expect(['apply']);
  assert.equal(await site.head(), ours);
  assert.ok([...(await listHeld(site))].some((held) => held === digest));
  const labels = { 'operators.operatorframework.io.index.database.v1': '/database/index.db' };
  const sqlite = await pushImage(host, { ...plain, labels });
  const unread = await site.ask(['plan'], 4);
  assert.deepEqual([unread.steps, kindsOf(unread)], [[], ['blocked foreign-index']]);
  await site.expect(['apply'], 4);
  assert.equal(await site.head(), sqlite.digest);
});

// Seen to fail: with every foreign index brought back as drift, c was lost.
test('one catalog is foreign, another drifted, and a third goes on with its delivery', async (t) => {
  const site = await createSettledSite(t, { catalogs: ['idx', 'moved', 'red'] });
  const { a, b, production, staging } = site;
  const moved = await site.head('v1', 'olm/moved');
  const c = await pushOperator(production.host, { name: 'c', versions: ['1.0.0'] });
  const theirs = await pushIndex(production.host, { a, b, c });
  await pushImage(production.host, {
    ...foreignIndex({ a }, { tags: ['v1'] }),
    repository: 'olm/moved',
  });
  const d = await pushOperator(staging.host, { name: 'd', versions: ['1.0.0'] });
  await pushIndex(staging.host, { d }, { repository: 'olm/red' });
  await site.expect(['merge', 'red']);
  await site.commit('d for red');
  const status = await site.ask(['status'], 0);
  assert.deepEqual(
    status.catalogs?.map(({ catalog, action }) => [catalog, action]),
    [
      ['idx', 'blocked'],
      ['moved', 'publish'],
      ['red', 'publish'],
    ],
  );
  await site.expect(['apply'], 4);
  assert.equal(await site.head(), theirs);
  assert.equal(await site.head('v1', 'olm/moved'), moved);
  assert.ok((await readServed(site.open(production), 'olm/red')).includes('d.v1.0.0'));
  await site.expect(['merge', 'idx', '--from', 'production']);
  await site.commit('c for idx');
  await site.expect(['plan']);
});

/** Lets v1 point at a manifest that production holds, as `skopeo copy` would. */
async function moveTag(
  site: Awaited<ReturnType<typeof createSettledSite>>,
  digest: string,
): Promise<void> {
  const url = `http://${site.production.host}/v2/olm/idx/manifests`;
  const body = await site.open(site.production).getManifest('olm/idx', digest);
  const answer = await fetch(`${url}/v1`, {
    method: 'PUT',
    headers: { 'content-type': body.mediaType },
    body: Buffer.from(body.bytes),
  });
  assert.equal(answer.status, 201);
}
