import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ResourcesDiff } from '../../src/cluster/resources-diff-types.ts';
import { makePackageText } from '../support/catalog.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { createSite, type Site } from '../support/site.ts';

const diffs = compileSchema<ResourcesDiff>('resources-diff');
const lists = compileSchema<{
  items: { kind: string; metadata: { name: string }; spec: { image?: string } }[];
}>('resources');
const IMAGE = `registry.example.com/v/a@sha256:${'a'.repeat(64)}`;

async function write(site: Site, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(site.state, path)), { recursive: true });
  await writeFile(join(site.state, path), text);
}

async function createState(
  t: TestContext,
  options: Parameters<Site['writeManifest']>[0] = {},
): Promise<Site> {
  const site = await createSite(t);
  await site.writeManifest({ catalogs: ['one'], ...options });
  await write(
    site,
    'catalogs/one/a/catalog.json',
    makePackageText('a', [{ version: '1.0.0', image: IMAGE }]),
  );
  await site.commit('a catalog');
  return site;
}

async function diff(site: Site, code: number, ...args: readonly string[]): Promise<ResourcesDiff> {
  const result = await site.olmirror(['resources', 'diff', ...args, '--format', 'json']);
  assert.equal(result.code, code, result.stdout + result.stderr);
  return parseChecked(diffs, result.stdout);
}

// Guards against: objects that are written but not found in sync by the command's other half.
test('resources writes one file for each object, twice the same, and resources diff finds them in sync', async (t) => {
  const site = await createState(t);
  const folder = join(site.state, 'cluster', 'prod');
  const first = await site.olmirror(['resources', '-o', folder]);
  assert.equal(first.code, 0, first.stderr);
  const names = (await readdir(folder)).toSorted();
  assert.deepEqual(names, ['cc-one.yaml', 'cs-one.yaml', 'idms-operator-0.yaml']);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  await site.olmirror(['resources', '-o', folder]);
  assert.deepEqual(
    await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8'))),
    texts,
  );
  assert.equal((await diff(site, 0, '--from', folder, '--exit-code')).rules.length, 0);
  const without = await diff(site, 4);
  assert.deepEqual(
    [without.against, without.unresolved.map(({ reference }) => reference), without.effect],
    ['cluster/', [IMAGE], 'reload'],
  );
  await writeFile(
    join(folder, 'cs-one.yaml'),
    texts[1]?.replace(/image: .*/, 'image: x.example/one:v0') ?? '',
  );
  assert.equal((await diff(site, 0, '--from', folder)).objects.length, 1);
  assert.equal((await diff(site, 2, '--from', folder, '--exit-code')).objects.length, 1);
  await site.commit('cluster');
  const text = await site.olmirror(['resources', 'diff']);
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /different CatalogSource .*spec\.image.*nodes notice nothing/);
});

test('resources --format json is one List, of the kinds that were asked for, with the never-moving tag where tags may not move', async (t) => {
  const site = await createState(t, { writePolicy: 'allow-once' });
  const result = await site.olmirror(['resources', '--kinds', 'CatalogSource', '--format', 'json']);
  assert.equal(result.code, 0, result.stderr);
  const { items } = parseChecked(lists, result.stdout);
  assert.deepEqual(
    items.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ['CatalogSource cs-one'],
  );
  assert.match(items[0]?.spec.image ?? '', /:[\w.]+-[0-9a-f]{12}$/);
  const old = await site.olmirror(['resources', '--cluster-version', '4.12', '--format', 'json']);
  assert.deepEqual(
    parseChecked(lists, old.stdout).items.map(({ kind }) => kind),
    ['ImageContentSourcePolicy', 'CatalogSource'],
  );
  assert.equal((await site.olmirror(['resources', '--cluster-version', 'new'])).code, 1);
});

test('resources diff --cluster goes by the mirror rules of in-use.yaml, and names a cluster that is not there', async (t) => {
  const site = await createState(t);
  const { host } = site.production;
  await write(
    site,
    'in-use.yaml',
    `apiVersion: olmirror/v1alpha1
kind: InUse
spec:
  clusters:
    - name: prod
      seen: 2026-11-20
      mirrors:
        - { source: registry.example.com/v, mirrors: ["${host}/v"], redirects: digest }
`,
  );
  await site.commit('in use');
  assert.equal((await diff(site, 0, '--cluster', 'prod', '--exit-code')).images, 1);
  const unknown = await site.olmirror(['resources', 'diff', '--cluster', 'other']);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /knows no cluster other/);
});
