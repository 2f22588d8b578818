import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliver } from '../support/deliver.ts';
import type { NexusFrontOptions } from '../support/nexus-front.ts';
import { createNexusSite, type NexusSite } from '../support/nexus-site.ts';
import { pushIndex, pushOperator, readServed, readText, type Site } from '../support/site.ts';

const OLD = ['a.v1.0.0', 'b.v1.0.0'];
const NEW = ['a.v1.0.0', 'a.v1.1.0', 'b.v1.0.0'];

async function run(site: Site, args: readonly string[], code = 0): Promise<string> {
  const { code: ended, stdout, stderr } = await site.olmirror(args);
  assert.equal(ended, code, `${args.join(' ')}: ${stdout}${stderr}`);
  return stdout + stderr;
}

async function runRoad(site: Site, init: readonly string[]): Promise<void> {
  await run(site, init);
  await site.commit('init');
  assert.match(await run(site, ['plan']), /No changes/);
  await run(site, ['merge']);
  await site.commit('merge');
  await run(site, ['plan'], 2);
  assert.match(
    await run(site, ['apply']),
    /wanted 7 = in-sync 4 \+ copied 3 \+ refused 0 \+ lost 0 \+ deferred 0 \+ failed 0/,
  );
  assert.match(await run(site, ['plan']), /No changes/);
  assert.match(await run(site, ['status']), /Synced with .*[^]*merged and applied/);
  assert.match(await run(site, ['index', 'verify', 'production']), /All is as it should be/);
  assert.match(
    await run(site, ['audit']),
    /^Git explains everything that \S+ was seen to hold: \d+ tags in [4-9] repositories\./,
  );
}

const ROLLBACK = ['index', 'rollback', 'previous', '--apply', '--reason', 'test', '--by', 'kim'];

for (const auth of ['basic', 'bearer'] as const) {
  test(`a Nexus on both roles, with TLS and ${auth} login, goes the whole road from init to a rollback`, async (t) => {
    const site = await createNexusSite(t, { auth });
    await deliver(site);
    await runRoad(site, ['init']);
    const production = site.open(site.production);
    assert.deepEqual(await readServed(production), NEW);
    await run(site, ROLLBACK);
    assert.deepEqual(await readServed(production), OLD);
    assertSeen(site, auth);
  });
}

function assertSeen(
  { fronts }: NexusSite,
  auth: NexusFrontOptions['auth'],
  refusedWrites: readonly string[] = [],
): void {
  for (const front of [fronts.production, fronts.staging]) {
    const refused = front.requests.filter(({ status }) => status === 400 || status >= 500);
    const expected = front === fronts.production ? refusedWrites : [];
    assert.deepEqual(
      refused.map(({ method, status, code }) => `${method} ${status} ${code}`),
      expected,
    );
    assert.ok(front.requests.some(({ status }) => status === 401));
    assert.equal(front.tokens.length > 0, auth === 'bearer');
  }
}

// Seen to fail: with LOST_RACE taken out of skopeo-errors.ts, one image failed and apply ended with 1.
test('a Nexus with redeploy disabled on both roles, TLS and login, goes the whole road from init to a rollback, though another client is faster with a layer', async (t) => {
  const site = await createNexusSite(t, {
    auth: 'basic',
    redeployDisabled: true,
    losesRace: 'vendor/a-bundle',
  });
  await deliver(site);
  await runRoad(site, ['init', '--from', 'production']);
  const told = /olm\/idx:(v1-[0-9a-f]{12})/;
  const [, newest = ''] = told.exec(await readText(site, 'cluster/idx.yaml')) ?? [];
  assert.match(newest, /^v1-/);
  const production = site.open(site.production);
  assert.deepEqual(await readServed(production), OLD, 'v1 never moves');
  await pushIndex(site.staging.host, {
    c: await pushOperator(site.staging.host, { name: 'c', versions: ['1.0.0'] }),
  });
  await run(site, ['merge']);
  await site.commit('merge c');
  await run(site, ['apply']);
  await run(site, ROLLBACK);
  assert.equal(told.exec(await readText(site, 'cluster/idx.yaml'))?.[1], newest);
  assertSeen(site, 'basic', ['PUT 400 BLOB_UPLOAD_INVALID']);
});
