import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { hasTool } from '../../scripts/lib/tools.mjs';
import { startHangingServer } from '../support/hanging-server.ts';
import { collect, createSite, pushIndex, pushOperator, type Site } from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';

const run = promisify(execFile);
const LISTENER = join(import.meta.dirname, '../fixtures/notify-listener.py');
const skip = hasTool('systemd-notify') ? false : 'systemd-notify is missing';

async function createStarted(t: TestContext): Promise<Site> {
  const site = await createSite(t);
  const a = await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0'] });
  await pushIndex(site.production.host, { a });
  assert.equal((await site.olmirror(['init'])).code, 0);
  await site.commit('base');
  return site;
}

/** A service manager as far as messages go. */
async function listen(t: TestContext, name: string): Promise<() => readonly string[]> {
  const child = spawn('python3', [LISTENER, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  await waitFor('the listener', async () => text.includes('listening'));
  return () => text.split('\n').filter((line) => line !== '' && line !== 'listening');
}

// Guards against: without the trigger READY=1 never came; with `judgeHealth` left out the watchdog was fed on.
test('watch tells systemd that it is ready, how it goes, that it is alive, and that it stops', {
  skip,
}, async (t) => {
  const site = await createStarted(t);
  for (const name of [join(site.folder, 'notify'), `@olmirror-test-${process.pid}`]) {
    const read = await listen(t, name);
    const watching = site.start(['watch'], {
      env: { NOTIFY_SOCKET: name, WATCHDOG_USEC: '1000000' },
    });
    t.after(() => watching.kill('SIGKILL'));
    const ended = collect(watching);
    await waitFor('two signs of life', async () => {
      return read().filter((line) => line.includes('WATCHDOG=1')).length > 1;
    });
    await waitFor('the sleep', async () =>
      read().some((line) => line.includes('in step with Git')),
    );
    watching.kill('SIGTERM');
    assert.deepEqual([(await ended).code, (await ended).stderr], [0, '']);
    await waitFor('the last word', async () => read().some((line) => line.includes('STOPPING=1')));
    const lines = read();
    const [first = ''] = lines.filter((line) => line.includes('READY=1'));
    assert.match(first, /^READY=1 \| STATUS=looks at Git/);
    assert.ok(lines.some((line) => /STATUS=pass for commit [0-9a-f]{12} \(start\)/.test(line)));
    // It is alive while it ends, and says so.
    const said = lines.filter((line) => !line.startsWith('BARRIER') && line !== 'WATCHDOG=1');
    assert.match(said.at(-1) ?? '', /STOPPING=1/);
    assert.doesNotMatch(lines.join('\n'), /MAINPID/);
  }
});

test('watch stops feeding the watchdog when the loop hangs', { skip }, async (t) => {
  const site = await createStarted(t);
  const name = join(site.folder, 'notify');
  const read = await listen(t, name);
  await site.writeManifest({ production: await startHangingServer(t) });
  await site.commit('a registry that hangs');
  const watching = site.start(['watch', '--stuck-after', '1s', '--interval', '1h'], {
    env: { NOTIFY_SOCKET: name, WATCHDOG_USEC: '1000000' },
  });
  t.after(() => watching.kill('SIGKILL'));
  await waitFor('a sign of life', async () => read().some((line) => line.includes('WATCHDOG=1')));
  await waitFor('the word of it', async () =>
    read().some((line) => /STATUS=stuck: no sign of life for \d+ s, in pass /.test(line)),
  );
  const fed = read().filter((line) => line.includes('WATCHDOG=1')).length;
  await waitFor('more of it', async () => {
    return read().filter((line) => line.includes('STATUS=stuck')).length > 3;
  });
  assert.equal(read().filter((line) => line.includes('WATCHDOG=1')).length, fed);
});

test('watch says once what to do where systemd listens and systemd-notify is missing', async (t) => {
  const site = await createStarted(t);
  const bin = join(site.folder, 'bin');
  await mkdir(bin);
  for (const tool of ['git', 'skopeo']) {
    const { stdout } = await run('sh', ['-c', `command -v ${tool}`]);
    await symlink(stdout.trim(), join(bin, tool));
  }
  const watching = site.start(['watch', '--interval', '1s'], {
    env: { PATH: bin, NOTIFY_SOCKET: join(site.folder, 'nobody') },
  });
  t.after(() => watching.kill('SIGKILL'));
  const ended = collect(watching);
  let log = '';
  watching.stdout?.on('data', (text: string) => (log += text));
  await waitFor('two passes', async () => log.split('sleeps').length > 2);
  watching.kill('SIGTERM');
  assert.equal((await ended).code, 0);
  assert.equal(log.match(/systemd cannot be told how it goes/g)?.length, 1, log);
});
