// What a limit of 512 MB on the container of watch would see, and what it leaves while nothing happens.
import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { playRegistry } from '../../scripts/lib/played-registry.ts';
import {
  listTree,
  measureTree,
  readResident,
  readTicks,
  watchPeak,
} from '../../scripts/lib/process-tree.ts';
import { writeLargeCatalog } from '../support/large-catalog.ts';
import { createSite } from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWatching } from '../support/watching.ts';

const LIMIT = 512e6;
const REST = 120e6;

/** Seconds, in which V8 clears its heap once more after the last work: 70 ms, of 5 s more than a hundredth. */
const SPAN = 20;

// Seen to fail: with a heap of glibc for each thread, the first pass took 533 MB.
test('watch reads and publishes a catalog of 74 MB within 512 MB, and keeps less than 120 MB when 2,000 images are in step', async (t) => {
  const site = await createSite(t);
  const played = await playRegistry(site.production.host);
  t.after(() => played.stop());
  const catalog = await writeLargeCatalog(join(site.state, 'catalogs/idx'), {
    packages: 150,
    bundles: 14,
    bundleBytes: 34_800,
  });
  assert.ok(catalog.bytes > 74e6, `${catalog.bytes} bytes`);
  assert.ok(catalog.images > 2_000);
  await site.writeManifest({ production: played.host });
  await site.commit('all of it');
  const watching = startWatching(t, site, {
    args: ['--interval', '1h'],
    env: { OLMIRROR_PASS_LINGER_MS: '300' },
  });
  const pid = watching.process.pid ?? 0;
  const readPeak = watchPeak(pid);
  await waitFor('the first pass', async () => /pass done: .*push/.test(watching.log()), 300);
  const peak = readPeak();
  t.diagnostic(`at most ${peak.bytes / 1e6} MB in ${peak.processes} processes`);
  assert.ok(peak.bytes < LIMIT, `${peak.bytes} bytes in ${peak.processes} processes`);
  assert.ok(peak.processes > 1, 'the pass was seen');
  await waitFor('rest', async () => listTree(pid).length === 1);
  const path = join(site.state, 'catalogs/idx/operator-070/catalog.json');
  await appendFile(path, '{ "schema": "olm.test", "package": "operator-070" }\n');
  await site.commit('one package');
  await watching.says(/(pass done: .*push[^]*){2}/);
  await waitFor('rest again', async () => listTree(pid).length === 1);
  const [resident, before] = [readResident(pid), readTicks(pid)];
  t.diagnostic(`${resident / 1e6} MB at rest, ${measureTree(pid).openFiles} open files`);
  assert.ok(resident < REST, `${resident} bytes at rest`);
  await sleep(SPAN * 1_000);
  const percent = (readTicks(pid) - before) / SPAN;
  t.diagnostic(`${percent} % of a processor at rest`);
  assert.ok(percent < 1, `${percent} % of a processor at rest`);
  watching.process.kill('SIGTERM');
  assert.equal((await watching.ended).code, 0);
});
