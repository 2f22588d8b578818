import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startRegistry } from '../../scripts/lib/start-registry.ts';
import { createFaultSite, type FaultSite } from '../support/fault-site.ts';
import { readServed } from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWatching, type Watching } from '../support/watching.ts';

const OLD = ['a.v1.0.0', 'b.v1.0.0'];
const NEW = ['a.v1.0.0', 'a.v1.1.0', 'b.v1.0.0'];
const SHORT = { OLMIRROR_RETRY_DELAY_MS: '50' };

async function assertConverges(site: FaultSite, watching: Watching): Promise<void> {
  const production = site.open(site.production);
  await waitFor('the delivery', async () => (await readServed(production)).length === NEW.length);
  assert.deepEqual(await readServed(production), NEW);
  watching.process.kill('SIGTERM');
  const { code, stdout, stderr } = await watching.ended;
  assert.deepEqual([code, stderr], [0, ''], stdout);
}

test('a registry that is started anew in the middle of a pass costs some tries, and watch gets there', async (t) => {
  const site = await createFaultSite(t);
  let begun = false;
  const stopping = Promise.withResolvers<void>();
  site.spoil({
    production({ method }) {
      if (method !== 'PATCH' || begun) return null;
      begun = true;
      site.production.stop().then(stopping.resolve, stopping.reject);
      return { kind: 'reset' };
    },
  });
  const watching = startWatching(t, site, { args: ['--interval', '3s'], env: SHORT });
  await waitFor('an upload', async () => begun);
  await stopping.promise;
  await watching.says(/failed|retries|unknown/);
  assert.deepEqual(watching.log().match(/BUG|TypeError/), null);
  const { port } = site.production;
  const again = await startRegistry({ folder: join(site.folder, 'production'), port });
  t.after(() => again.stop());
  await assertConverges(site, watching);
});

test('a state folder that cannot be used stops writing, which the log says, and is used once it is there', async (t) => {
  const site = await createFaultSite(t);
  const home = join(site.folder, 'home');
  await writeFile(home, 'no folder');
  const watching = startWatching(t, site, {
    args: ['--interval', '2s'],
    env: { XDG_STATE_HOME: home },
  });
  await watching.says(/pass failed: The state folder .* cannot be used: ENOTDIR/);
  await watching.says(/sleeps .*retries after/);
  assert.deepEqual(await readServed(site.open(site.production)), OLD);
  await rm(home);
  await mkdir(home);
  await assertConverges(site, watching);
});

test('a full disk under the state folder fails passes with its name, and room lets them go on', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'olmirror-small-'));
  const mount = ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', home];
  if (spawnSync('mount', mount).status !== 0) return t.skip('only root may mount a small disk');
  t.after(async () => {
    spawnSync('umount', ['-l', home]);
    await rm(home, { recursive: true, force: true });
  });
  const site = await createFaultSite(t);
  await fill(home);
  const watching = startWatching(t, site, {
    args: ['--interval', '2s'],
    env: { XDG_STATE_HOME: home },
  });
  await watching.says(/pass failed: .*ENOSPC/);
  assert.deepEqual(await readServed(site.open(site.production)), OLD);
  await rm(join(home, 'filler'));
  await assertConverges(site, watching);
});

async function fill(folder: string): Promise<void> {
  const filler = await open(join(folder, 'filler'), 'w');
  const block = Buffer.alloc(4096);
  await assert.rejects(async () => {
    for (;;) await filler.write(block);
  }, /ENOSPC/);
  await filler.close();
}

test('a Git repository that is taken away while watch runs fails its passes, and is read again when it is back', async (t) => {
  const site = await createFaultSite(t);
  const away = `${site.state}-away`;
  const watching = startWatching(t, site, { args: ['--interval', '2s'] });
  await watching.says(/sleeps .*in step with Git/);
  await rename(site.state, away);
  await watching.says(/pass failed: /);
  assert.doesNotMatch(watching.log(), /BUG|TypeError/);
  await rename(away, site.state);
  const failed = watching.log().length;
  await waitFor('a pass that is done', async () => /pass done/.test(watching.log().slice(failed)));
  assert.deepEqual(await readServed(site.open(site.production)), NEW);
  watching.process.kill('SIGTERM');
  const { code, stderr } = await watching.ended;
  assert.deepEqual([code, stderr], [0, '']);
});
