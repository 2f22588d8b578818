import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ValidateFunction } from 'ajv';
import type {
  ApprovalReport,
  PassRequestReport,
  SuspensionReport,
} from '../../src/plan/control-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { createControlledSite, NEW } from '../support/controlled-site.ts';
import { pushIndex, pushOperator, type Site } from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';

const suspensions = compileSchema<SuspensionReport>('suspension');
const approvals = compileSchema<ApprovalReport>('approval');
const requests = compileSchema<PassRequestReport>('pass-request');

/** What a command says with `--format json`, held to its schema. */
async function tell<T>(
  [site, code]: readonly [Site, number],
  check: ValidateFunction<T>,
  args: readonly string[],
): Promise<T> {
  const result = await site.olmirror([...args, '--format', 'json']);
  assert.equal(result.code, code, result.stdout + result.stderr);
  return parseChecked(check, result.stdout);
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

  const brief = await tell([site, 0], suspensions, ['suspend', ...why, '--until', '4s']);
  assert.deepEqual(
    [brief.suspension?.by, brief.suspension?.until === null, Object.keys(brief.before ?? {})],
    ['kim', false, ['fault']],
  );
  await waitFor('the end of the suspension', async () => site.serves(NEW));
  assert.match(site.log(), /pass \(window\)/);
  const resumed = await site.olmirror(['suspend', ...why]);
  assert.equal(resumed.code, 0);
  assert.match((await site.olmirror(['resume'])).stdout, /has ended \(kim: the registry moves\)/);
  assert.match((await site.olmirror(['resume'])).stdout, /Nothing was suspended here/);
  const { apiVersion, kind } = brief;
  assert.deepEqual(await tell([site, 0], suspensions, ['resume']), {
    apiVersion,
    kind,
    suspension: null,
    before: null,
  });
  await site.stop();
});

/** The minute after the next half of one, as `reconcile.windows` writes it: windows open at full minutes. */
function findNextMinute(): string {
  const minute = Math.ceil((Date.now() + 30_000) / 60_000) * 60_000;
  return new Date(minute).toISOString().slice(0, 16);
}

// Seen to fail: with the wake at the window's beginning taken out, watch slept on to the end of its hour.
test('watch copies images while the publish window is shut, and moves the tag as it opens, though no commit came', async (t) => {
  const site = await createControlledSite(t);
  const opens = findNextMinute();
  const spec = `  reconcile:\n    windows: { publish: [{ deny: "2020-01-01T00:00..${opens}" }] }`;
  await site.writeManifest({ spec });
  const commit = await site.commit('delivery, to be published within the next minute');
  site.watch();
  await waitFor('the images', () => site.holdsImage());
  await waitFor('the held pass', async () => /deferred 1 \+ failed 0/.test(site.log()));
  assert.equal(await site.serves(NEW), false);
  await waitFor('the index', () => site.serves(NEW));
  assert.ok(new Date() >= new Date(`${opens}Z`), 'not before it opened');
  await waitFor('the end of the pass', async () => /pass \(window\)/.test(site.log()));
  assert.equal(await site.git('rev-parse', 'HEAD'), commit);
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
  const listed = await tell([site, 0], approvals, ['approve']);
  assert.deepEqual([listed.plan.hash, listed.approved], [hash, null]);
  const plan: { hash: string } = JSON.parse(
    (await site.olmirror(['plan', '--format', 'json'])).stdout,
  );
  assert.equal(plan.hash, hash, 'the plan that is looked at is the one that waits');
  const approve = ['approve', hash.slice(7, 19), '--by', 'kim'];
  const { approved } = await tell([site, 0], approvals, approve);
  assert.equal(approved?.by, 'kim');
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
    site.olmirror(['reconcile', '--now', '--format', 'json']),
  ]);
  const received = parseChecked(requests, asked[2]?.stdout ?? '');
  assert.deepEqual([received.state, received.pass, received.exitCode], ['received', null, 0]);
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
  const failed = await tell([site, 1], requests, ['reconcile', '--now', '--wait']);
  assert.deepEqual([failed.state, failed.result, failed.exitCode], ['handled', 'failed', 1]);
  assert.match(failed.messages.join('\n'), /mirror\.yaml/);
  await site.stop();
  assert.equal((await site.olmirror(['reconcile'])).code, 1);
});
