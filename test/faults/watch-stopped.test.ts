import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProxiedRequest } from '../../scripts/lib/fault-proxy.ts';
import { createFaultSite, type FaultSite } from '../support/fault-site.ts';
import { collect, readServed } from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWatching } from '../support/watching.ts';

const OLD = ['a.v1.0.0', 'b.v1.0.0'];
const NEW = ['a.v1.0.0', 'a.v1.1.0', 'b.v1.0.0'];

function isUpload({ method, url }: ProxiedRequest): boolean {
  return method !== 'GET' && method !== 'HEAD' && url.includes('/a-operand/');
}

function readOperands(tags: ReadonlyMap<string, string>): readonly string[] {
  return [...tags.keys()].filter((name) => name.startsWith('vendor/a-operand:'));
}

/** Spoils uploads of one image, and tells when the first was begun. */
function spoilUploads(site: FaultSite, fault: 'hang' | 'delay'): { begun: boolean } {
  const state = { begun: false };
  site.spoil({
    production(request) {
      if (!isUpload(request)) return null;
      state.begun = true;
      return fault === 'hang' ? { kind: 'hang' } : { kind: 'delay', milliseconds: 400 };
    },
  });
  return state;
}

// Seen to fail: with the copier given the signal itself, the slow copy was cut off.
test('on SIGTERM a slow copy ends within the grace period, which the log says, and nothing new begins', async (t) => {
  const site = await createFaultSite(t);
  const before = readOperands(await site.readTags());
  const uploads = spoilUploads(site, 'delay');
  const watching = startWatching(t, site, { args: ['--concurrency', '1'] });
  await waitFor('an upload', async () => uploads.begun);
  watching.process.kill('SIGTERM');
  const { code, stdout, stderr } = await watching.ended;
  assert.deepEqual([code, stderr], [0, ''], stdout);
  assert.match(
    stdout,
    /told to stop: \d steps? running, which may go on for 25 s; \d steps? not begun/,
  );
  assert.match(
    stdout,
    /stops: [1-9] steps? ended in time, nothing was cut off, [1-9] steps? not begun/,
  );
  assert.match(stdout, /stopped\n$/);
  assert.equal(readOperands(await site.readTags()).length, before.length + 1);
  assert.deepEqual(await readServed(site.open(site.production)), OLD);
  site.spoil({});
  assert.equal((await site.olmirror(['apply'])).code, 0);
  assert.deepEqual(await readServed(site.open(site.production)), NEW);
});

// Seen to fail: without graceMilliseconds passed on in wire.ts, the copy hung for ten seconds and the line said so.
test('on SIGTERM a copy that hangs is cut off at the end of the grace period, named, and begun again by the next pass', async (t) => {
  const site = await createFaultSite(t);
  const before = await site.readTags();
  const uploads = spoilUploads(site, 'hang');
  const watching = startWatching(t, site, { args: ['--concurrency', '1', '--grace-period', '1s'] });
  await waitFor('an upload', async () => uploads.begun);
  watching.process.kill('SIGTERM');
  const { code, stdout, stderr } = await watching.ended;
  assert.deepEqual([code, stderr], [0, ''], stdout);
  assert.match(stdout, /which may go on for 1 s/);
  assert.match(
    stdout,
    /stops: \d steps? ended in time, 1 step cut off \(vendor\/a-operand@sha256:[0-9a-f]{12}\), which the next pass begins again/,
  );
  assert.deepEqual(readOperands(await site.readTags()), readOperands(before));
  site.spoil({});
  const again = startWatching(t, site);
  await again.says(/pass done: .*index tag to move/);
  again.process.kill('SIGTERM');
  assert.equal((await again.ended).code, 0);
  assert.deepEqual(await readServed(site.open(site.production)), NEW);
});

// Seen to fail: without the exit in main.ts, it waited for the copy until the test gave up.
test('a second SIGTERM ends watch at once, with no copy left running, and the next apply takes its lock over', async (t) => {
  const site = await createFaultSite(t);
  const uploads = spoilUploads(site, 'hang');
  const watching = startWatching(t, site, { args: ['--concurrency', '1'] });
  await waitFor('an upload', async () => uploads.begun);
  watching.process.kill('SIGTERM');
  await watching.says(/told to stop/);
  watching.process.kill('SIGTERM');
  assert.equal((await watching.ended).code, 130);
  site.spoil({});
  const sent = site.productionProxy.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.equal(site.productionProxy.requests.length, sent, 'nobody goes on writing');
  const apply = await collect(site.start(['apply']));
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  assert.deepEqual(await readServed(site.open(site.production)), NEW);
});
