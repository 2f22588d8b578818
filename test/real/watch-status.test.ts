import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  History,
  PassRecord,
  ReconcilerState,
  ReconcilerStatus,
} from '../../src/plan/history-types.ts';
import type { StatusReport } from '../../src/plan/status-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { deliverOne } from '../support/deliver.ts';
import { explain } from '../support/explain.ts';
import { collect, createSite, type Site } from '../support/site.ts';

const historySchema = compileSchema<History>('history');
const passSchema = compileSchema<PassRecord>('pass');
const reconcilerSchema = compileSchema<ReconcilerState>('reconciler');
const statusSchema = compileSchema<StatusReport>('status');

async function waitForReady(site: Site, wait = 'Ready'): Promise<ReconcilerState> {
  const { code, stdout, stderr } = await site.olmirror([
    'status',
    '--wait',
    wait,
    '--timeout',
    '60s',
    '--format',
    'json',
  ]);
  assert.ok(code === 0 || code === 4 || code === 1, stderr);
  assert.notEqual(stdout, '', stderr);
  return parseChecked(reconcilerSchema, stdout);
}

function describe({ conditions }: ReconcilerStatus): readonly string[] {
  return conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
}

// Seen to fail: with --wait that took any commit, the second wait ended before the delivery was there.
test('status --wait follows a commit until production has it, a bad one until it stalls, and what was kept outlives the process', async (t) => {
  const site = await createSite(t);
  await deliverOne(site);
  const none = await site.olmirror(['status', '--wait', 'Ready', '--timeout', '1s']);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /none has ever run with this state folder/);

  const watching = site.start(['watch', '--interval', '60s']);
  t.after(() => watching.kill('SIGKILL'));
  const ended = collect(watching);
  const first = await waitForReady(site);
  assert.deepEqual([first.life, first.sync], ['running', 'Synced']);
  assert.equal((await site.olmirror(['merge'])).code, 0);
  await site.commit('delivery');
  const second = await waitForReady(site);
  assert.ok(describe(second).includes('Ready=True InSync'), describe(second).join());
  assert.notEqual(second.appliedRevision, first.appliedRevision);
  const [catalog] = second.catalogs;
  assert.ok(catalog !== undefined);
  assert.deepEqual(
    [catalog.present, catalog.gitId, catalog.inSync, catalog.oldestPending],
    [catalog.wanted, catalog.servedId, true, null],
  );

  await site.writeManifest({ spec: '  strategi: append' });
  await site.commit('a typo');
  const bad = await site.olmirror(['status', '--wait', 'Ready', '--timeout', '60s']);
  assert.equal(bad.code, 1, bad.stderr);
  assert.match(bad.stdout, /Stalled {5}yes \(ManifestInvalid\)/);
  assert.match(bad.stdout, /mirror\.yaml:\d+:\d+/);
  const stalled = await waitForReady(site, 'Stalled');
  assert.equal(stalled.appliedRevision, second.appliedRevision);

  watching.kill('SIGKILL');
  await ended;
  const gone = await site.olmirror(['status', '--wait', 'Ready', '--timeout', '1s']);
  assert.match(gone.stdout + gone.stderr, /DOES NOT RUN|does not run/);
});

test('status shows what watch says of itself, history lists passes of watch and apply, and history show names each outcome', async (t) => {
  const site = await createSite(t);
  await deliverOne(site);
  const empty = await site.olmirror(['history']);
  assert.deepEqual([empty.code, empty.stdout.startsWith('No pass has been kept yet')], [0, true]);
  assert.equal((await site.olmirror(['merge'])).code, 0);
  await site.commit('delivery');
  const applied = await site.olmirror(['apply']);
  assert.equal(applied.code, 0, applied.stderr);

  const watching = site.start(['watch', '--interval', '1s']);
  t.after(() => watching.kill('SIGKILL'));
  const ended = collect(watching);
  await waitForReady(site);
  watching.kill('SIGTERM');
  assert.equal((await ended).code, 0);

  const status = await site.olmirror(['status', '--format', 'json']);
  const { reconciler } = parseChecked(statusSchema, status.stdout);
  assert.equal(reconciler?.life, 'stopped');
  const { oldest = null } = reconciler.proofs ?? {};
  assert.deepEqual(reconciler.proofs, { oldest, ageSeconds: 7 * 86_400, overdue: 0 });
  const said = (await site.olmirror(['status'])).stdout;
  assert.match(said, /does not run; process \d+ on .* was stopped/);
  assert.match(said, /^ {2}proofs {6}every image seen since 20.* UTC, wanted every 7 days$/m);
  const { images } = await explain(site, ['a.v1.1.0', '--requests', '0']);
  assert.ok(images.length > 0);
  for (const { proof } of images) assert.equal(proof?.seen, oldest);

  const listed = await site.olmirror(['history', '--format', 'json']);
  const { passes } = parseChecked(historySchema, listed.stdout);
  assert.deepEqual(
    passes.map(({ reason, result, steps }) => [reason, result, (steps?.done ?? 0) > 0]),
    [
      ['start', 'done', false],
      ['apply', 'done', true],
    ],
  );
  const [, apply] = passes;
  assert.ok(apply !== undefined);
  const shown = await site.olmirror(['history', 'show', apply.id, '--format', 'json']);
  const record = parseChecked(passSchema, shown.stdout);
  assert.ok(record.report?.outcomes.some(({ kind }) => kind === 'copied'));
  const text = await site.olmirror(['history', 'show', apply.id.slice(0, 20)]);
  assert.match(text.stdout, /^copied: index idx$/m);
  const unknown = await site.olmirror(['history', 'show', '1999']);
  assert.deepEqual([unknown.code, unknown.stderr.includes('No pass 1999')], [1, true]);
});
