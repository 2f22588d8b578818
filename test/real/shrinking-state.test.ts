import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makePackageText } from '../support/catalog.ts';
import {
  collect,
  createSite,
  pushIndex,
  pushOperator,
  readServed,
  type Site,
} from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';

const FILE = 'catalogs/idx/a/catalog.json';

interface FilledSite extends Site {
  /** Of package `a`, oldest first. */
  readonly bundles: Parameters<typeof makePackageText>[1];
  served(): Promise<readonly string[]>;
}

/** Four bundles are served, taken in and committed. */
async function createFilledSite(t: TestContext): Promise<FilledSite> {
  const site = await createSite(t);
  const versions = ['1.0.0', '1.1.0', '1.2.0', '1.3.0'];
  const bundles = await pushOperator(site.production.host, { name: 'a', versions });
  await pushIndex(site.production.host, { a: bundles });
  assert.equal((await site.olmirror(['init'])).code, 0);
  await site.commit('base');
  const production = site.open(site.production);
  return { ...site, bundles, served: () => readServed(production) };
}

function keepFirst(site: FilledSite): Promise<void> {
  return writeFile(join(site.state, FILE), makePackageText('a', site.bundles.slice(0, 1)));
}

// Seen to fail: without the check in findObstacle the first apply served one bundle of four.
test('apply and watch keep an index that Git has lost most of, also without local state, until somebody allows it', async (t) => {
  const site = await createFilledSite(t);
  const before = await site.served();
  assert.equal(before.length, 4);
  await keepFirst(site);
  await site.commit('truncated');
  const plan = await site.olmirror(['plan']);
  assert.deepEqual(
    [
      plan.code,
      /1 bundle for idx, and production serves 1 package and 4 bundles: fewer than half/.test(
        plan.stdout,
      ),
    ],
    [4, true],
    plan.stdout,
  );
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 4, apply.stderr);
  rmSync(join(site.folder, 'xdg-state'), { recursive: true, force: true });
  const again = await site.olmirror(['apply', '--format', 'json']);
  assert.equal(again.code, 4);
  assert.deepEqual(
    JSON.parse(again.stdout)
      .outcomes.filter((it: { type: string }) => it.type === 'index')
      .map((it: { kind: string; code: string }) => [it.kind, it.code]),
    [['refused', 'PLAN_SHRINK']],
  );
  assert.deepEqual(await site.served(), before);

  const watching = site.start(['watch', '--interval', '5m']);
  t.after(() => watching.kill('SIGKILL'));
  const ended = collect(watching);
  let log = '';
  watching.stdout?.on('data', (text: string) => (log += text));
  await waitFor('the stall', async () => /sleeps .*stalled/.test(log));
  assert.deepEqual(await site.served(), before);
  await site.writeManifest({
    spec: '  reconcile:\n    allowShrink: { reason: old versions go, by: kim, until: "2099-01-01", catalogs: [idx] }',
  });
  await site.commit('it is meant');
  await waitFor('the smaller index', async () => (await site.served()).length === 1);
  watching.kill('SIGTERM');
  assert.equal((await ended).code, 0);
  assert.match(log, /allowShrink \(old versions go; by kim, until 2099-01-01\) allows it/);
});

test('apply --allow-shrink publishes what is meant, and a saved plan keeps that word', async (t) => {
  const site = await createFilledSite(t);
  await keepFirst(site);
  await site.commit('meant');
  const file = join(site.folder, 'plan.json');
  assert.equal((await site.olmirror(['plan', '--allow-shrink', '--out', file])).code, 2);
  assert.equal((await site.olmirror(['apply', file])).code, 0);
  assert.deepEqual(await site.served(), ['a.v1.0.0']);
  assert.equal((await site.olmirror(['apply'])).code, 0);
});

test('a manifest that forgot a catalog is told, and a retired one is not missed', async (t) => {
  const site = await createFilledSite(t);
  const before = await site.served();
  await site.writeManifest({ catalogs: [] });
  await site.commit('nothing left');
  const plan = await site.olmirror(['plan']);
  assert.deepEqual(
    [plan.code, /no longer names catalog idx/.test(plan.stdout)],
    [4, true],
    plan.stdout,
  );
  assert.equal((await site.olmirror(['apply'])).code, 4);
  assert.equal((await site.olmirror(['apply', '--allow-shrink'])).code, 0);
  await site.git('rm', '-rq', 'catalogs');
  await site.commit('retired');
  assert.equal((await site.olmirror(['apply'])).code, 0);
  assert.deepEqual(await site.served(), before);
});

// Seen to fail: with submodules left out in silence the catalog read as empty.
test('a submodule in place of a catalog, and pointers of Git LFS, are named, and nothing is written', async (t) => {
  const site = await createFilledSite(t);
  const before = await site.served();
  const manifest = await readFile(join(site.state, 'mirror.yaml'), 'utf8');
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`;
  async function expect(message: RegExp): Promise<void> {
    for (const command of ['plan', 'apply']) {
      const { code, stdout, stderr } = await site.olmirror([command]);
      assert.deepEqual([code, message.test(stdout + stderr)], [1, true], stdout + stderr);
    }
    assert.deepEqual(await site.served(), before);
  }
  await writeFile(join(site.state, FILE), pointer);
  await site.commit('large file');
  await expect(/catalogs\/idx\/a\/catalog\.json.* is a pointer of Git LFS/);
  const validate = await site.olmirror(['validate']);
  assert.deepEqual(
    [validate.code, /pointer of Git LFS/.test(validate.stdout + validate.stderr)],
    [1, true],
  );
  await site.git('revert', '--no-edit', 'HEAD');
  await writeFile(join(site.state, 'mirror.yaml'), pointer);
  await site.commit('large manifest');
  await expect(/mirror\.yaml is a pointer of Git LFS/);
  await writeFile(join(site.state, 'mirror.yaml'), manifest);
  await site.commit('manifest again');
  const head = await site.git('rev-parse', 'HEAD');
  await site.git('rm', '-rq', '--cached', 'catalogs/idx');
  rmSync(join(site.state, 'catalogs/idx'), { recursive: true });
  await site.git('update-index', '--add', '--cacheinfo', `160000,${head},catalogs/idx`);
  await site.git('commit', '-qm', 'submodule');
  await mkdir(join(site.state, 'catalogs/idx'));
  await pushIndex(site.staging.host, { a: site.bundles.slice(0, 2) });
  await expect(/catalogs\/idx is a submodule or another repository/);
  for (const command of ['validate', 'merge']) {
    const { code, stdout, stderr } = await site.olmirror([command]);
    assert.deepEqual(
      [code, /catalogs\/idx is a submodule/.test(stdout + stderr)],
      [1, true],
      stdout + stderr,
    );
  }
});

test('a shallow clone is enough for a pass', async (t) => {
  const site = await createFilledSite(t);
  const shallow = join(site.folder, 'shallow');
  await site.git('clone', '-q', '--depth', '1', `file://${site.state}`, shallow);
  const { code, stderr } = await site.olmirror(['apply'], { cwd: shallow });
  assert.equal(code, 0, stderr);
  const remote = site.start(['watch', '--remote', shallow, '--ref', 'main', '--interval', '5m'], {
    cwd: site.folder,
  });
  t.after(() => remote.kill('SIGKILL'));
  const ended = collect(remote);
  let log = '';
  remote.stdout?.on('data', (text: string) => (log += text));
  await waitFor('the pass', async () => log.includes('in step with Git'));
  remote.kill('SIGTERM');
  assert.equal((await ended).code, 0);
});
