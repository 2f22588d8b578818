import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Audit } from '../../src/plan/audit-types.ts';
import type { Plan } from '../../src/plan/types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { deliver } from '../support/deliver.ts';
import { createSite, readServed, type Site } from '../support/site.ts';

const audits = compileSchema<Audit>('audit');
const plans = compileSchema<Plan>('plan');

async function run(site: Site, args: readonly string[], code = 0): Promise<string> {
  const result = await site.olmirror(args);
  assert.equal(result.code, code, `${args.join(' ')}: ${result.stdout}${result.stderr}`);
  return result.stdout;
}

async function plan(site: Site, code: number): Promise<readonly string[]> {
  const { steps } = parseChecked(plans, await run(site, ['plan', '--format', 'json'], code));
  return steps.map(({ kind }) => kind).toSorted();
}

// Seen to fail: with the files left out, the new index was not planned.
test('a catalog is branched for another release, takes a delivery of its own, and the old one is retired', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  await run(site, ['init']);
  await site.commit('init');
  const production = site.open(site.production);
  const both = ['a.v1.0.0', 'b.v1.0.0'];

  await run(site, ['branch-catalog', 'idx', 'next', '--tag', 'v4.20']);
  await site.commit('Branch next from idx');
  assert.deepEqual(await plan(site, 2), ['move-index', 'push-index'], 'nothing is copied');
  await run(site, ['apply']);
  assert.deepEqual(await plan(site, 0), []);
  assert.deepEqual(await readServed(production), both);
  assert.deepEqual(await readServed(production, 'olm/idx', 'v4.20'), both);

  await run(site, ['merge', 'next', '--from', `${site.staging.host}/olm/idx:v1`]);
  await site.commit('Deliver a for next');
  await run(site, ['apply']);
  assert.deepEqual(await plan(site, 0), []);
  assert.deepEqual(await readServed(production), both, 'the old one serves as before');
  const next = ['a.v1.0.0', 'a.v1.1.0', 'b.v1.0.0'];
  assert.deepEqual(await readServed(production, 'olm/idx', 'v4.20'), next);

  const info = await run(site, ['index', 'info', `${site.production.host}/olm/idx:v4.20`]);
  assert.match(info, /\n {2}name: cs-next\n/);
  assert.match(await run(site, ['retire', 'idx', '--force']), /Production is not touched/);
  await site.commit('Retire idx');
  assert.deepEqual(await plan(site, 0), []);
  await run(site, ['validate']);
  assert.match(await run(site, ['status']), /Synced with .*\n/);
  const { extras } = parseChecked(audits, await run(site, ['audit', '--format', 'json']));
  assert.deepEqual(
    extras.map(({ repository, tags }) => [repository, tags]),
    [['olm/idx', ['v1']]],
  );
  assert.deepEqual(await readServed(production), both, 'production only grows');
});

// Seen to fail with nameCatalogSource in place of findCatalogSource.
test('index info names the CatalogSource below cluster/ that serves the catalog, by its tag', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  await run(site, ['init']);
  await site.commit('init');
  const text = await run(site, ['index', 'info', 'production']);
  assert.match(text, /\n {2}name: cs-idx\n/);
  await mkdir(join(site.state, 'cluster'));
  await writeFile(join(site.state, 'cluster/all.yaml'), text.replace('name: cs-idx', 'name: ours'));
  await run(site, ['branch-catalog', 'idx', 'next', '--tag', 'v4.20']);
  const old = await run(site, ['index', 'info', 'production', '--catalog', 'idx']);
  assert.match(old, /\n {2}name: ours\n/);
});
