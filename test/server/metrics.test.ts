import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { load } from 'js-yaml';
import { hasTool } from '../../scripts/lib/tools.mjs';
import { endPass, startStatus } from '../../src/plan/reconciler-status.ts';
import { createMetrics, type Metrics } from '../../src/server/metrics.ts';
import { makeRecord, makeReport } from '../support/passes.ts';
import { collect } from '../support/site.ts';

const ROOT = join(import.meta.dirname, '../..');
const PROCESS = { host: 'bastion', pid: 1, started: '2026-11-27T09:00:00.000Z' };
let text = '';

/** As they are after a pass in which nearly everything happened. */
async function fillMetrics(): Promise<string> {
  let status = startStatus(null, PROCESS);
  const metrics: Metrics = createMetrics('1.2.3', () => status);
  const record = makeRecord({
    result: 'failed',
    holds: [{ kind: 'suspended', message: 'suspended', until: null }],
    failure: { code: 'GIT_FAILED', message: 'Git is away.', hint: null, disposition: 'retry' },
    report: makeReport({
      budgets: [{ host: 'prod.example:5000', spent: 90, perDay: 100 }],
    }),
    catalogs: [
      { catalog: 'idx', wanted: 5, present: 4, gitId: null, servedId: null, inSync: false },
    ],
  });
  metrics.onPass({
    kind: 'step-retry',
    id: 'copy a',
    title: 'a',
    attempt: 1,
    delayMilliseconds: 1,
    message: 'reset',
  });
  metrics.onPass({
    kind: 'step-finished',
    id: 'copy a',
    title: 'a',
    bytes: 10,
    result: 'copied',
    message: null,
    milliseconds: 1,
  });
  status = endPass(status, record);
  metrics.onWatch({ kind: 'pass-ended', record, prepared: null, error: null });
  metrics.onWatch({ kind: 'sleeping', milliseconds: 1, until: new Date(0), why: 'retries' });
  metrics.countAnswer('prod.example:5000', 429);
  metrics.countAnswer('prod.example:5000', null);
  metrics.countHook('accepted');
  metrics.countNotification('chat', 'failed');
  const { type, text: read } = await metrics.read();
  assert.match(type, /^text\/plain; version=0\.0\.4/);
  return read;
}

before(async () => {
  text = await fillMetrics();
});

test('metrics say what the kept status and the passes say', () => {
  const samples = text.split('\n');
  for (const sample of [
    'olmirror_build_info{version="1.2.3"} 1',
    'olmirror_passes_total{reason="commit",result="failed"} 1',
    'olmirror_pass_duration_seconds_sum{result="failed"} 2',
    'olmirror_condition{type="Ready",status="False"} 1',
    'olmirror_condition{type="Ready",status="True"} 0',
    'olmirror_condition{type="Reconciling",status="True"} 1',
    'olmirror_condition{type="Stalled",status="True"} 0',
    'olmirror_fetch_failures_total 1',
    'olmirror_holds{kind="suspended"} 1',
    'olmirror_items{outcome="in-sync"} 5',
    'olmirror_catalog_present_images{catalog="idx"} 4',
    'olmirror_catalog_in_sync{catalog="idx"} 0',
    'olmirror_catalog_pending_since_timestamp_seconds{catalog="idx"} 1795773600',
    'olmirror_request_budget_spent{host="prod.example:5000"} 90',
    'olmirror_steps_total{kind="copy",result="copied"} 1',
    'olmirror_step_retries_total{kind="copy"} 1',
    'olmirror_copied_bytes_total 10',
    'olmirror_registry_requests_total{host="prod.example:5000",code="429"} 1',
    'olmirror_registry_requests_total{host="prod.example:5000",code="none"} 1',
    'olmirror_notifications_total{notifier="chat",result="failed"} 1',
  ])
    assert.ok(samples.includes(sample), `${sample}\n${text}`);
  assert.doesNotMatch(text, /^olmirror_last_success_timestamp_seconds /m, 'there was none');
  assert.doesNotMatch(text, /^olmirror_storage_free_bytes /m, 'it is not known');
});

const USUAL_GO = '/usr/local/go/bin/go';
const GO = hasTool('go') ? 'go' : USUAL_GO;
const hasGo = hasTool('go') || existsSync(USUAL_GO);

// Guards against: with prom-client's nodejs_active_handles_total left in, and with a counter without _total.
test('promlint, the linter of promtool, has nothing to say of the metrics', {
  skip: hasGo ? false : 'go is missing',
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-promlint-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, 'promlint');
  await promisify(execFile)(GO, ['build', '-o', program, '.'], {
    cwd: join(ROOT, 'test/go/promlint'),
    env: { ...process.env, GOFLAGS: '-mod=readonly' },
  });
  async function lint(metrics: string): Promise<string> {
    const child = spawn(program);
    child.stdin.end(metrics);
    const { stdout, stderr } = await collect(child);
    return stdout + stderr;
  }
  assert.match(await lint('olmirror_bad_total_seconds 1\n'), /no help text/, 'it does find faults');
  assert.equal(await lint(text), '');
});

/** Names of metrics in PromQL expressions. */
function findNames(expressions: readonly string[]): ReadonlySet<string> {
  return new Set(expressions.flatMap((it) => it.match(/\b(?:olmirror|process|nodejs)_\w+/g) ?? []));
}

function assertKnown(names: ReadonlySet<string>): void {
  const known = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name));
  for (const name of names)
    assert.ok(known.has(name.replace(/_bucket$/, '')), `no metric has the name ${name}`);
}

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly labels: { readonly severity: string };
      readonly annotations: { readonly summary: string; readonly action: string };
    }[];
  }[];
}

// Guards against: with a letter of a name changed.
test('alert rules ask for metrics that are there, and say what to do', async () => {
  const yaml = await readFile(join(ROOT, 'deploy/prometheus/alerts.yaml'), 'utf8');
  const rules: Rules = JSON.parse(JSON.stringify(load(yaml)));
  const alerts = rules.groups.flatMap((group) => group.rules);
  assert.ok(alerts.length > 10);
  assert.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length);
  for (const { alert, labels, annotations } of alerts) {
    assert.match(labels.severity, /^(?:info|warning|critical)$/, alert);
    assert.ok(annotations.summary !== '' && annotations.action !== '', alert);
  }
  const names = findNames(alerts.map(({ expr }) => expr));
  assert.ok(names.size > 10);
  assertKnown(names);
});

test('the dashboard asks for metrics that are there, and shows every one of ours', async () => {
  const dashboard: unknown = JSON.parse(
    await readFile(join(ROOT, 'deploy/grafana/olmirror.json'), 'utf8'),
  );
  const names = findNames([JSON.stringify(dashboard)]);
  assertKnown(names);
  const alerts = findNames([await readFile(join(ROOT, 'deploy/prometheus/alerts.yaml'), 'utf8')]);
  const ours = [...text.matchAll(/^# TYPE (olmirror_\w+)/gm)].map(([, name = '']) => name);
  const unused = ours.filter(
    (name) => !names.has(name) && !names.has(`${name}_bucket`) && !alerts.has(name),
  );
  assert.deepEqual(unused, ['olmirror_condition_since_timestamp_seconds']);
});
