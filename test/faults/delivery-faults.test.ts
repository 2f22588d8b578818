import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startFaultProxy } from '../../scripts/lib/fault-proxy.ts';
import { makeTar, type TarEntry } from '../../scripts/lib/make-tar.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { makePackageText } from '../support/catalog.ts';
import {
  createSite,
  pushIndex,
  pushOperator,
  readServed,
  readText,
  type Site,
} from '../support/site.ts';

const LABELS = { 'operators.operatorframework.io.index.configs.v1': '/configs' };
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

async function pushRawIndex(site: Site, entries: readonly TarEntry[]): Promise<void> {
  const bytes = gzipSync(makeTar(entries));
  await pushImage(site.staging.host, {
    repository: 'olm/idx',
    tags: ['v1'],
    files: {},
    layers: [{ bytes, mediaType: LAYER }],
    labels: LABELS,
  });
}

async function expectNothingWritten(site: Site): Promise<void> {
  assert.deepEqual((await readdir(site.state)).toSorted(), ['.git', 'mirror.yaml']);
}

test('an index that names an image in neither registry is blocked, named, and stops no other catalog', async (t) => {
  const site = await createSite(t);
  await site.writeManifest({ catalogs: ['idx', 'other'] });
  const a = await pushOperator(site.staging.host, {
    name: 'a',
    versions: ['1.0.0', '1.1.0'],
    withoutImages: ['1.1.0'],
  });
  await pushIndex(site.staging.host, { a });
  await pushIndex(
    site.staging.host,
    { b: await pushOperator(site.staging.host, { name: 'b', versions: ['1.0.0'] }) },
    { repository: 'olm/other' },
  );
  assert.equal((await site.olmirror(['merge'])).code, 0);
  await site.commit('delivery');
  const plan = await site.olmirror(['plan']);
  assert.equal(plan.code, 4, plan.stderr);
  assert.match(
    plan.stdout,
    /refused: registry\.example\.com\/vendor\/a-bundle@sha256:[0-9a-f]+ is neither in production nor in staging .*a\.v1\.1\.0/,
  );
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 4, apply.stdout);
  const production = site.open(site.production);
  assert.equal((await production.headManifest('olm/idx', 'v1')).state, 'absent');
  assert.deepEqual(await readServed(production, 'olm/other'), ['b.v1.0.0']);
  assert.match(apply.stdout, /lost 2 /);
});

test('policy.missing: hold keeps such a bundle out of Git and lists it', async (t) => {
  const site = await createSite(t);
  await site.writeManifest({ spec: '  policy: { missing: hold }' });
  const a = await pushOperator(site.staging.host, {
    name: 'a',
    versions: ['1.0.0', '1.1.0'],
    withoutImages: ['1.1.0'],
  });
  await pushIndex(site.staging.host, { a });
  const merge = await site.olmirror(['merge']);
  assert.equal(merge.code, 0, merge.stderr);
  assert.match(
    merge.stdout,
    /held back: a\/a\.v1\.1\.0, because registry\.example\.com\/vendor\/a-bundle/,
  );
  assert.ok(!(await readText(site, 'catalogs/idx/a/catalog.json')).includes('a.v1.1.0'));
  const [record = ''] = await readdir(join(site.state, 'deliveries'));
  assert.match(await readText(site, `deliveries/${record}`), /held:\n\s+- a\/a\.v1\.1\.0/);
  await site.commit('delivery');
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  assert.deepEqual(await readServed(site.open(site.production)), ['a.v1.0.0']);
});

test('a delivery that leaves two heads is a gap: that package stays, the others are merged, exit 4', async (t) => {
  const site = await createSite(t);
  const a = await pushOperator(site.staging.host, { name: 'a', versions: ['1.0.0'] });
  const b = await pushOperator(site.staging.host, { name: 'b', versions: ['1.0.0'] });
  await pushIndex(site.staging.host, { a, b });
  await site.olmirror(['merge']);
  await site.commit('base');
  const cut = (await pushOperator(site.staging.host, { name: 'a', versions: ['3.0.0'] })).map(
    (bundle) => ({ ...bundle, replaces: '2.0.0' }),
  );
  await pushIndex(site.staging.host, {
    a: cut,
    b: await pushOperator(site.staging.host, { name: 'b', versions: ['1.0.0', '1.1.0'] }),
  });
  const before = await readText(site, 'catalogs/idx/a/catalog.json');
  const merge = await site.olmirror(['merge']);
  assert.equal(merge.code, 4, merge.stdout + merge.stderr);
  assert.match(merge.stdout, /gap: a stays as it was: .*a\.v/);
  assert.equal(await readText(site, 'catalogs/idx/a/catalog.json'), before);
  assert.match(await readText(site, 'catalogs/idx/b/catalog.json'), /b\.v1\.1\.0/);
  await site.git('checkout', '-q', '.');
  await site.git('clean', '-qfd');
  assert.equal((await site.olmirror(['merge', '--all-or-nothing'])).code, 4);
  assert.equal(await site.git('status', '--porcelain'), '');
});

const UNSAFE: readonly (readonly [string, TarEntry])[] = [
  ['an entry that climbs out', { name: 'configs/../../etc/x', content: 'x' }],
  [
    'an absolute symlink under configs',
    { name: 'configs/a/link.json', type: 'symlink', linkname: '/etc/passwd' },
  ],
];

for (const [name, entry] of UNSAFE) {
  test(`merge refuses a delivery with ${name} and writes nothing`, async (t) => {
    const site = await createSite(t);
    await pushRawIndex(site, [
      {
        name: 'configs/a/catalog.json',
        content: makePackageText('a', [{ version: '1.0.0', image: 'quay.io/v/a:1' }]),
      },
      entry,
    ]);
    const merge = await site.olmirror(['merge']);
    assert.equal(merge.code, 1, merge.stdout);
    assert.match(merge.stderr, /configs\/(\.\.\/\.\.\/etc\/x|a\/link\.json)/);
    await expectNothingWritten(site);
  });
}

test('merge refuses a truncated layer, names it, and writes nothing', async (t) => {
  const site = await createSite(t);
  await pushIndex(site.staging.host, {
    a: await pushOperator(site.staging.host, { name: 'a', versions: ['1.0.0'] }),
  });
  const proxy = await startFaultProxy({
    target: site.staging.host,
    rules: (request) =>
      request.method === 'GET' && request.url.includes('/blobs/') ? { kind: 'truncate' } : null,
  });
  t.after(() => proxy.stop());
  await site.writeManifest({ staging: proxy.host });
  const merge = await site.olmirror(['merge']);
  assert.equal(merge.code, 1, merge.stdout);
  assert.match(merge.stderr, /sha256:[0-9a-f]{8}/);
  await expectNothingWritten(site);
});

test('merge refuses an sqlite index and an image that is no index, and says what to do', async (t) => {
  const site = await createSite(t);
  await pushImage(site.staging.host, {
    repository: 'olm/idx',
    tags: ['v1'],
    files: { 'database/index.db': 'x' },
    labels: { 'operators.operatorframework.io.index.database.v1': '/database/index.db' },
  });
  const sqlite = await site.olmirror(['merge']);
  assert.deepEqual(
    [sqlite.code, /sqlite/i.test(sqlite.stderr), /Hint: .*opm/.test(sqlite.stderr)],
    [1, true, true],
  );
  await pushImage(site.staging.host, {
    repository: 'olm/idx',
    tags: ['v1'],
    files: { a: 'x' },
    labels: { maintainer: 'x' },
  });
  const other = await site.olmirror(['merge']);
  assert.deepEqual([other.code, /maintainer/.test(other.stderr)], [1, true]);
  await expectNothingWritten(site);
});

test('merge reports every fault of a delivered catalog with file, line and column, and writes nothing', async (t) => {
  const site = await createSite(t);
  await pushRawIndex(site, [
    {
      name: 'configs/a/catalog.json',
      content: '{"schema": "olm.package", "name": "a"}\n{"schema": "olm.channel",, }\n',
    },
    { name: 'configs/b/catalog.yaml', content: 'schema: olm.package\nname: [b\n' },
  ]);
  const merge = await site.olmirror(['merge']);
  assert.equal(merge.code, 1);
  assert.match(merge.stderr, /a\/catalog\.json:2:\d+/);
  assert.match(merge.stderr, /b\/catalog\.yaml:\d+:\d+/);
  await expectNothingWritten(site);
});
