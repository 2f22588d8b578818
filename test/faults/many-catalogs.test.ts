import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makePackageText } from '../support/catalog.ts';
import { createSite, pushIndex, pushOperator, readServed, type Site } from '../support/site.ts';

// Promise 9, and of promise 2 the foreign index. Seen to fail: with `sound` in prepare-pass.ts empty as soon as one
// catalog is broken, apply had nothing to do; with validate stopping at the first faulty catalog, the second fault
// was missing; with judgeIndex taking every index for ours, the foreign one was replaced.
test('of a broken, a foreign and a fine catalog the fine one is published, every fault is named, and apply exits 1', async (t) => {
  const site = await createSite(t);
  await site.writeManifest({ catalogs: ['broken', 'foreign', 'idx', 'worse'] });
  const { production, staging } = site;
  const a = await pushOperator(staging.host, { name: 'a', versions: ['1.0.0'] });
  const b = await pushOperator(staging.host, { name: 'b', versions: ['1.0.0'] });
  await pushIndex(staging.host, { a });
  await pushIndex(staging.host, { b }, { repository: 'olm/foreign' });
  const merge = await site.olmirror(['merge', 'idx', 'foreign']);
  assert.equal(merge.code, 0, merge.stderr);
  for (const name of ['broken', 'worse']) {
    const folder = join(site.state, 'catalogs', name, 'c');
    await mkdir(folder, { recursive: true });
    const text = makePackageText('c', [{ version: '1.0.0', image: 'quay.io/v/c:1' }]);
    await writeFile(join(folder, 'catalog.json'), text.replace('"stable"', '"nowhere"'));
  }
  await site.commit('delivery and two bad catalogs');
  const c = await pushOperator(production.host, { name: 'c', versions: ['3.0.0'] });
  await pushIndex(production.host, { c }, { repository: 'olm/foreign' });
  const served = site.open(production);
  const byHand = await served.headManifest('olm/foreign', 'v1');
  for (const args of [['validate'], ['apply']]) {
    const { code, stdout, stderr } = await site.olmirror(args);
    assert.equal(code, 1, stdout + stderr);
    for (const name of ['broken', 'worse'])
      assert.match(stdout + stderr, new RegExp(`catalogs/${name}/c/catalog\\.json.*nowhere`));
    if (args[0] === 'apply') assert.match(stdout, /foreign index.*\(c\/c\.v3\.0\.0\)/);
  }
  assert.deepEqual(await readServed(served), ['a.v1.0.0']);
  assert.deepEqual(await served.headManifest('olm/foreign', 'v1'), byHand);
  for (const name of ['broken', 'worse'])
    assert.equal((await served.headManifest(`olm/${name}`, 'v1')).state, 'absent');
});

/** `old` and `new` have one repository and two tags, `certified` has its own; each serves other versions. */
async function createSideBySide(t: Parameters<typeof createSite>[0]): Promise<Site> {
  const site = await createSite(t);
  await site.writeManifest({ catalogs: ['old', 'new', 'certified'] });
  const file = join(site.state, 'mirror.yaml');
  const text = await readFile(file, 'utf8');
  const shared = text
    .replace('repository: olm/old, tag: v1', 'repository: olm/red, tag: v4.18')
    .replace('repository: olm/new, tag: v1', 'repository: olm/red, tag: v4.20');
  await writeFile(file, shared);
  const { host } = site.staging;
  const a = await pushOperator(host, { name: 'a', versions: ['1.0.0', '1.1.0'] });
  const c = await pushOperator(host, { name: 'c', versions: ['1.0.0'] });
  const deliveries = { old: { a: a.slice(0, 1) }, new: { a }, certified: { c } };
  for (const [name, packages] of Object.entries(deliveries)) {
    await pushIndex(host, packages, { repository: `d/${name}` });
    const merge = await site.olmirror(['merge', name, '--from', `${host}/d/${name}:v1`]);
    assert.equal(merge.code, 0, merge.stderr);
  }
  await site.commit('three deliveries');
  return site;
}

/** What is served under each index tag, by bundle. */
async function readAll(site: Site): Promise<Readonly<Record<string, readonly string[]>>> {
  const production = site.open(site.production);
  return {
    old: await readServed(production, 'olm/red', 'v4.18'),
    new: await readServed(production, 'olm/red', 'v4.20'),
    certified: await readServed(production, 'olm/certified'),
  };
}

// Seen to fail: with isNeverMoving true of the tags of any catalog, each listed the indexes of the other.
test('two catalogs of one repository and a third plan, apply and are in step side by side', async (t) => {
  const site = await createSideBySide(t);
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  assert.deepEqual(await readAll(site), {
    old: ['a.v1.0.0'],
    new: ['a.v1.0.0', 'a.v1.1.0'],
    certified: ['c.v1.0.0'],
  });
  const plan = await site.olmirror(['plan', '--format', 'json']);
  assert.deepEqual([plan.code, JSON.parse(plan.stdout).steps], [0, []]);
  for (const [name, tag] of [
    ['old', 'v4.18'],
    ['new', 'v4.20'],
  ]) {
    const list = await site.olmirror(['index', 'list', name ?? '', '--format', 'json']);
    const { indexes } = JSON.parse(list.stdout).catalogs[0];
    assert.equal(indexes.length, 1, 'those of the other are not listed');
    assert.match(indexes[0].tag, new RegExp(`^${tag}-[0-9a-f]{12}$`));
  }
});

// Seen to fail with `sound` in prepare-pass.ts empty as soon as one catalog is broken.
test('of catalogs side by side a broken one stops neither that of its repository nor another', async (t) => {
  const site = await createSideBySide(t);
  assert.equal((await site.olmirror(['apply'])).code, 0);
  const { host } = site.staging;
  const newer = await pushOperator(host, { name: 'b', versions: ['2.0.0'] });
  for (const name of ['old', 'certified']) {
    await pushIndex(host, { b: newer }, { repository: `d/${name}` });
    const merge = await site.olmirror(['merge', name, '--from', `${host}/d/${name}:v1`]);
    assert.equal(merge.code, 0, merge.stderr);
  }
  const broken = join(site.state, 'catalogs/new/a/catalog.json');
  await writeFile(broken, (await readFile(broken, 'utf8')).replace('"stable"', '"nowhere"'));
  await site.commit('b for two of them, and a fault in the third');
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 1, apply.stdout + apply.stderr);
  assert.match(apply.stdout + apply.stderr, /catalogs\/new\/a\/catalog\.json.*nowhere/);
  assert.deepEqual(await readAll(site), {
    old: ['a.v1.0.0', 'b.v2.0.0'],
    new: ['a.v1.0.0', 'a.v1.1.0'],
    certified: ['b.v2.0.0', 'c.v1.0.0'],
  });
});
