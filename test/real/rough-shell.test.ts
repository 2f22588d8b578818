import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { CLI } from '../support/cli.ts';
import { deliver } from '../support/deliver.ts';
import { collect, createSite, pushIndex, pushOperator, type Site } from '../support/site.ts';

test('commands end with a sentence where a file cannot be written, and with no stack where their reader goes away', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  for (const command of ['init', 'merge']) {
    assert.equal((await site.olmirror([command])).code, 0);
    await site.commit(command);
  }
  const blocked = join(site.folder, 'a-file');
  await writeFile(blocked, '');
  const plan = await site.olmirror(['plan', '--out', join(blocked, 'plan.json')]);
  assert.deepEqual(
    [plan.code, /plan\.json cannot be written/.test(plan.stderr), /bug/.test(plan.stderr)],
    [1, true, false],
  );
  const apply = await site.olmirror(['apply'], { env: { XDG_STATE_HOME: blocked } });
  assert.deepEqual(
    [apply.code, /The state folder .* cannot be used/.test(apply.stderr), /bug/.test(apply.stderr)],
    [1, true, false],
  );
  const piped = await runShell(
    site,
    '"$NODE" "$CLI" plan --format json | true; echo "${PIPESTATUS[0]}"',
  );
  assert.deepEqual([piped.stdout, /EPIPE/.test(piped.stderr)], ['2\n', false]);
});

test('Ctrl-C while the registries are looked at ends plan with a sentence', async (t) => {
  const site = await createSite(t);
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  t.after(() => {
    silent.closeAllConnections();
    silent.close();
  });
  await new Promise((resolve) => silent.once('listening', resolve));
  const address = silent.address();
  assert.ok(address !== null && typeof address === 'object');
  await site.writeManifest({
    production: `127.0.0.1:${address.port}`,
    spec: `  images: [{ source: "quay.io/v/tool@sha256:${'a'.repeat(64)}" }]`,
  });
  await site.commit('base');
  const asked = new Promise((resolve) => silent.once('request', resolve));
  const planning = site.start(['plan']);
  const ended = collect(planning);
  await asked;
  planning.kill('SIGINT');
  const result = await ended;
  assert.deepEqual(
    [result.code, /Stopped by a signal/.test(result.stderr), /bug/.test(result.stderr)],
    [1, true, false],
  );
});

test('two catalogs that take in the same index on one day keep a record each', async (t) => {
  const site = await createSite(t);
  await site.writeManifest({ catalogs: ['idx', 'other'] });
  const a = await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0'] });
  await pushIndex(site.production.host, { a });
  await pushIndex(site.production.host, { a }, { repository: 'olm/other' });
  assert.equal((await site.olmirror(['init'])).code, 0);
  assert.equal((await readdir(join(site.state, 'deliveries'))).length, 2);
  await site.commit('base');
  const plan = await site.olmirror(['plan']);
  assert.equal(plan.code, 0, plan.stdout + plan.stderr);
});

function runShell(site: Site, command: string): ReturnType<typeof collect> {
  return collect(
    spawn('bash', ['-c', command], {
      cwd: site.state,
      env: { ...site.environment(), NODE: process.execPath, CLI },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}
