import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makePackageText } from '../support/catalog.ts';
import { createSite, pushIndex, pushOperator, readServed } from '../support/site.ts';

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
