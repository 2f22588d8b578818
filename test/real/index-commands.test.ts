import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { loadAll } from 'js-yaml';
import { pushImage } from '../../scripts/lib/push-image.ts';
import type { IndexList } from '../../src/plan/index-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { deliver } from '../support/deliver.ts';
import { createProxiedSite, runAndCommit } from '../support/proxied-site.ts';
import { createSite, pushOperator } from '../support/site.ts';
import { foreignIndex, show, verify } from './index-images.ts';

const DATABASE = 'operators.operatorframework.io.index.database.v1';
const listed = compileSchema<IndexList>('index-list');

test('index commands on what olmirror serves: shown, extracted, verified, listed, and told to a cluster', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  await runAndCommit(site, ['init', 'merge']);
  assert.equal((await site.olmirror(['apply'])).code, 0);
  const commit = await site.git('rev-parse', 'HEAD');
  const production = `${site.production.host}/olm/idx:v1`;

  await t.test('show', async () => {
    const index = await show(site, 'production');
    assert.deepEqual(index.counts, { packages: 2, channels: 2, bundles: 3 });
    assert.deepEqual(index.packages[0], {
      name: 'a',
      bundles: 2,
      channels: [{ name: 'stable', isDefault: true, heads: ['a.v1.1.0'], entries: 2 }],
    });
    assert.equal(index.olmirror?.revision, commit);
    assert.equal(
      index.olmirror?.created,
      new Date(await site.git('show', '-s', '--format=%cI', commit)).toISOString(),
    );
    assert.deepEqual([index.serve.kind, index.opm, index.faults], ['none', null, []]);
    assert.ok(index.bytes > 0 && index.layers > 0);
    const { stdout } = await site.olmirror(['index', 'show', production]);
    assert.match(stdout, new RegExp(`built by {3}olmirror, from commit ${commit.slice(0, 12)}`));
    assert.match(
      stdout,
      /2 packages, 2 channels, 3 bundles\n {2}a {2}2 bundles\n {4}\* stable {2}a\.v1\.1\.0/,
    );
    assert.match(stdout, /served {5}with extractContent only/);
  });

  await t.test('extract', async () => {
    const folder = join(site.folder, 'served');
    const first = await site.olmirror(['index', 'extract', 'production', folder]);
    assert.deepEqual([first.code, first.stderr], [0, '']);
    assert.match(first.stdout, /^Wrote 2 files \([\d.]+ kB\) of .*olm\/idx:v1/);
    for (const name of ['a', 'b']) {
      const text = await readFile(join(folder, name, 'catalog.json'), 'utf8');
      // As it is in the image: eight bytes of white space stand behind it, for the cache's digest.
      assert.match(text.slice(-8), /^[ \t\r\n]{8}$/);
      assert.equal(
        text.slice(0, -8),
        await readFile(join(site.state, 'catalogs/idx', name, 'catalog.json'), 'utf8'),
      );
    }
    await writeFile(join(folder, 'mine'), 'x');
    const again = await site.olmirror(['index', 'extract', 'production', folder]);
    assert.deepEqual([again.code, again.stdout], [1, '']);
    assert.match(again.stderr, /is not empty/);
    const missing = await site.olmirror([
      'index',
      'extract',
      `${site.production.host}/olm/none:v1`,
      folder,
      '--force',
      '--insecure',
    ]);
    assert.equal(missing.code, 1);
    assert.deepEqual((await readdir(folder)).toSorted(), ['a', 'b', 'mine'], 'nothing was touched');
    assert.equal(
      (await site.olmirror(['index', 'extract', 'production', folder, '--force'])).code,
      0,
    );
    assert.deepEqual((await readdir(folder)).toSorted(), ['a', 'b']);
    const here = await site.olmirror(['index', 'extract', 'production', '.', '--force']);
    assert.deepEqual([here.code, /holds a Git repository/.test(here.stderr)], [1, true]);
    assert.deepEqual(
      (await readdir(site.folder)).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  await t.test('verify', async () => {
    const { states } = await verify(site, ['production'], 0);
    const all = {
      catalog: 'passed',
      'image-id': 'passed',
      content: 'passed',
      cache: 'passed',
      closure: 'passed',
    };
    assert.deepEqual(states, all);
    const { json } = await verify(site, ['production', '--against', `${commit}~1`], 4);
    const content = json.checks.find(({ name }) => name === 'content');
    assert.deepEqual(content?.details, ['a differs; in the index only: a.v1.1.0']);
    const text = await site.olmirror(['index', 'verify', 'production']);
    assert.match(
      text.stdout,
      /✔ The image id is [0-9a-f]{12}, as commit [0-9a-f]{12} gives it\.\n/,
    );
    assert.match(text.stdout, /All is as it should be\.\n$/);
    const delivered = await verify(site, ['staging'], 4);
    assert.deepEqual(
      [delivered.states['image-id'], delivered.states['content']],
      ['skipped', 'failed'],
    );
    const nowhere = await site.olmirror(['index', 'verify', 'production', '--against', 'nowhere']);
    assert.deepEqual([nowhere.code, nowhere.stdout], [1, '']);
  });

  await t.test('list', async () => {
    await pushImage(
      site.production.host,
      foreignIndex({ a: [] }, { tags: ['other', 'v1-0123456789ab'] }),
    );
    const signature = `sha256-${'a'.repeat(64)}`;
    await pushImage(site.production.host, {
      repository: 'olm/idx',
      tags: [signature],
      files: {},
      platforms: ['unknown/unknown'],
      attestation: true,
    });
    const result = await site.olmirror(['index', 'list', '--format', 'json']);
    assert.equal(result.code, 0, result.stderr);
    const [catalog] = parseChecked(listed, result.stdout).catalogs;
    assert.deepEqual(catalog?.otherTags, ['other']);
    const [newest, ...older] = catalog?.indexes ?? [];
    assert.deepEqual(
      [newest?.served, newest?.origin, newest?.revision, newest?.subject],
      [true, 'olmirror', commit, 'merge'],
    );
    assert.deepEqual(older.map(({ origin, served }) => `${origin} ${served}`).toSorted(), [
      'misnamed false',
      'other false',
      'other false',
    ]);
    const { stdout } = await site.olmirror(['index', 'list', 'idx']);
    assert.match(stdout, new RegExp(`\\* {2}v1-[0-9a-f]{12} .*${commit.slice(0, 12)} {2}merge\n`));
    assert.match(
      stdout,
      /v1-0123456789ab .* not named by olmirror: its image id would make it v1-/,
    );
    assert.match(stdout, new RegExp(`${signature} .* not built by olmirror: .* is not an image`));
    const unknown = await site.olmirror(['index', 'list', 'no']);
    assert.deepEqual([unknown.code, /no catalog no/.test(unknown.stderr)], [1, true]);
  });

  await t.test('info', async () => {
    const result = await site.olmirror(['index', 'info', 'production']);
    assert.deepEqual([result.code, result.stderr], [0, '']);
    const [source, catalog] = loadAll(result.stdout);
    assert.deepEqual(source, {
      apiVersion: 'operators.coreos.com/v1alpha1',
      kind: 'CatalogSource',
      metadata: { name: 'cs-idx', namespace: 'openshift-marketplace' },
      spec: {
        sourceType: 'grpc',
        image: production,
        displayName: 'idx',
        grpcPodConfig: {
          securityContextConfig: 'restricted',
          extractContent: { catalogDir: '/configs', cacheDir: '/tmp/cache' },
        },
        updateStrategy: { registryPoll: { interval: '10m' } },
      },
    });
    assert.deepEqual(catalog, {
      apiVersion: 'olm.operatorframework.io/v1',
      kind: 'ClusterCatalog',
      metadata: { name: 'cc-idx' },
      spec: { source: { type: 'Image', image: { ref: production, pollIntervalMinutes: 10 } } },
    });
  });

  await t.test('an OCI layout of it', async () => {
    const layout = join(site.folder, 'layout');
    const insecure = ['--insecure-policy', 'copy', '--src-tls-verify=false'];
    await promisify(execFile)('skopeo', [...insecure, `docker://${production}`, `oci:${layout}`]);
    assert.equal((await show(site, `oci:${layout}`)).olmirror?.revision, commit);
    assert.equal((await verify(site, [`oci:${layout}`], 0)).states['closure'], 'skipped');
    const info = await site.olmirror(['index', 'info', `oci:${layout}`]);
    assert.match(info.stdout, new RegExp(`image: ${production}\n`));
  });
});

test('index verify names what is not in the registry, and what it cannot tell', async (t) => {
  let refused = '';
  const site = await createProxiedSite(t, {
    production: ({ url, method }) =>
      refused !== '' && method === 'HEAD' && url.includes(refused)
        ? { kind: 'status', status: 403 }
        : null,
  });
  await deliver(site);
  await runAndCommit(site, ['init']);
  const taken = await verify(site, ['production'], 0);
  assert.deepEqual([taken.states['image-id'], taken.states['content']], ['skipped', 'passed']);
  refused = 'vendor/b-operand';
  const unclear = await verify(site, ['production'], 1);
  assert.equal(unclear.states['closure'], 'unknown');
  assert.match(unclear.json.checks.at(-1)?.details[0] ?? '', /vendor\/b-operand.*403/);
  refused = '';
  const gone = await pushOperator('', { name: 'a', versions: ['1.0.0'], withoutImages: ['1.0.0'] });
  const [bundle] = gone;
  assert.ok(bundle !== undefined);
  const lost = { ...bundle, image: `registry.example.com/v/lost@sha256:${'1'.repeat(64)}` };
  await pushImage(site.production.host, foreignIndex({ a: [lost] }, { tags: ['v1'] }));
  const missing = await verify(site, ['production'], 4);
  assert.deepEqual(missing.json.checks.at(-1), {
    name: 'closure',
    state: 'failed',
    message: `1 of 2 images that its bundles name are not in ${site.productionProxy.host}.`,
    details: [`${lost.image} (a.v1.0.0)`],
  });
});

test('index commands refuse what is no index, and say why', async (t) => {
  const site = await createProxiedSite(t, {
    production: ({ url }) => (url.includes('locked') ? { kind: 'status', status: 403 } : null),
  });
  const { host } = site.productionProxy;
  await pushImage(site.production.host, {
    repository: 'plain',
    tags: ['v1'],
    files: { 'etc/x': 'x' },
  });
  const database = { [DATABASE]: '/database/index.db' };
  await pushImage(site.production.host, {
    repository: 'sqlite',
    tags: ['v1'],
    files: { 'database/index.db': 'SQLite' },
    labels: database,
  });
  const folder = join(site.folder, 'out');
  const refusals = [
    ['plain:v1', /is not an operator index: it lacks the label/],
    ['sqlite:v1', /old sqlite format/],
    ['nothing:v1', /does not have|no .*nothing|not found|absent/i],
    ['locked:v1', /403/],
  ] as const;
  for (const [ref, reason] of refusals) {
    for (const command of [
      ['show', `${host}/${ref}`],
      ['extract', `${host}/${ref}`, folder],
      ['info', `${host}/${ref}`],
    ]) {
      const result = await site.olmirror(['index', ...command]);
      assert.deepEqual([result.code, result.stdout], [1, ''], command.join(' '));
      assert.match(result.stderr, reason, command.join(' '));
      assert.match(result.stderr, /\nHint: /);
    }
  }
  assert.ok(!(await readdir(site.folder)).includes('out'));
  for (const ref of ['catalogs/idx', 'idx', 'HEAD:catalogs/idx']) {
    const result = await site.olmirror(['index', 'show', ref]);
    assert.deepEqual(
      [result.code, /is neither production nor staging/.test(result.stderr)],
      [1, true],
      ref,
    );
  }
  const bare = ['index', 'show', `${host}/plain:v1`, '--catalog', 'idx', '--manifest', 'none.yaml'];
  const nameless = await site.olmirror(bare);
  assert.match(nameless.stderr, /no manifest that could have a catalog idx/);
  await site.writeManifest({ production: host, catalogs: ['one', 'locked'] });
  const which = await site.olmirror(['index', 'show', 'production']);
  assert.match(which.stderr, /Name one with --catalog: one, locked/);
  const list = await site.olmirror(['index', 'list', '--format', 'json']);
  assert.equal(list.code, 1);
  const [one, locked] = parseChecked(listed, list.stdout).catalogs;
  assert.deepEqual([one?.served, one?.indexes, one?.fault], [{ state: 'absent' }, [], null]);
  assert.deepEqual([locked?.served.state, locked?.fault?.includes('403')], ['unknown', true]);
});
