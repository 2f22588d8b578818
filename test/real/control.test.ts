import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type CliResult,
  collect,
  createSite,
  pushIndex,
  pushOperator,
  readServed,
  type Site,
} from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';

const NEW = 'a.v1.1.0';

interface ControlledSite extends Site {
  /** Everything that `watch` has logged. */
  readonly log: () => string;
  serves(bundle: string): Promise<boolean>;
  /** Whether production holds the operand of the delivered version. */
  holdsImage(): Promise<boolean>;
  watch(): void;
  stop(): Promise<void>;
}

/** Production has 1.0.0 of `a`; a delivery with 1.1.0 is merged, not committed. */
async function createControlledSite(t: TestContext, spec?: string): Promise<ControlledSite> {
  const site = await createSite(t);
  const { production, staging } = site;
  await pushIndex(production.host, {
    a: await pushOperator(production.host, { name: 'a', versions: ['1.0.0'] }),
  });
  const a = await pushOperator(staging.host, { name: 'a', versions: ['1.0.0', '1.1.0'] });
  await pushIndex(staging.host, { a });
  await site.writeManifest();
  assert.equal((await site.olmirror(['init'])).code, 0);
  await site.commit('base');
  assert.equal((await site.olmirror(['merge'])).code, 0);
  if (spec !== undefined) await site.writeManifest({ spec: `  reconcile:\n${spec}` });
  const registry = site.open(production);
  const operand = a.at(-1)?.related?.[0] ?? '';
  let log = '';
  let running: { readonly child: ChildProcess; readonly ended: Promise<CliResult> } | null = null;
  return {
    ...site,
    log: () => log,
    serves: async (bundle) => (await readServed(registry)).includes(bundle),
    async holdsImage() {
      const presence = await registry.headManifest('vendor/a-operand', operand.split('@')[1] ?? '');
      assert.notEqual(presence.state, 'unknown');
      return presence.state === 'present';
    },
    watch() {
      const child = site.start(['watch', '--interval', '1h', '--log-format', 'json']);
      t.after(() => child.kill('SIGKILL'));
      child.stdout?.on('data', (text: string) => (log += text));
      running = { child, ended: collect(child) };
    },
    async stop() {
      running?.child.kill('SIGTERM');
      const ended = await running?.ended;
      assert.deepEqual([ended?.code, ended?.stderr], [0, '']);
    },
  };
}

async function findControlFolder(site: Site): Promise<string> {
  const root = join(site.folder, 'xdg-state', 'olmirror');
  const [name = ''] = await readdir(root);
  return join(root, name, 'control');
}

// Seen to fail: without the trigger the resumed watch slept out its hour; with a file that cannot be read taken for none
// the delivery was published.
test('suspend holds a running watch at once, outlives its restart, ends by itself or by resume, and counts where its file is damaged', async (t) => {
  const site = await createControlledSite(t);
  site.watch();
  await waitFor('the first pass', async () => site.log().includes('sleeps'));
  const why = ['--reason', 'the registry moves', '--by', 'kim'];
  const suspended = await site.olmirror(['suspend', ...why]);
  assert.equal(suspended.code, 0, suspended.stderr);
  await waitFor('the hold', async () =>
    site.log().includes('suspended by kim: the registry moves'),
  );
  await site.commit('delivery');
  await waitFor('the held pass', async () => /pass done: .*all of them held/.test(site.log()));
  assert.match(site.log(), /deferred [1-9]\d* \+ failed 0/);
  assert.match(site.log(), /sleeps \d+ s: held: suspended by kim/);
  const asked = await site.olmirror(['reconcile', '--now', '--wait']);
  assert.equal(asked.code, 0, asked.stderr);
  assert.match(asked.stdout, /Held: suspended by kim: the registry moves;.*\nPass \S+ .*: done\./);
  const status = await site.olmirror(['status']);
  assert.match(status.stdout, /suspended by kim: the registry moves/);
  assert.equal(await site.holdsImage(), false);

  await site.stop();
  const { length } = site.log();
  site.watch();
  await waitFor('the hold after the restart', async () =>
    site.log().slice(length).includes('held: suspended by kim'),
  );
  const folder = await findControlFolder(site);
  await writeFile(join(folder, 'suspension.json'), '{"reason": "half');
  await waitFor('the damaged file', async () =>
    site.log().includes('suspended, as far as can be told'),
  );
  assert.equal(await site.holdsImage(), false);

  const brief = await site.olmirror(['suspend', ...why, '--until', '4s']);
  assert.equal(brief.code, 0, brief.stderr);
  await waitFor('the end of the suspension', async () => site.serves(NEW));
  assert.match(site.log(), /pass \(window\)/);
  const resumed = await site.olmirror(['suspend', ...why]);
  assert.equal(resumed.code, 0);
  assert.match((await site.olmirror(['resume'])).stdout, /has ended \(kim: the registry moves\)/);
  assert.match((await site.olmirror(['resume'])).stdout, /Nothing was suspended here/);
  await site.stop();
});

// Seen to fail: with index steps left out of the publish window the index moved while it was shut.
test('a closed publish window lets images come and keeps the index; apply --unattended keeps to it, a person goes on', async (t) => {
  const site = await createControlledSite(
    t,
    '    windows: { publish: [{ deny: "2020-01-01..2098-12-31", timeZone: Asia/Seoul }] }',
  );
  await site.commit('delivery, to be published later');
  const planned = await site.olmirror(['plan']);
  assert.equal(planned.code, 2);
  assert.match(planned.stdout, /held back: outside of the publish window/);
  site.watch();
  await waitFor('the pass', async () => site.log().includes('outside of the publish window'));
  assert.deepEqual([await site.holdsImage(), await site.serves(NEW)], [true, false]);
  assert.match(site.log(), /deferred 1 \+ failed 0/);
  assert.doesNotMatch(site.log(), /retries after/);
  await site.stop();
  const unattended = await site.olmirror(['apply', '--unattended', '--format', 'json']);
  assert.equal(unattended.code, 0, unattended.stderr);
  const report: { outcomes: { kind: string; code: string | null }[] } = JSON.parse(
    unattended.stdout,
  );
  const held = report.outcomes.filter(({ kind }) => kind === 'deferred');
  assert.deepEqual(
    held.map(({ code }) => code),
    ['PLAN_OUTSIDE_WINDOW'],
  );
  const plan = join(site.folder, 'plan.json');
  assert.equal((await site.olmirror(['plan', '--out', plan])).code, 2);
  const refused = await site.olmirror(['apply', plan, '--unattended']);
  assert.deepEqual([refused.code, await site.serves(NEW)], [4, false], refused.stderr);
  const typed = await site.olmirror(['apply', plan]);
  assert.equal(typed.code, 0, typed.stderr);
  assert.match(typed.stderr, /held back \(outside of the publish window.*a person asked for it/);
  assert.equal(await site.serves(NEW), true);
});

// Seen to fail: with approval never asked for, the first apply carried the delivery out.
test('where approval is required nothing is done until the plan is approved by its hash, and another plan waits anew', async (t) => {
  const site = await createControlledSite(t, '    approval: required');
  await site.commit('delivery');
  const plain = await site.olmirror(['apply']);
  assert.deepEqual([plain.code, await site.holdsImage()], [4, false]);
  assert.match(plain.stderr, /plan sha256:[0-9a-f]{64} is not approved/);
  const other = await site.olmirror(['apply', '--approve-hash', `sha256:${'0'.repeat(64)}`]);
  assert.deepEqual([other.code, await site.holdsImage()], [3, false]);
  site.watch();
  await waitFor('the hold', async () => site.log().includes('is not approved'));
  const [, hash = ''] = /plan (sha256:[0-9a-f]{64}) is not approved/.exec(site.log()) ?? [];
  assert.equal((await site.olmirror(['approve', '0123456789ab'])).code, 3);
  const shown = await site.olmirror(['approve']);
  assert.match(shown.stdout, new RegExp(`Plan ${hash} .*waits[^]*copy vendor/a-operand@`));
  const plan: { hash: string } = JSON.parse(
    (await site.olmirror(['plan', '--format', 'json'])).stdout,
  );
  assert.equal(plan.hash, hash, 'the plan that is looked at is the one that waits');
  const approved = await site.olmirror(['approve', hash.slice(7, 19), '--by', 'kim']);
  assert.equal(approved.code, 0, approved.stderr);
  await waitFor('the index', async () => site.serves(NEW));
  const b = await pushOperator(site.staging.host, { name: 'b', versions: ['1.0.0'] });
  await pushIndex(site.staging.host, { b });
  assert.equal((await site.olmirror(['merge'])).code, 0);
  const head = await site.commit('another delivery');
  await waitFor('the other plan', async () => {
    const lines = site
      .log()
      .split('\n')
      .filter((line) => line.includes('is not approved'));
    return lines.some((line) => !line.includes(hash));
  });
  assert.equal(await site.serves('b.v1.0.0'), false);
  const old = await site.olmirror(['apply', '--approve-hash', hash]);
  assert.equal(old.code, 3);
  assert.match(
    old.stderr,
    new RegExp(`now it is sha256:[0-9a-f]{64} of commit ${head.slice(0, 12)}`),
  );
  await site.stop();
});

// Seen to fail: with 0 answered for every pass, the one that failed was taken for done.
test('reconcile --now runs a pass under dryRun, which writes nothing, waits for its own, ends with its exit code, and says where no watch runs', async (t) => {
  const site = await createControlledSite(t, '    dryRun: true');
  await site.commit('delivery');
  const nobody = await site.olmirror(['reconcile', '--now', '--timeout', '1s']);
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /No running olmirror watch answered.*nothing was done/);
  site.watch();
  await waitFor('the first pass', async () => site.log().includes('sleeps'));
  assert.doesNotMatch(
    site.log(),
    /pass \(request\)/,
    'the request that nobody heard was taken back',
  );
  const asked = await Promise.all([
    site.olmirror(['reconcile', '--now', '--wait']),
    site.olmirror(['reconcile', '--now', '--wait']),
    site.olmirror(['reconcile', '--now']),
  ]);
  assert.deepEqual(
    asked.map(({ code }) => code),
    [0, 0, 0],
    asked[0]?.stderr,
  );
  assert.match(
    asked[0]?.stdout ?? '',
    /^Held: spec\.reconcile\.dryRun is set;.*\nPass \S+ for commit [0-9a-f]{12}: done\.$/m,
  );
  assert.match(site.log(), /pass \(request\)/);
  assert.deepEqual([await site.holdsImage(), await site.serves(NEW)], [false, false]);
  await site.writeManifest({ spec: '  strategi: append' });
  await site.commit('a typo');
  const failed = await site.olmirror(['reconcile', '--now', '--wait']);
  assert.equal(failed.code, 1);
  assert.match(failed.stdout, /mirror\.yaml[^]*: failed\./);
  await site.stop();
  assert.equal((await site.olmirror(['reconcile'])).code, 1);
});
