import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadAll } from 'js-yaml';
import { makeLayer } from '../../scripts/lib/build-image.ts';
import { makeTar, type TarEntry } from '../../scripts/lib/make-tar.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { makePackageText } from '../support/catalog.ts';
import { createSite, pushOperator } from '../support/site.ts';
import { foreignIndex, show, verify } from './index-images.ts';

test('index show, verify and info find and name a stale cache in an index of somebody else', async (t) => {
  const site = await createSite(t);
  const a = await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0', '1.1.0'] });
  const [old] = a;
  assert.ok(old !== undefined);
  const theirs = `${site.production.host}/olm/idx:theirs`;
  await mkdir(join(site.state, 'catalogs/idx/a'), { recursive: true });
  await writeFile(join(site.state, 'catalogs/idx/a/catalog.json'), makePackageText('a', a));
  await site.commit('a');

  await t.test('a cache that is right', async () => {
    await pushImage(site.production.host, foreignIndex({ a }, { cached: { a } }));
    const [cache, ...others] = (await show(site, theirs)).caches;
    assert.deepEqual(
      [cache?.path, cache?.contents, cache?.used, others],
      ['/tmp/cache', 'json', false, []],
    );
    assert.deepEqual(
      cache?.formats.map(({ state }) => state),
      ['right'],
    );
    assert.equal((await verify(site, [theirs], 0)).states['cache'], 'passed');
    const info = await site.olmirror(['index', 'info', theirs]);
    assert.equal(info.code, 0);
    assert.match(
      info.stdout,
      /extractContent:\n +catalogDir: \/configs\n +cacheDir: \/tmp\/cache\n/,
    );
  });

  await t.test(
    'the cache of the catalog before it was filtered, as oc-mirror leaves it',
    async () => {
      await pushImage(site.production.host, foreignIndex({ a }, { cached: { a: [old] } }));
      const [cache] = (await show(site, theirs)).caches;
      assert.equal(cache?.formats[0]?.state, 'wrong');
      const { json } = await verify(site, [theirs], 4);
      const check = json.checks.find(({ name }) => name === 'cache');
      assert.match(
        check?.message ?? '',
        /^\/tmp\/cache holds a stale json cache: its digest is [0-9a-f]{16}, /,
      );
      assert.match(
        (await site.olmirror(['index', 'show', theirs])).stdout,
        /cache {6}STALE json \(/,
      );
      const info = await site.olmirror(['index', 'info', theirs]);
      assert.deepEqual([info.code, info.stderr], [0, '']);
      assert.match(
        info.stdout,
        /^# note: \/tmp\/cache is left out of it: it holds a stale json cache/,
      );
      assert.doesNotMatch(info.stdout, /cacheDir: /);
    },
  );

  await t.test('the same, taken by the command of the image', async () => {
    const own = {
      entrypoint: ['/bin/opm'],
      cmd: ['serve', '/configs', '--cache-dir=/tmp/cache'],
      files: { 'bin/opm': 'ELF', 'bin/grpc_health_probe': 'ELF' },
    };
    await pushImage(site.production.host, foreignIndex({ a }, { ...own, cached: { a: [old] } }));
    const index = await show(site, theirs);
    assert.deepEqual([index.serve.kind, index.serve.cacheDir], ['opm', '/tmp/cache']);
    assert.deepEqual(index.opm, { path: '/bin/opm', version: null });
    const info = await site.olmirror(['index', 'info', theirs]);
    assert.equal(info.code, 4);
    assert.match(
      info.stderr,
      /^problem: \/tmp\/cache holds a stale json cache.* its pod ends at once\.\n$/,
    );
    const [source] = loadAll(info.stdout);
    assert.deepEqual(Object.keys(Object(Reflect.get(Object(source), 'spec'))), [
      'sourceType',
      'image',
      'displayName',
      'updateStrategy',
    ]);
  });

  await t.test('what is no cache, and folders that nobody may read', async () => {
    const odd: readonly TarEntry[] = [
      { name: 'configs/', type: 'directory', mode: 0o700 },
      { name: 'tmp/cache/odd', content: 'x' },
    ];
    const layers = [makeLayer(makeTar(odd))];
    await pushImage(site.production.host, foreignIndex({ a }, { layers }));
    const [cache] = (await show(site, theirs)).caches;
    assert.deepEqual([cache?.contents, cache?.others], ['unknown', ['odd']]);
    assert.equal((await verify(site, [theirs], 4)).states['cache'], 'failed');
    const info = await site.olmirror(['index', 'info', theirs]);
    assert.deepEqual(
      [info.code, /cannot be read by the user of a pod: \. has mode 0700/.test(info.stderr)],
      [4, true],
    );
  });
});
