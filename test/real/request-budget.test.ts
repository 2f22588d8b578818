import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { test } from 'node:test';
import type { FaultProxy } from '../../scripts/lib/fault-proxy.ts';
import { deliver } from '../support/deliver.ts';
import { createProxiedSite, type ProxiedSite, runAndCommit } from '../support/proxied-site.ts';
import { collect } from '../support/site.ts';

interface Counts {
  readonly olmirror: number;
  readonly skopeo: number;
}

function countOf({ requests }: FaultProxy): Counts {
  const skopeo = requests.filter(
    ({ headers }) => headers['user-agent']?.includes('skopeo') === true,
  ).length;
  return { skopeo, olmirror: requests.length - skopeo };
}

async function setBudget(site: ProxiedSite, perDay: number): Promise<void> {
  const production = `${site.productionProxy.host}", requestsPerDay: ${perDay}, pathPrefix: "`;
  await site.writeManifest({ production, staging: site.stagingProxy.host });
  await site.commit(`budget ${perDay}`);
}

async function readSpent(site: ProxiedSite): Promise<number> {
  const status = await site.olmirror(['status', '--format', 'json']);
  assert.equal(status.code, 0, status.stderr);
  const { budgets } = JSON.parse(status.stdout);
  assert.deepEqual(
    budgets.map(({ host }: { host: string }) => host),
    [site.productionProxy.host],
  );
  return budgets[0].spent;
}

// Seen to fail: with keepsBudget false in commands/watch.ts, and with countCopies left out of run-pass.ts.
test('requests are counted over commands, a plan says what it will take, and watch leaves for tomorrow what goes beyond', async (t) => {
  const site = await createProxiedSite(t);
  await setBudget(site, 100_000);
  await deliver(site);
  await runAndCommit(site, ['init', 'merge']);
  const before = await readSpent(site);
  const asked = countOf(site.productionProxy);
  // Each of the three commands asked for TLS once, which no proxy counts.
  assert.deepEqual([before, asked.skopeo], [asked.olmirror + 3, 0]);

  const perDay = before + 40;
  await setBudget(site, perDay);
  const plan = await site.olmirror(['plan']);
  assert.equal(plan.code, 2, plan.stderr);
  assert.match(
    plan.stdout,
    /^warning: This takes about \d+ requests at 127[^ ]+, which has had \d+ of \d+ today\.$/m,
  );
  assert.match(
    plan.stdout,
    /^Takes about \d+ requests at production \(olmirror \d+, skopeo \d+\), \d+ at staging\.$/m,
  );

  const watching = site.start(['watch', '--interval', '15s', '--log-format', 'json']);
  t.after(() => watching.kill('SIGKILL'));
  const ended = collect(watching);
  await untilAsleep(watching);
  watching.kill('SIGTERM');
  const { stdout, code } = await ended;
  assert.equal(code, 0);
  assert.match(stdout, /What does not fit goes on at \d{4}-\d\d-\d\d 00:00 UTC/);
  assert.match(stdout, /sleeps \d+ s: waits for the requests of the next day/);
  const writes = site.productionProxy.requests.filter(({ method }) => method === 'PUT');
  assert.deepEqual(
    writes.filter(({ url }) => url.includes('/olm/idx/')),
    [],
    'the index waits',
  );

  const spent = await readSpent(site);
  const known = countOf(site.productionProxy);
  const apply = await site.olmirror(['apply', '--format', 'json']);
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  const now = countOf(site.productionProxy);
  const real = now.skopeo - known.skopeo;
  const report = JSON.parse(apply.stdout);
  const estimated = report.budgets[0].spent - spent - (now.olmirror - known.olmirror) - 1;
  t.diagnostic(`skopeo sent ${real} requests, estimated ${estimated}`);
  assert.ok(estimated > real / 2 && estimated < real * 2, `${real} sent, ${estimated} estimated`);
  assert.equal(report.budgets[0].perDay, perDay);

  const atStaging = site.stagingProxy.requests.length;
  const idlePlan = await site.olmirror(['plan']);
  assert.equal(idlePlan.code, 0, idlePlan.stdout + idlePlan.stderr);
  assert.equal(
    site.stagingProxy.requests.length,
    atStaging,
    'production has all: staging is not asked',
  );
  const last = countOf(site.productionProxy);

  await setBudget(site, 1);
  const idle = site.start(['watch', '--interval', '15s', '--log-format', 'json']);
  t.after(() => idle.kill('SIGKILL'));
  const idleEnd = collect(idle);
  await untilAsleep(idle);
  idle.kill('SIGTERM');
  const told = (await idleEnd).stdout;
  assert.match(
    told,
    /pass failed: Looking at 127[^ ]+ takes about 1 request, and it has had \d+ of 1 today\./,
  );
  assert.deepEqual(countOf(site.productionProxy), last, 'nothing was asked');
});

function untilAsleep(watching: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    let log = '';
    watching.stdout?.on('data', (text: string) => {
      log += text;
      if (log.includes('sleeps')) resolve();
    });
  });
}

// Seen to fail: without the count in back-up-state.ts nothing was estimated.
test('what skopeo sends for a backup of the state repository is counted among the requests of the day', async (t) => {
  const site = await createProxiedSite(t);
  const production = `${site.productionProxy.host}", requestsPerDay: 100000, pathPrefix: "`;
  await site.writeManifest({ production, catalogs: [], stateBackup: 'on' });
  await site.commit('begin');
  for (const subject of ['first', 'second']) {
    await site.git('commit', '-q', '--allow-empty', '-m', subject);
    const [spent, known] = [await readSpent(site), countOf(site.productionProxy)];
    const apply = await site.olmirror(['apply', '--format', 'json']);
    assert.equal(apply.code, 0, apply.stdout + apply.stderr);
    const report = JSON.parse(apply.stdout);
    assert.equal(report.stateBackup.kind, 'pushed');
    const now = countOf(site.productionProxy);
    const real = now.skopeo - known.skopeo;
    // Whether it speaks TLS was asked once, which no proxy counts.
    const estimated = report.budgets[0].spent - spent - (now.olmirror - known.olmirror) - 1;
    t.diagnostic(`skopeo sent ${real} requests, estimated ${estimated}`);
    assert.ok(real > 5 && estimated > real / 2 && estimated < real * 2, `${real}, ${estimated}`);
  }
});
