import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual, promisify } from 'node:util';
import { deleteManifest } from '../../scripts/lib/delete-manifest.ts';
import { deliverOne } from '../support/deliver.ts';
import { collect, createSite, readServed } from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';

test('watch on a local clone applies a commit without waiting for the interval, heals drift at the interval, and stops cleanly on SIGTERM', async (t) => {
  const site = await createSite(t);
  await deliverOne(site);
  const production = site.open(site.production);
  const watching = site.start(['watch', '--interval', '15s', '--log-format', 'json']);
  t.after(() => watching.kill('SIGKILL'));
  const ended = collect(watching);
  let log = '';
  watching.stdout?.on('data', (text: string) => (log += text));
  await waitFor('the first pass', async () => log.includes('sleeps'));
  assert.equal((await site.olmirror(['merge'])).code, 0);
  await site.commit('delivery');
  await waitFor('the commit', async () => (await readServed(production)).includes('a.v1.1.0'));
  assert.match(log, /pass \(commit\)/);
  const served = await production.headManifest('olm/idx', 'v1');
  assert.ok(served.state === 'present');
  await waitFor('the pass to end', async () => log.split('pass done').length > 2);
  await deleteManifest(site.production.host, 'olm/idx', served.digest);
  await waitFor(
    'the drift to be healed',
    async () => (await production.headManifest('olm/idx', 'v1')).state === 'present',
  );
  await waitFor('the report of the drift', async () => log.includes('(drift)'));
  watching.kill('SIGTERM');
  const result = await ended;
  assert.deepEqual([result.code, result.stderr], [0, '']);
  assert.ok(
    result.stdout
      .trimEnd()
      .split('\n')
      .every((line) => {
        const entry = JSON.parse(line);
        return typeof entry.msg === 'string' && JSON.stringify(entry) === line;
      }),
    'each line of the log is one JSON object without a key twice',
  );
  assert.match(result.stdout, /"msg":"stopped"/);
  const entries = result.stdout
    .trimEnd()
    .split('\n')
    .map((line): { readonly kind?: string; readonly msg: string } => JSON.parse(line));
  const planned = entries.findIndex(({ kind }) => kind === 'plan-finished');
  assert.match(entries[planned]?.msg ?? '', /^plan sha256:[0-9a-f]{64}: \d+ steps?, [\d.]+ k?M?B$/);
  assert.ok(planned < entries.findIndex(({ kind }) => kind === 'step-finished'));
});

test('watch on a remote branch fetches by interval and applies what is pushed', async (t) => {
  const site = await createSite(t);
  await deliverOne(site);
  const production = site.open(site.production);
  const remote = join(site.folder, 'remote.git');
  await site.git('clone', '-q', '--bare', '.', remote);
  const watching = site.start(['watch', '--remote', remote, '--ref', 'main', '--interval', '3s'], {
    cwd: site.folder,
  });
  t.after(() => watching.kill('SIGKILL'));
  const ended = collect(watching);
  let log = '';
  watching.stdout?.on('data', (text: string) => (log += text));
  await waitFor('the first pass', async () => log.includes('sleeps'));
  await site.olmirror(['merge']);
  await site.commit('delivery');
  await site.git('push', '-q', remote, 'main');
  await waitFor('the pushed commit', async () =>
    (await readServed(production)).includes('a.v1.1.0'),
  );
  watching.kill('SIGTERM');
  assert.equal((await ended).code, 0);
});

test('watch outlives a registry that is away, and a commit that is not valid', async (t) => {
  const site = await createSite(t);
  await deliverOne(site);
  await site.git('checkout', '-q', '--detach');
  await site.writeManifest({ production: '127.0.0.1:1' });
  await site.commit('nobody listens');
  await site.git('checkout', '-q', '-B', 'main');
  const watching = site.start(['watch', '--interval', '2s']);
  t.after(() => watching.kill('SIGKILL'));
  const ended = collect(watching);
  let log = '';
  watching.stdout?.on('data', (text: string) => (log += text));
  await waitFor('a failed pass', async () => /sleeps .*retries/.test(log));
  await site.writeManifest({ spec: '  strategi: append' });
  await site.commit('a typo');
  await waitFor('the stall', async () => /sleeps .*stalled/.test(log));
  assert.match(log, /mirror\.yaml:\d+:\d+/);
  await site.writeManifest();
  await site.commit('mended');
  await waitFor('the recovery', async () => /in step with Git/.test(log));
  watching.kill('SIGTERM');
  assert.equal((await ended).code, 0);
});

test('watch writes nothing while the manifest suspends it, and apply by a person warns and goes on', async (t) => {
  const site = await createSite(t);
  await deliverOne(site);
  await site.writeManifest({
    spec: '  reconcile:\n    suspend: { reason: freeze, by: kim, until: "2099-01-01T00:00:00Z" }',
  });
  await site.olmirror(['merge']);
  await site.commit('delivery while frozen');
  const production = site.open(site.production);
  const watching = site.start(['watch', '--interval', '2s']);
  t.after(() => watching.kill('SIGKILL'));
  const ended = collect(watching);
  let log = '';
  watching.stdout?.on('data', (text: string) => (log += text));
  await waitFor(
    'two suspended passes',
    async () => log.split('suspended by kim: freeze').length > 2,
  );
  watching.kill('SIGTERM');
  assert.equal((await ended).code, 0);
  assert.ok(!(await readServed(production)).includes('a.v1.1.0'));
  const apply = await site.olmirror(['apply']);
  assert.deepEqual(
    [apply.code, /suspended by kim: freeze;.*a person asked for it/.test(apply.stderr)],
    [0, true],
  );
  assert.ok((await readServed(production)).includes('a.v1.1.0'));
});

// Seen to fail: without the branch for pins in settleIndex the first pass moved the tag forward.
test('watch keeps the index that a pin names, brings a tag that drifted back there, and goes forward once the pin is gone', async (t) => {
  const site = await createSite(t);
  await deliverOne(site);
  const production = site.open(site.production);
  assert.equal((await site.olmirror(['merge'])).code, 0);
  await site.commit('delivery');
  assert.equal((await site.olmirror(['apply'])).code, 0);
  const newer = await readServed(production);
  const why = ['--reason', 'it crashes', '--by', 'kim'];
  const pinned = await site.olmirror(['index', 'rollback', 'previous', '--pin-only', ...why]);
  assert.equal(pinned.code, 0, pinned.stdout + pinned.stderr);
  await site.commit('pin');
  const watching = site.start(['watch', '--interval', '2s']);
  t.after(() => watching.kill('SIGKILL'));
  const ended = collect(watching);
  let log = '';
  watching.stdout?.on('data', (text: string) => (log += text));
  await waitFor('the pin', async () => (await readServed(production)).length < newer.length);
  await waitFor('two more passes', async () => log.split('pass done').length > 3);
  assert.deepEqual(await readServed(production), ['a.v1.0.0']);
  assert.match(log, /pinned to v1-[0-9a-f]{12}: it crashes \(by kim, without an end\)/);

  const tags = await production.listTags('olm/idx');
  const heads = await Promise.all(tags.map((tag) => production.headManifest('olm/idx', tag)));
  const [served] = heads.filter((_, i) => tags[i] === 'v1');
  const other = tags.find((tag, i) => tag !== 'v1' && !isDeepStrictEqual(heads[i], served));
  const place = `docker://${site.production.host}/olm/idx`;
  const tls = ['--src-tls-verify=false', '--dest-tls-verify=false'];
  const copy = ['--insecure-policy', 'copy', '--preserve-digests', ...tls];
  await promisify(execFile)('skopeo', [...copy, `${place}:${other}`, `${place}:v1`]);
  await waitFor('the report of the drift', async () => log.includes('(drift)'));
  await waitFor('the way back', async () => (await readServed(production)).length < newer.length);

  await site.git('revert', '--no-edit', 'HEAD');
  await waitFor('the way forward', async () => (await readServed(production)).length > 1);
  assert.deepEqual(await readServed(production), newer);
  watching.kill('SIGTERM');
  assert.equal((await ended).code, 0);
});
