import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { deleteManifest } from '../../scripts/lib/delete-manifest.ts';
import { deliver } from '../support/deliver.ts';
import { createSite, pushIndex, pushOperator } from '../support/site.ts';

// Promise 10. Seen to fail: with assertFresh not called, the second apply exited 0.
test('a saved plan is carried out once, exactly, and is stale afterwards', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  for (const command of ['init', 'merge']) {
    await site.olmirror([command]);
    await site.commit(command);
  }
  const file = join(site.folder, 'plan.json');
  assert.equal((await site.olmirror(['plan', '--out', file])).code, 2);
  await writeFile(join(site.state, 'README.md'), 'unrelated\n');
  await site.commit('unrelated');
  const apply = await site.olmirror(['apply', file]);
  assert.equal(apply.code, 0, apply.stderr);
  const again = await site.olmirror(['apply', file]);
  assert.equal(again.code, 3, again.stderr);
  assert.match(again.stderr, /step copy vendor\/a-bundle@sha256:/);
});

test('a saved plan is stale when the registry or the catalog changed, and then nothing is written', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  for (const command of ['init', 'merge']) {
    await site.olmirror([command]);
    await site.commit(command);
  }
  const file = join(site.folder, 'plan.json');
  await site.olmirror(['plan', '--out', file]);
  await pushIndex(site.production.host, {
    c: await pushOperator(site.production.host, { name: 'c', versions: ['3.0.0'] }),
  });
  const moved = await site.olmirror(['apply', file]);
  assert.equal(moved.code, 3, moved.stderr);
  assert.match(moved.stderr, /step index idx: olm\/idx:v1 in production is sha256:/);
  assert.deepEqual(
    await site
      .open(site.production)
      .listTags('vendor/a-operand')
      .then((tags) => tags.length),
    1,
  );
  await site.git('rm', '-rq', 'catalogs/idx/b');
  await site.commit('drop b');
  const changed = await site.olmirror(['apply', file]);
  assert.deepEqual(
    [changed.code, /Catalog idx has changed in Git/.test(changed.stderr)],
    [3, true],
  );
});

// Promise 10. Seen to fail: with the plan made anew carried out by apply.ts in its place, apply did not exit 4.
test('a saved plan is carried out exactly: what drifted meanwhile and is none of its steps is not touched', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  for (const command of ['init', 'merge']) {
    await site.olmirror([command]);
    await site.commit(command);
  }
  await pushOperator(site.staging.host, { name: 'b', versions: ['1.0.0'] });
  const file = join(site.folder, 'plan.json');
  assert.equal((await site.olmirror(['plan', '--out', file])).code, 2);
  const production = site.open(site.production);
  const [tag = ''] = await production.listTags('vendor/b-operand');
  const digest = tag.replace('-', ':');
  await deleteManifest(site.production.host, 'vendor/b-operand', digest);
  const apply = await site.olmirror(['apply', file, '--format', 'json']);
  assert.equal(apply.code, 4, apply.stdout + apply.stderr);
  assert.equal(JSON.parse(apply.stdout).sums.copied, 2);
  assert.equal((await production.headManifest('vendor/b-operand', digest)).state, 'absent');
});
