import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ValidateFunction } from 'ajv';
import { makePackageText } from '../support/catalog.ts';
import { compileSchema } from '../support/check-schema.ts';
import { deliver } from '../support/deliver.ts';
import { createSite, pushIndex, pushOperator, type Site } from '../support/site.ts';

const SCHEMAS = { merge: 'merge-result', validate: 'validation', apply: 'report' } as const;

function schemaOf(command: string): ValidateFunction {
  return compileSchema(Object.hasOwn(SCHEMAS, command) ? Reflect.get(SCHEMAS, command) : command);
}

/** Runs a command with `--format json`: the whole of stdout must be one document of its schema. */
async function runJson(site: Site, args: readonly [string, ...string[]], code: number) {
  const { stdout, stderr, ...result } = await site.olmirror([...args, '--format', 'json']);
  const title = `${args.join(' ')}\n${stdout}\n${stderr}`;
  assert.equal(result.code, code, title);
  assert.ok(stdout.endsWith('}\n'), title);
  const check = schemaOf(args[0]);
  assert.ok(check(JSON.parse(stdout)), `${JSON.stringify(check.errors, null, 1)}\n${title}`);
  return { json: JSON.parse(stdout), stderr };
}

function kindsOf(items: readonly { readonly kind: string }[]): readonly string[] {
  return [...new Set(items.map((item) => item.kind))].toSorted();
}

test('with --format json stdout is one document of its schema, in every state, and people read stderr', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  assert.equal((await site.olmirror(['init'])).code, 0);
  const early = await site.olmirror(['plan', '--format', 'json']);
  assert.deepEqual([early.code, early.stdout, early.stderr !== ''], [1, '', true]);
  await site.commit('base');

  await t.test('in sync', async () => {
    assert.deepEqual((await runJson(site, ['plan'], 0)).json.steps, []);
    assert.equal((await runJson(site, ['apply'], 0)).json.steps.planned, 0);
    assert.equal((await runJson(site, ['validate'], 0)).json.passed, true);
    assert.equal((await runJson(site, ['status'], 0)).json.sync, 'Synced');
  });

  await t.test('changes wanted', async () => {
    assert.equal((await runJson(site, ['merge', '--dry-run'], 0)).json.dryRun, true);
    const merge = (await runJson(site, ['merge'], 0)).json;
    assert.deepEqual(kindsOf(merge.catalogs[0].changes), ['kept', 'updated']);
    const dirty = await runJson(site, ['plan'], 0);
    assert.match(dirty.stderr, /not committed are left out/);
    await site.commit('delivery');
    const { json: plan } = await runJson(site, ['plan', '--out', join(site.folder, 'p.json')], 2);
    assert.deepEqual(kindsOf(plan.steps), ['copy', 'move-index', 'push-index', 'tag']);
    assert.equal((await runJson(site, ['status'], 0)).json.catalogs[0].staging.state, 'merged');
    const apply = await runJson(site, ['apply', join(site.folder, 'p.json')], 0);
    assert.deepEqual([apply.json.sums.copied, apply.json.steps.done], [3, plan.steps.length]);
    assert.match(apply.stderr, /vendor\/a-operand/);
  });

  await t.test('a lost image', async () => {
    const gone = { name: 'gone', versions: ['1.0.0'], withoutImages: ['1.0.0'] };
    await pushIndex(site.staging.host, { gone: await pushOperator(site.staging.host, gone) });
    await runJson(site, ['merge'], 0);
    await site.commit('names what nobody has');
    const { json: plan } = await runJson(site, ['plan'], 4);
    assert.deepEqual(kindsOf(plan.checks), ['closure', 'missing-source']);
    assert.equal((await runJson(site, ['apply'], 4)).json.sums.lost, 2);
    assert.equal((await runJson(site, ['status'], 0)).json.sync, 'OutOfSync');
  });

  await t.test('a foreign index', async () => {
    const c = await pushOperator(site.production.host, { name: 'c', versions: ['3.0.0'] });
    await pushIndex(site.production.host, { c });
    const { json: plan } = await runJson(site, ['plan'], 4);
    assert.ok(kindsOf(plan.checks).includes('foreign-index'));
    assert.ok((await runJson(site, ['apply'], 4)).json.sums.refused > 0);
    assert.equal((await runJson(site, ['status'], 0)).json.catalogs[0].action, 'blocked');
  });

  await t.test('a gap', async () => {
    const [bundle] = await pushOperator(site.staging.host, { name: 'a', versions: ['9.0.0'] });
    assert.ok(bundle !== undefined);
    await pushIndex(site.staging.host, { a: [bundle] });
    const { json } = await runJson(site, ['merge'], 4);
    assert.deepEqual(
      json.catalogs[0].gaps.map((gap: { readonly package: string }) => gap.package),
      ['a'],
    );
  });

  await t.test('an invalid catalog', async () => {
    const image = `registry.example.com/v/b@sha256:${'b'.repeat(64)}`;
    const twoHeads = makePackageText('b', [
      { version: '1.0.0', image },
      { version: '2.0.0', image },
    ]);
    await writeFile(join(site.state, 'catalogs/idx/b/catalog.json'), twoHeads);
    const { json: verdict } = await runJson(site, ['validate'], 1);
    assert.equal(verdict.passed, false);
    await writeFile(join(site.state, 'catalogs/idx/b/catalog.json'), '{ "schema": ');
    assert.equal((await runJson(site, ['validate'], 1)).json.passed, false);
    await site.commit('broken');
    const { json: plan } = await runJson(site, ['plan'], 1);
    assert.ok(kindsOf(plan.checks).includes('invalid'));
    assert.equal((await runJson(site, ['apply'], 1)).json.exitCode, 1);
    assert.equal((await runJson(site, ['status'], 1)).json.sync, 'Unknown');
  });
});
