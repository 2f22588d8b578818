import assert from 'node:assert/strict';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Plan } from '../../src/plan/types.ts';
import { makePackageText } from '../support/catalog.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import {
  createSite,
  pushIndex,
  pushOperator,
  readServed,
  readText,
  type Site,
} from '../support/site.ts';

const plans = compileSchema<Plan>('plan');

// Seen to fail with the index not kept back, with the reference not listed by init, and without `unreadable`
// in findHeld. opm takes it, skopeo and registries do not.
const SHA512 = `registry.example.com/vendor/odd@sha512:${'a'.repeat(128)}`;

async function writePackage(
  site: Site,
  catalog: string,
  related: readonly string[],
): Promise<void> {
  const [bundle] = await pushOperator(site.staging.host, { name: 'one', versions: ['1.0.0'] });
  if (bundle === undefined) throw new Error('one bundle was pushed');
  const file = join(site.state, 'catalogs', catalog, 'one/catalog.json');
  await mkdir(dirname(file), { recursive: true });
  const images = [...(bundle.related ?? []), ...related];
  await writeFile(file, makePackageText('one', [{ ...bundle, related: images }]));
}

async function createTwoCatalogs(t: TestContext): Promise<Site> {
  const site = await createSite(t);
  await site.writeManifest({ catalogs: ['odd', 'sound'] });
  await writePackage(site, 'odd', [SHA512]);
  await writePackage(site, 'sound', []);
  await site.commit('two catalogs');
  return site;
}

test('an index that names an image by a reference that nobody can copy is not published, the others are', async (t) => {
  const site = await createTwoCatalogs(t);
  const planned = await site.olmirror(['plan', '--format', 'json']);
  assert.equal(planned.code, 1, planned.stdout + planned.stderr);
  const plan = parseChecked(plans, planned.stdout);
  assert.deepEqual(
    plan.steps.map(({ kind, id }) => (kind === 'copy' ? 'copy' : id)),
    ['copy', 'copy', 'push sound', 'index sound'],
  );
  assert.deepEqual(
    plan.settled.map(({ item, kind }) => [item, kind]),
    [
      ['index odd', 'refused'],
      [`reference ${SHA512}`, 'refused'],
    ],
  );
  const applied = await site.olmirror(['apply']);
  assert.equal(applied.code, 1, applied.stdout + applied.stderr);
  assert.match(applied.stdout, /wanted 5 = in-sync 0 \+ copied 3 \+ refused 2 \+ lost 0/);
  const production = site.open(site.production);
  assert.deepEqual(await readServed(production, 'olm/sound'), ['one.v1.0.0']);
  assert.deepEqual(await production.listTags('olm/odd'), []);
});

test('init lists such a reference as known missing, after which a change of the catalog is published', async (t) => {
  const site = await createSite(t);
  const bundles = await pushOperator(site.production.host, { name: 'one', versions: ['1.0.0'] });
  const odd = bundles.map((bundle) => ({
    ...bundle,
    related: [...(bundle.related ?? []), SHA512],
  }));
  await pushIndex(site.production.host, { one: odd });
  const init = await site.olmirror(['init', '--catalog', 'idx']);
  assert.equal(init.code, 0, init.stdout + init.stderr);
  const known = await readText(site, 'rules/idx/known-missing.yaml');
  assert.ok(known.includes(`- image: ${SHA512}\n`), known);
  assert.match(
    known,
    /bundles:\n {4}- one\.v1\.0\.0\n {2}reason: no registry takes this reference\n/,
  );
  await site.commit('init');
  const quiet = await site.olmirror(['plan']);
  assert.equal(quiet.code, 0, quiet.stdout + quiet.stderr);
  const file = join(site.state, 'catalogs/idx/one/catalog.json');
  await appendFile(file, '{"schema": "example.note", "package": "one"}\n');
  await site.commit('a note');
  const applied = await site.olmirror(['apply']);
  assert.equal(applied.code, 0, applied.stdout + applied.stderr);
  assert.match(applied.stdout, /wanted 4 = in-sync 2 \+ copied 1 \+ refused 0 \+ lost 1/);
});

test('a delivery under policy.missing: hold leaves the bundle of such a reference out', async (t) => {
  const site = await createSite(t);
  await site.writeManifest({ spec: '  policy: { missing: hold }\n' });
  await writePackage(site, 'idx', []);
  await site.commit('start');
  const bundles = await pushOperator(site.staging.host, {
    name: 'one',
    versions: ['1.0.0', '1.1.0'],
  });
  const delivered = bundles.map((bundle) =>
    bundle.version === '1.1.0' ? { ...bundle, related: [SHA512] } : bundle,
  );
  await pushIndex(site.staging.host, { one: delivered });
  const merged = await site.olmirror(['merge', 'idx']);
  assert.equal(merged.code, 0, merged.stdout + merged.stderr);
  assert.match(
    merged.stdout,
    /held back: one\/one\.v1\.1\.0, because \S+@sha512:a+ is in neither registry/,
  );
  const text = await readText(site, 'catalogs/idx/one/catalog.json');
  assert.ok(!text.includes('one.v1.1.0'), text);
});
