import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import type { DiffDocument } from '../../src/report/build-diff-document.ts';
import { type BundleSpec, makePackageText } from '../support/catalog.ts';
import { findRealData } from '../support/real-data.ts';
import { createSite, pushIndex, pushOperator } from '../support/site.ts';

const HEX = 'a'.repeat(64);
const ONE: BundleSpec = { version: '1.0.0', image: `quay.io/v/a@sha256:${HEX}` };
const TWO: BundleSpec = { version: '1.1.0', image: 'quay.io/v/a:1.1.0', replaces: '1.0.0' };
const ALONE: BundleSpec = { version: '1.1.0', image: 'quay.io/v/a:1.1.0' };

const schema = JSON.parse(
  readFileSync(new URL('../../schemas/diff.schema.json', import.meta.url), 'utf8'),
);
const check = new Ajv({
  allErrors: true,
  strictTypes: false,
  keywords: ['patternErrorMessage'],
}).compile<DiffDocument>(schema);

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

test('diff compares commits, folders, files, the index of a role and an image', async (t) => {
  const site = await createSite(t);
  const file = join(site.state, 'catalogs/idx/a/catalog.json');
  const bundles = await pushOperator(site.production.host, {
    name: 'a',
    versions: ['1.0.0', '1.1.0'],
  });
  const [first] = bundles;
  assert.ok(first !== undefined);
  await write(file, makePackageText('a', [first]));
  await site.commit('one');
  await write(file, makePackageText('a', bundles));
  await site.commit('two');

  await t.test('two commits', async () => {
    const { code, stdout, stderr } = await site.olmirror([
      'diff',
      'HEAD~1:catalogs/idx',
      'HEAD:catalogs/idx',
    ]);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^Diff HEAD~1:catalogs\/idx → HEAD:catalogs\/idx\n {2}~ a\n/);
    assert.match(stdout, /^ {6}stable: head a\.v1\.0\.0 → a\.v1\.1\.0$/m);
    assert.match(stdout, /1 package changed, 1 channel changed, 1 bundle added, 2 images new\.\n$/);
  });

  await t.test('--exit-code tells that something differs, and nothing else does', async () => {
    const differs = await site.olmirror(['diff', 'HEAD~1:catalogs/idx', file, '--exit-code']);
    assert.equal(differs.code, 2);
    const same = await site.olmirror(['diff', 'HEAD:catalogs/idx', file, '--exit-code']);
    assert.deepEqual(
      [same.code, same.stdout],
      [0, `No difference between HEAD:catalogs/idx and ${file}.\n`],
    );
  });

  await t.test('production, the image by its name, and addresses of our own registry', async () => {
    const { host } = site.production;
    const ours = bundles.map((bundle) => ({
      ...bundle,
      image: bundle.image.replace('registry.example.com', host),
      related: bundle.related?.map((image) => image.replace('registry.example.com', host)) ?? [],
    }));
    const digest = await pushIndex(host, { a: ours });
    const same = await site.olmirror(['diff', 'production', 'HEAD:catalogs/idx', '--exit-code']);
    assert.deepEqual([same.code, same.stderr], [0, ''], same.stdout);
    const image = `${host}/olm/idx:v1`;
    const { stdout, code } = await site.olmirror([
      'diff',
      'HEAD~1:catalogs/idx',
      image,
      '--format',
      'json',
      '--exit-code',
    ]);
    assert.equal(code, 2);
    const document: unknown = JSON.parse(stdout);
    assert.ok(check(document), JSON.stringify(check.errors));
    assert.deepEqual(document.after, { source: image, digest });
    assert.deepEqual(
      document.packages.map((pkg) => pkg.bundlesAdded),
      [['a.v1.1.0']],
    );
    assert.equal(document.imagesAdded.length, 2);
    assert.deepEqual(document.imagesAdded[0]?.neededBy, ['a/a.v1.1.0']);
  });
});

test('diff needs neither a manifest nor Git for folders', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-diff-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const site = await createSite(t);
  async function diff(...args: readonly string[]) {
    return site.olmirror(['diff', ...args], { cwd: folder });
  }
  await write(join(folder, 'one/a.json'), makePackageText('a', [ONE, TWO]));
  await write(join(folder, 'cut/a.json'), makePackageText('a', [ALONE]));
  const blobs = makePackageText('a', [TWO, ONE]).split(/(?<=^\}\n)/m);
  assert.equal(blobs.length, 4);
  for (const [i, blob] of blobs.entries())
    await write(join(folder, `split/${9 - i}/x.yaml`), JSON.stringify(JSON.parse(blob)));

  await t.test('nothing differs where files, order and form do', async () => {
    const { code, stdout } = await diff('one', 'split', '--exit-code');
    assert.deepEqual([code, stdout], [0, 'No difference between one and split.\n']);
  });

  await t.test('a broken upgrade path stands in text, Markdown and JSON', async () => {
    assert.match(
      (await diff('one', 'cut')).stdout,
      /no path to the head any more from: a\.v1\.0\.0/,
    );
    const { stdout } = await diff('one', 'cut', '--format', 'markdown');
    assert.match(
      stdout,
      /^- \*\*Broken upgrade path\*\*: in `a` channel `stable`.*`a\.v1\.0\.0`$/m,
    );
    const document: unknown = JSON.parse((await diff('one', 'cut', '--format', 'json')).stdout);
    assert.ok(check(document), JSON.stringify(check.errors));
    assert.deepEqual(document.packages[0]?.channels[0]?.pathsBroken, ['a.v1.0.0']);
  });

  await t.test('every fault of both sides is told, and nothing is compared', async () => {
    await cp(join(folder, 'one'), join(folder, 'torn'), { recursive: true });
    await write(join(folder, 'torn/b.json'), '{ "schema": ');
    await write(join(folder, 'heads/a.json'), makePackageText('a', [ONE, ALONE]));
    const { code, stdout, stderr } = await diff('torn', 'heads', '--exit-code');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /The catalog torn is not valid:\n {2}b\.json:1/);
    assert.match(stderr, /The catalog heads is not valid:\n {2}.*a\.v1\.0\.0/);
    assert.match(stderr, /Nothing was compared\.\nHint: /);
  });

  await t.test('a source that is not there, and a role without a manifest', async () => {
    const missing = await diff('one', 'nosuch');
    assert.deepEqual([missing.code, /"nosuch"/.test(missing.stderr)], [1, true]);
    const role = await diff('production', 'one');
    assert.match(role.stderr, /Without a manifest nobody knows which registry is production/);
    assert.equal(role.code, 1);
  });
});

const pairs = findRealData('pairs/41-whole-community-v4.17');
test('diff of a real pair is one document of its schema', { skip: pairs.skip }, async (t) => {
  const site = await createSite(t);
  const { code, stdout } = await site.olmirror([
    'diff',
    join(pairs.path, 'old'),
    join(pairs.path, 'new'),
    '--format',
    'json',
    '--exit-code',
  ]);
  assert.equal(code, 2);
  const document: unknown = JSON.parse(stdout);
  assert.ok(check(document), JSON.stringify(check.errors?.slice(0, 3)));
  assert.equal(document.packages.length, 22);
});
