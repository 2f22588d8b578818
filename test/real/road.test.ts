import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deleteManifest } from '../../scripts/lib/delete-manifest.ts';
import { deliver } from '../support/deliver.ts';
import { createSite, pushIndex, pushOperator, readServed } from '../support/site.ts';

test('a delivery lands in production, and what was not delivered stays', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  const production = site.open(site.production);
  const init = await site.olmirror(['init']);
  assert.equal(init.code, 0, init.stderr);
  await site.commit('base');
  const first = await site.olmirror(['plan']);
  assert.deepEqual([first.code, first.stdout.split('.')[0]], [0, 'No changes']);
  const merge = await site.olmirror(['merge']);
  assert.equal(merge.code, 0, merge.stderr);
  assert.match(merge.stdout, /stable: a\.v1\.0\.0 → a\.v1\.1\.0/);
  assert.match(merge.stdout, /stays, though it was not delivered: b/);
  await site.commit('delivery');
  const plan = await site.olmirror(['plan']);
  assert.equal(plan.code, 2, plan.stderr);
  const before = await production.headManifest('olm/idx', 'v1');
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  assert.match(
    apply.stdout,
    /wanted 7 = in-sync 4 \+ copied 3 \+ refused 0 \+ lost 0 \+ deferred 0 \+ failed 0/,
  );
  assert.deepEqual(await readServed(production), ['a.v1.0.0', 'a.v1.1.0', 'b.v1.0.0']);
  const tags = await production.listTags('olm/idx');
  assert.equal(
    tags.length,
    3,
    `the moving tag, the one of the new index and the one of the index it left: ${tags.join(' ')}`,
  );
  const kept = await Promise.all(
    tags.filter((tag) => tag !== 'v1').map((tag) => production.headManifest('olm/idx', tag)),
  );
  assert.ok(
    before.state === 'present' &&
      kept.some((entry) => entry.state === 'present' && entry.digest === before.digest),
    'the old index keeps a tag',
  );
  const operandTags = await production.listTags('vendor/a-operand');
  assert.equal(operandTags.filter((tag) => tag.startsWith('sha256-')).length, 2);
  const again = await site.olmirror(['apply']);
  assert.deepEqual([again.code, /Nothing to do/.test(again.stdout)], [0, true]);
});

test('an index that was deleted comes back from Git', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  const production = site.open(site.production);
  for (const command of ['init', 'merge']) {
    assert.equal((await site.olmirror([command])).code, 0);
    await site.commit(command);
  }
  assert.equal((await site.olmirror(['apply'])).code, 0);
  const served = await production.headManifest('olm/idx', 'v1');
  assert.ok(served.state === 'present');
  await deleteManifest(site.production.host, 'olm/idx', served.digest);
  const status = await site.olmirror(['status', '--format', 'json']);
  assert.equal(JSON.parse(status.stdout).sync, 'OutOfSync');
  assert.equal((await site.olmirror(['apply'])).code, 0);
  assert.deepEqual(await production.headManifest('olm/idx', 'v1'), served);
});

test('a foreign index is kept, named, and taken in by merge --from production', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  const production = site.open(site.production);
  for (const command of ['init', 'merge']) {
    assert.equal((await site.olmirror([command])).code, 0);
    await site.commit(command);
  }
  assert.equal((await site.olmirror(['apply'])).code, 0);
  const c = await pushOperator(site.production.host, { name: 'c', versions: ['3.0.0'] });
  const byHand = await pushIndex(site.production.host, { c });
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 4, apply.stdout);
  assert.match(apply.stdout, /foreign index.*1 package \(c\).*1 bundle \(c\/c\.v3\.0\.0\)/);
  assert.match(apply.stdout, /olmirror merge idx --from production/);
  const kept = await production.headManifest('olm/idx', 'v1');
  assert.ok(kept.state === 'present' && kept.digest === byHand);
  assert.equal((await site.olmirror(['merge', '--from', 'production'])).code, 0);
  await site.commit('take in');
  assert.equal((await site.olmirror(['apply'])).code, 0);
  assert.deepEqual(await readServed(production), ['a.v1.0.0', 'a.v1.1.0', 'b.v1.0.0', 'c.v3.0.0']);
  const tags = await production.listTags('olm/idx');
  const left = await Promise.all(tags.map((tag) => production.headManifest('olm/idx', tag)));
  assert.ok(
    left.some((entry) => entry.state === 'present' && entry.digest === byHand),
    'the foreign index keeps a tag',
  );
});

test('merging the same delivery twice changes nothing', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  assert.equal((await site.olmirror(['init'])).code, 0);
  await site.commit('base');
  assert.equal((await site.olmirror(['merge'])).code, 0);
  await site.commit('delivery');
  assert.equal((await site.olmirror(['merge'])).code, 0);
  assert.equal(await site.git('status', '--porcelain'), '');
});

test('status tells deliveries that are not merged, merged and applied apart', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  const states: string[] = [];
  async function look(): Promise<void> {
    const { stdout } = await site.olmirror(['status', '--format', 'json']);
    states.push(JSON.parse(stdout).catalogs[0].staging.state);
  }
  await site.olmirror(['init']);
  await site.commit('base');
  await look();
  await site.olmirror(['merge']);
  await look();
  await site.commit('delivery');
  await look();
  await site.olmirror(['apply']);
  await look();
  assert.deepEqual(states, ['not-merged', 'merged-not-committed', 'merged', 'applied']);
});
