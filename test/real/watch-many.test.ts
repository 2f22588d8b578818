import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startFaultProxy } from '../../scripts/lib/fault-proxy.ts';
import { startGitServer } from '../support/git-server.ts';
import { startWatching, type Watching } from '../support/listening.ts';
import { ALL, createManySites, sitePath } from '../support/many-sites.ts';
import { collect } from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';

interface Line {
  readonly msg: string;
  readonly manifest?: string;
}

function readLines(watching: Watching): readonly Line[] {
  return watching
    .log()
    .split('\n')
    .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : []));
}

/** Waits for a line of the log of one manifest; `after`: lines that stood there before. */
async function waitForLine(
  watching: Watching,
  { manifest, after = 0 }: { readonly manifest?: string; readonly after?: number },
  pattern: RegExp,
): Promise<void> {
  await waitFor(`${String(pattern)} of ${manifest ?? 'all'}`, async () =>
    readLines(watching)
      .slice(after)
      .some((line) => line.manifest === manifest && pattern.test(line.msg)),
  );
}

const [A, B, C] = [sitePath('a'), sitePath('b'), sitePath('c')];

// Seen: with loops that were not told to end, it was still waiting after 98 s for that of a to stop. Not tried: one `Ready` for all,
// with which the break of a would make /readyz 503; an empty list that ends the process.
test('one watch serves each manifest apart: a broken one stalls alone, one that comes gets a loop, one that goes keeps its state', async (t) => {
  const site = await createManySites(t, ['a', 'b']);
  const watching = await startWatching(t, site, { args: ['--manifest', ALL, '--interval', '1h'] });
  for (const manifest of [A, B]) await waitForLine(watching, { manifest }, /^sleeps/);
  const first = await site.bring('first');
  await site.writeSite(B, { images: [first] });
  await site.writeSite(A, { spec: '  strategi: append' });
  const begun = readLines(watching).length;
  await site.commit('a breaks, b grows');
  await waitForLine(watching, { manifest: A }, /stalled/);
  await waitFor('the image of b', () => site.isCopied(first));
  await waitForLine(watching, { manifest: B, after: begun }, /^sleeps .*in step with Git/);
  const ready = await watching.ask('/readyz');
  assert.equal(ready.status, 200, ready.text);
  const { manifests }: { manifests: { manifest: string; reason: string }[] } = JSON.parse(
    ready.text,
  );
  assert.deepEqual(
    manifests.map(({ manifest, reason }) => [manifest, reason.startsWith('stalled')]),
    [
      [A, true],
      [B, false],
    ],
  );
  const metrics = await watching.metrics();
  assert.deepEqual(
    [A, B].map((manifest) =>
      metrics.get(`olmirror_condition{type="Stalled",status="True",manifest="${manifest}"}`),
    ),
    [1, 0],
  );
  assert.equal(metrics.get('olmirror_manifests'), 2);
  assert.equal(metrics.get('olmirror_build_info{version="0.1.0"}'), 1);

  const second = await site.bring('second');
  await site.writeSite(C, { images: [second] });
  await site.removeSite(A);
  await site.commit('c comes, a goes');
  await waitForLine(watching, { manifest: A }, /has it no more: its loop ends/);
  await waitForLine(watching, { manifest: A }, /^stopped/);
  await waitFor('the image of c', () => site.isCopied(second));
  const waited = await site.olmirror(['--manifest', ALL, 'status', '--wait', 'Ready']);
  assert.equal(waited.code, 0, waited.stderr);
  assert.match(waited.stdout, /=== sites\/b\/mirror\.yaml\n[^]*=== sites\/c\/mirror\.yaml\n/);
  const kept = await site.olmirror(['--manifest', A, 'history']);
  assert.match(kept.stdout, /MANIFEST_INVALID|strategi/);
  assert.ok(![...(await watching.metrics()).keys()].some((name) => name.includes(A)));

  const seen = readLines(watching).length;
  await site.git('rm', '-qr', 'sites');
  await site.commit('nothing is left');
  await waitForLine(watching, { after: seen }, /waits for one that has/);
  assert.equal((await watching.ask('/healthz')).status, 200);
  assert.equal((await watching.ask('/readyz')).status, 200);
  await site.writeSite(A);
  await site.commit('a is back');
  await waitForLine(watching, { manifest: A, after: seen }, /^sleeps .*in step with Git/);
  const { code, stderr } = await watching.stop();
  assert.deepEqual([code, stderr], [0, '']);
});

// Not tried: passes one at a time, with which a would wait for b; one state folder for both, with which apply on a would meet the lock.
test('while the registry of one manifest hangs, the others go on in the same watch, and apply on one of them is let in', async (t) => {
  const site = await createManySites(t, ['a', 'b']);
  let hangs = 0;
  const proxy = await startFaultProxy({
    target: site.production.host,
    rules({ method }) {
      if (method !== 'POST') return null;
      hangs += 1;
      return { kind: 'hang' };
    },
  });
  t.after(() => proxy.stop());
  const held = await site.bring('held');
  await site.writeSite(B, { images: [held], production: proxy.host });
  await site.commit('b will hang');
  const watching = await startWatching(t, site, {
    args: ['--manifest', ALL, '--interval', '1h', '--grace-period', '1s'],
  });
  await waitFor('a copy of b hangs', () => Promise.resolve(hangs > 0));
  await waitForLine(watching, { manifest: A }, /^sleeps/);
  const image = await site.bring('image');
  await site.writeSite(A, { images: [image] });
  await site.commit('a grows');
  await waitFor('the image of a', () => site.isCopied(image));
  const [own, other] = await Promise.all(
    [A, B].map((manifest) => site.olmirror(['--manifest', manifest, 'apply'])),
  );
  assert.equal(own?.code, 0, own?.stderr);
  assert.equal(other?.code, 1);
  assert.match(other?.stderr ?? '', /is applying; the lock is/);
  const ready = await watching.ask('/readyz');
  assert.deepEqual([ready.status, ready.text.includes(B)], [503, true], 'b had no first pass yet');
  assert.equal((await watching.stop()).code, 0);
});

// Seen to fail: with a look of its own for each pass there were 38 requests for 15 passes of 7 fetches.
test('three manifests of a remote cost one fetch an interval, a webhook rings all of them, and two remotes from one folder do not meet', async (t) => {
  const names = ['a', 'b', 'c'];
  const site = await createManySites(t, names);
  const bare = join(site.folder, 'git', 'many.git');
  await site.git('clone', '-q', '--bare', '.', bare);
  const server = await startGitServer(t, join(site.folder, 'git'));
  server.letIn('kim:secret-token');
  const tokenFile = join(site.folder, 'token');
  const secretFile = join(site.folder, 'secret');
  await writeFile(tokenFile, 'kim:secret-token\n');
  await writeFile(secretFile, 'a long random secret');
  const remote = `${server.url}many.git`;
  const place = { cwd: site.folder };
  const access = ['--git-token-file', tokenFile, '--remote', remote];
  const watching = await startWatching(t, site, {
    ...place,
    args: ['--manifest', ALL, '--interval', '1s', '--fetch-interval', '3s', ...access],
  });
  for (const name of names) await waitForLine(watching, { manifest: sitePath(name) }, /^sleeps/);
  const [before, since] = [server.logins.length, performance.now()];
  function countPasses(): number {
    return readLines(watching).filter(({ msg }) => msg.startsWith('pass (')).length;
  }
  const passes = countPasses();
  await waitFor('some passes', async () => countPasses() >= passes + 15);
  const fetches = (performance.now() - since) / 2700 + 1;
  const asked = server.logins.length - before;
  assert.ok(asked <= 2 * fetches, `${asked} requests for ${fetches} fetches and 15 passes`);
  await watching.stop();

  const calm = ['--manifest', ALL, '--interval', '1h', '--fetch-interval', '1h', ...access];
  const hooked = await startWatching(t, site, {
    ...place,
    args: [...calm, '--webhook-secret-file', secretFile],
  });
  for (const name of names) await waitForLine(hooked, { manifest: sitePath(name) }, /^sleeps/);
  await site.git('commit', '-q', '--allow-empty', '-m', 'another');
  await site.git('push', '-q', bare, 'main');
  const body = JSON.stringify({ ref: 'refs/heads/main' });
  const mac = createHmac('sha256', 'a long random secret').update(body).digest('hex');
  const rung = server.logins.length;
  await hooked.ask('/hook', { method: 'POST', body, headers: { 'x-gitea-signature': mac } });
  for (const name of names)
    await waitForLine(hooked, { manifest: sitePath(name) }, /^pass \(webhook\)/);
  // The look, and the fetch of what it found.
  assert.ok(server.logins.length - rung <= 6, `${server.logins.length - rung} requests`);

  // From the same folder, another remote: its own state, and who is meant is asked for.
  const second = join(site.folder, 'second.git');
  await site.git('clone', '-q', '--bare', '.', second);
  const other = site.start(['watch', '--manifest', A, '--remote', second], place);
  t.after(() => other.kill('SIGKILL'));
  const ended = collect(other);
  await waitFor('the second', async () => {
    const args = ['--manifest', A, 'status', '--wait', 'Ready', '--remote', second];
    return (await site.olmirror(args, place)).code === 0;
  });
  const unclear = await site.olmirror(['--manifest', A, 'suspend', '--reason', 'x'], place);
  assert.equal(unclear.code, 1);
  assert.match(unclear.stderr, /Several `watch` run from this folder.*\n.*--remote/);
  const args = ['--manifest', A, 'suspend', '--reason', 'moved', '--by', 'kim', '--remote', remote];
  assert.equal((await site.olmirror(args, place)).code, 0);
  await waitForLine(hooked, { manifest: A }, /suspended by kim: moved/);
  other.kill('SIGTERM');
  const { code, stdout } = await ended;
  assert.deepEqual([code, stdout.includes('suspended')], [0, false]);
  assert.ok(!hooked.log().includes('secret-token'));
  assert.equal((await hooked.stop()).code, 0);
});

test('watch ends with an error where no file fits at the start', async (t) => {
  const site = await createManySites(t, ['a']);
  const none = await site.olmirror(['watch', '--manifest', 'places/*/mirror.yaml']);
  assert.equal(none.code, 1);
  assert.match(
    none.stderr,
    /No file of the commit at HEAD fits --manifest places\/\*\/mirror\.yaml\./,
  );
});
