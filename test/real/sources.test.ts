import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { makePackageText } from '../support/catalog.ts';
import { createSite, pushIndex, pushOperator } from '../support/site.ts';

// Seen to fail: with an OCI layout taken for remote under policy.missing: hold, merge asked the dead registries.
test('merge takes a folder, a catalog file, an OCI layout and COMMIT:PATH alike, and opens no connection for them', async (t) => {
  const site = await createSite(t);
  const a = await pushOperator(site.staging.host, { name: 'a', versions: ['1.0.0'] });
  await pushIndex(site.staging.host, { a });
  const layout = join(site.folder, 'layout');
  const image = `docker://${site.staging.host}/olm/idx:v1`;
  const insecure = ['--insecure-policy', 'copy', '--src-tls-verify=false'];
  await promisify(execFile)('skopeo', [...insecure, image, `oci:${layout}:v1`]);
  const folder = join(site.folder, 'delivered');
  await mkdir(join(folder, 'a'), { recursive: true });
  await writeFile(join(folder, 'a/catalog.json'), makePackageText('a', a));
  await site.writeManifest({
    production: '127.0.0.1:1',
    staging: '127.0.0.1:2',
    spec: '  policy: { missing: hold }',
  });
  await site.commit('nobody listens');
  const texts: string[] = [];
  for (const source of [
    folder,
    join(folder, 'a/catalog.json'),
    `oci:${layout}:v1`,
    'first:catalogs/idx',
  ]) {
    const merge = await site.olmirror(['merge', '--from', source]);
    assert.equal(merge.code, 0, `${source}: ${merge.stderr}`);
    texts.push(await readFile(join(site.state, 'catalogs/idx/a/catalog.json'), 'utf8'));
    await site.commit(source);
    await site.git('tag', '-f', 'first');
    await site.git('rm', '-rq', 'catalogs');
    await site.commit('emptied');
  }
  assert.equal(texts.length, 4);
  assert.equal(new Set(texts).size, 1);
});
