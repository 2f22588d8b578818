import assert from 'node:assert/strict';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { deleteManifest } from '../../scripts/lib/delete-manifest.ts';
import type { Recovery } from '../../src/plan/recovery-types.ts';
import type { PassReport } from '../../src/plan/report-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { deliver } from '../support/deliver.ts';
import { createSite, readServed, type Site } from '../support/site.ts';

const STATE = 'olm/olmirror-state';
const checkReport = compileSchema<PassReport>('report');
const checkRecovery = compileSchema<Recovery>('recovery');

async function publish(site: Site): Promise<string> {
  await site.writeManifest({ stateBackup: 'on' });
  await deliver(site);
  let revision = '';
  for (const command of ['init', 'merge']) {
    const run = await site.olmirror([command]);
    assert.equal(run.code, 0, run.stderr);
    revision = await site.commit(command);
  }
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 0, apply.stderr);
  assert.ok(apply.stdout.includes(`${STATE}:${revision.slice(0, 12)}`), apply.stdout);
  return revision;
}

// Seen to fail: with the push left out of run-pass.ts.
test('recover brings the state back where the Git server is gone, and apply restores an index tag that was deleted', async (t) => {
  const site = await createSite(t);
  const revision = await publish(site);
  const production = site.open(site.production);
  const served = await readServed(production);
  const index = await production.headManifest('olm/idx', 'v1');
  assert.ok(index.state === 'present');
  await rename(site.state, join(site.folder, 'gone'));
  await rm(join(site.folder, 'xdg-state'), { recursive: true });
  await deleteManifest(site.production.host, 'olm/idx', index.digest);
  const bare = join(site.folder, 'bare');
  await mkdir(bare);
  const args = ['recover', `${site.production.host}/${STATE}`, '--insecure', '--into', site.state];
  const recover = await site.olmirror(args, { cwd: bare });
  assert.equal(recover.code, 0, recover.stderr);
  assert.match(recover.stdout, new RegExp(`commit   ${revision} on main.*: merge`));
  assert.match(recover.stdout, /^Next: olmirror -C .*state plan$/m);
  assert.equal(await site.git('status', '--porcelain', '--branch'), '## main');
  assert.equal(await site.git('rev-parse', 'HEAD'), revision);
  assert.equal(await site.git('rev-list', '--count', 'HEAD'), '2');
  assert.equal((await site.olmirror(['plan'])).code, 2);
  const apply = await site.olmirror(['apply', '--format', 'json']);
  assert.equal(apply.code, 0, apply.stderr);
  assert.equal(JSON.parse(apply.stdout).stateBackup.kind, 'present');
  assert.deepEqual(await readServed(production), served);
  const again = await site.olmirror(args, { cwd: bare });
  assert.equal(again.code, 1);
  assert.match(again.stderr, /is not empty\. Nothing was changed/);
});

// Seen to fail: with `before` always null the second backup had one layer.
test('a backup builds on the one before, a commit that is there is not pushed again, and audit knows them', async (t) => {
  const site = await createSite(t);
  const first = await publish(site);
  const production = site.open(site.production);
  const tags = [first];
  for (const name of ['a', 'b']) {
    await writeFile(join(site.state, name), name);
    tags.push(await site.commit(name));
    const apply = await site.olmirror(['apply', '--format', 'json']);
    assert.equal(apply.code, 0, apply.stderr);
    assert.equal(parseChecked(checkReport, apply.stdout).stateBackup?.kind, 'pushed');
  }
  const short = tags.map((tag) => tag.slice(0, 12));
  assert.deepEqual((await production.listTags(STATE)).toSorted(), short.toSorted());
  const last = short.at(-1) ?? '';
  const manifest = JSON.parse(
    Buffer.from((await production.getManifest(STATE, last)).bytes).toString(),
  );
  assert.equal(manifest.layers.length, 3);
  const [whole, ...thin] = manifest.layers.map(({ size }: { size: number }) => size);
  assert.ok(
    thin.every((size: number) => size < whole / 2),
    `${whole} ${thin}`,
  );
  const again = await site.olmirror(['apply', '--format', 'json']);
  assert.equal(JSON.parse(again.stdout).stateBackup.kind, 'present');
  const audit = await site.olmirror(['audit', '--format', 'json']);
  assert.deepEqual(JSON.parse(audit.stdout).extras, []);
  const into = join(site.folder, 'into');
  const json = await site.olmirror([
    'recover',
    `${site.production.host}/${STATE}`,
    '--into',
    into,
    '--format',
    'json',
  ]);
  assert.equal(json.code, 0, json.stderr);
  assert.equal(parseChecked(checkRecovery, json.stdout).revision, tags.at(-1));
  assert.equal(await readFile(join(into, 'b'), 'utf8'), 'b');
  const older = join(site.folder, 'older');
  const named = await site.olmirror(
    ['recover', `${site.production.host}/${STATE}:${short[0]}`, '--into', older, '--insecure'],
    { cwd: site.folder },
  );
  assert.equal(named.code, 0, named.stderr);
  assert.equal(await site.git('-C', older, 'rev-parse', 'HEAD'), first);
});
