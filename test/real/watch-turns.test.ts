import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deleteManifest } from '../../scripts/lib/delete-manifest.ts';
import { parseImageRef } from '../../src/base/image-ref.ts';
import {
  collect,
  createSite,
  pushIndex,
  pushOperator,
  readServed,
  type Site,
} from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';

interface Watching {
  readonly child: ChildProcess;
  readonly ended: ReturnType<typeof collect>;
  readonly readLog: () => string;
}

function startWatch(t: TestContext, site: Site, interval: string): Watching {
  const child = site.start(['watch', '--interval', interval, '--log-format', 'json']);
  t.after(() => child.kill('SIGKILL'));
  const ended = collect(child);
  let log = '';
  child.stdout?.on('data', (text: string) => (log += text));
  return { child, ended, readLog: () => log };
}

function countPasses({ readLog }: Watching): number {
  return readLog().split('"pass done').length - 1;
}

/** Production serves a at 1.0.0, staging has 1.1.0 besides. Gives the operand of 1.0.0. */
async function prepare(site: Site): Promise<string> {
  const [old] = await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0'] });
  assert.ok(old !== undefined);
  await pushIndex(site.production.host, { a: [old] });
  await pushIndex(site.staging.host, {
    a: await pushOperator(site.staging.host, { name: 'a', versions: ['1.0.0', '1.1.0'] }),
  });
  assert.equal((await site.olmirror(['init'])).code, 0);
  await site.commit('base');
  const [operand = ''] = old.related ?? [];
  return parseImageRef(operand).digest ?? '';
}

// Seen to fail: with a closure that leaves out what an earlier look vouches for the index was served without its image,
// without withdrawLooks nobody asked for the image again before its turn, and without isSurprise not before the next interval.
test('an image that is gone, though an earlier look vouches for it, holds its index back and is brought again', async (t) => {
  const site = await createSite(t);
  const operand = await prepare(site);
  const watching = startWatch(t, site, '10m');
  await waitFor('the first pass', async () => countPasses(watching) > 0);
  const production = site.open(site.production);
  await deleteManifest(site.production.host, 'vendor/a-operand', operand);
  assert.equal((await site.olmirror(['merge'])).code, 0);
  await site.commit('delivery');
  await waitFor('the delivery', async () => {
    const served = await readServed(production);
    if (!served.includes('a.v1.1.0')) return false;
    const { state } = await production.headManifest('vendor/a-operand', operand);
    assert.equal(state, 'present', 'the index names what is not there');
    return true;
  });
  assert.match(watching.readLog(), /names 1 image that the serving registry does not hold/);
  watching.child.kill('SIGTERM');
  assert.equal((await watching.ended).code, 0);
});

// Seen to fail: with a file opened in each pass and not closed.
test('thirty passes in a row, a commit every other pass, leave memory and open files as they were', async (t) => {
  const site = await createSite(t);
  await prepare(site);
  const watching = startWatch(t, site, '1s');
  const pid = watching.child.pid ?? 0;
  const state: { readonly files: number; readonly megabytes: number }[] = [];
  for (let round = 0; round < 15; round += 1) {
    const before = countPasses(watching);
    if (round > 0) await site.git('commit', '-q', '--allow-empty', '-m', `round ${round}`);
    await waitFor('two passes', async () => countPasses(watching) >= before + 2);
    state.push(await measure(pid));
  }
  const settled = state.slice(4);
  const files = settled.map((entry) => entry.files);
  assert.ok(Math.max(...files.slice(-3)) <= Math.max(...files.slice(0, 3)) + 2, files.join(' '));
  const megabytes = settled.map((entry) => entry.megabytes);
  assert.ok(
    (megabytes.at(-1) ?? 0) <= (megabytes[0] ?? 0) + 60,
    megabytes.map((size) => size.toFixed(0)).join(' '),
  );
  watching.child.kill('SIGTERM');
  assert.equal((await watching.ended).code, 0);
});

async function measure(pid: number): Promise<{ files: number; megabytes: number }> {
  const folder = join('/proc', `${pid}`);
  const status = await readFile(join(folder, 'status'), 'utf8');
  return {
    files: (await readdir(join(folder, 'fd'))).length,
    megabytes: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024,
  };
}
