import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { load } from 'js-yaml';
import { findPrograms, PROMTOOL } from '../../scripts/lib/go-programs.mjs';
import { endPass, startStatus } from '../../src/plan/reconciler-status.ts';
import { viewPass } from '../../src/reconcile/pass-view.ts';
import { createManyMetrics } from '../../src/server/many-metrics.ts';
import { createMetrics, type Metrics } from '../../src/server/metrics.ts';
import { makeRecord, makeReport } from '../support/passes.ts';
import { createSandbox } from '../support/sandbox.ts';
import { collect } from '../support/site.ts';
import { createWorld } from '../support/turning-world.ts';

const ROOT = join(import.meta.dirname, '../..');
const PROCESS = { host: 'bastion', pid: 1, started: '2026-11-27T09:00:00.000Z' };
let text = '';
/** Of a process that serves two manifests. */
let manyText = '';

/** As they are after a pass in which nearly everything happened. */
async function fillMetrics(t: TestContext): Promise<string> {
  const { prepared } = await (await createWorld(t, 1)).pass();
  let status = startStatus(null, PROCESS);
  const metrics: Metrics = createMetrics('1.2.3', () => status);
  const record = makeRecord({
    result: 'failed',
    holds: [{ kind: 'suspended', message: 'suspended', until: null }],
    failure: { code: 'GIT_FAILED', message: 'Git is away.', hint: null, disposition: 'retry' },
    report: makeReport({
      proof: {
        images: 5,
        asked: 1,
        vouched: 3,
        overdue: 1,
        deep: 0,
        oldest: '2026-11-21T10:00:00.000Z',
        ageSeconds: 604_800,
        catalogs: [],
      },
      budgets: [{ host: 'prod.example:5000', spent: 90, perDay: 100 }],
      checks: [
        {
          kind: 'foreign-index',
          severity: 'error',
          catalog: 'idx',
          item: null,
          message: 'Somebody else pushed it.',
          hint: null,
          neededBy: [],
        },
      ],
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
  metrics.onWatch({
    kind: 'pass-ended',
    record,
    view: { ...viewPass(prepared, null), storage: { path: '/blobs', freeBytes: 60e9 } },
    error: null,
  });
  metrics.onWatch({ kind: 'sleeping', milliseconds: 1, until: new Date(0), why: 'retries' });
  metrics.countAnswer('prod.example:5000', 429, 1);
  metrics.countAnswer('prod.example:5000', null, 1);
  metrics.countHook('accepted');
  metrics.countNotification('chat', 'failed');
  const { type, text: read } = await metrics.read();
  assert.match(type, /^text\/plain; version=0\.0\.4/);
  return read;
}

/** Two loops, of which the first has ended a pass, and a third that is gone. */
async function fillManyMetrics(): Promise<string> {
  const many = createManyMetrics('1.2.3');
  const [first] = ['sites/a.yaml', 'sites/b.yaml', 'sites/c.yaml'].map((manifest) =>
    many.open(manifest, () => startStatus(null, PROCESS)),
  );
  first?.onWatch({ kind: 'pass-ended', record: makeRecord(), view: null, error: null });
  many.drop('sites/c.yaml');
  return (await many.read()).text;
}

before(async (t) => {
  assert.ok('after' in t);
  text = await fillMetrics(t);
  manyText = await fillManyMetrics();
});

// Seen to fail: without the label, with one place for the registries of all loops, and with that of a manifest that is gone kept.
test('metrics of several loops tell them apart, and say once what each metric is', () => {
  const samples = manyText.split('\n');
  for (const sample of [
    'olmirror_manifests 2',
    'olmirror_passes_total{reason="commit",result="done",manifest="sites/a.yaml"} 1',
    'olmirror_pass_running{manifest="sites/b.yaml"} 0',
    'olmirror_build_info{version="1.2.3"} 1',
  ])
    assert.ok(samples.includes(sample), `${sample}\n${manyText}`);
  assert.equal(samples.filter((line) => line.startsWith('olmirror_mirror_info{')).length, 2);
  const heads = samples.filter((line) => line.startsWith('# '));
  assert.equal(new Set(heads).size, heads.length);
  assert.doesNotMatch(manyText, /c\.yaml/);
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
    'olmirror_oldest_proof_timestamp_seconds 1795255200',
    'olmirror_proof_age_limit_seconds 604800',
    'olmirror_overdue_images 1',
    'olmirror_catalog_pending_since_timestamp_seconds{catalog="idx"} 1795773600',
    'olmirror_request_budget_spent{host="prod.example:5000"} 90',
    'olmirror_steps_total{kind="copy",result="copied"} 1',
    'olmirror_step_retries_total{kind="copy"} 1',
    'olmirror_copied_bytes_total 10',
    'olmirror_plan_checks{kind="foreign-index",severity="error"} 1',
    'olmirror_storage_free_bytes 60000000000',
    'olmirror_registry_requests_total{host="prod.example:5000",code="429"} 1',
    'olmirror_registry_requests_total{host="prod.example:5000",code="none"} 1',
    'olmirror_notifications_total{notifier="chat",result="failed"} 1',
  ])
    assert.ok(samples.includes(sample), `${sample}\n${text}`);
  assert.doesNotMatch(text, /^olmirror_last_success_timestamp_seconds /m, 'there was none');
});

const PROGRAMS = findPrograms(PROMTOOL);
const NO_PROMTOOL =
  PROGRAMS === null && 'promtool is missing: run `node scripts/go-programs.mjs promtool`';
const ALERTS = join(ROOT, 'deploy/prometheus/alerts.yaml');
const DASHBOARD = join(ROOT, 'deploy/grafana/olmirror.json');
const ALERT_TESTS = join(ROOT, 'test/deploy/alerts.yaml');

async function promtool(args: readonly string[], input = ''): Promise<[number | null, string]> {
  const child = spawn(join(PROGRAMS ?? '', 'promtool'), args);
  child.stdin.end(input);
  const { code, stdout, stderr } = await collect(child);
  return [code, stdout + stderr];
}

// Guards against: with prom-client's nodejs_active_handles_total left in, and with a counter without _total.
test('promtool has nothing to say of the metrics', { skip: NO_PROMTOOL }, async () => {
  const [code, said] = await promtool(['check', 'metrics'], 'olmirror_bad_total_seconds 1\n');
  assert.equal(code, 3, 'it does find faults');
  assert.match(said, /no help text/);
  assert.deepEqual(await promtool(['check', 'metrics'], text), [0, '']);
  assert.deepEqual(await promtool(['check', 'metrics'], manyText), [0, '']);
});

// Guards against: an unclosed parenthesis, a label of an annotation that is misspelt as `{{ $label.host }}`.
test('promtool takes the alert rules', { skip: NO_PROMTOOL }, async () => {
  const [code, said] = await promtool(['check', 'rules', '--lint=all', '--lint-fatal', ALERTS]);
  assert.match(said, /SUCCESS: \d\d rules found/);
  assert.equal(code, 0);
});

// Guards against: with `> 50e9` for `< 50e9`, without `unless on (instance) olmirror_holds == 1`, without `code="429"`.
test('each alert fires on its trouble, alone and not before', { skip: NO_PROMTOOL }, async () => {
  const [code, said] = await promtool(['test', 'rules', ALERT_TESTS]);
  assert.equal(code, 0, said);
});

/** Names of metrics in PromQL expressions. */
function findNames(expressions: readonly string[]): ReadonlySet<string> {
  return new Set(expressions.flatMap((it) => it.match(/\b(?:olmirror|process|nodejs)_\w+/g) ?? []));
}

function assertKnown(names: ReadonlySet<string>): void {
  const known = new Set([...(text + manyText).matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name));
  for (const name of names)
    assert.ok(known.has(name.replace(/_bucket$/, '')), `no metric has the name ${name}`);
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly action: string };
}

async function readAlerts(): Promise<readonly Rule[]> {
  const rules: { readonly groups: readonly { readonly rules: readonly Rule[] }[] } = JSON.parse(
    JSON.stringify(load(await readFile(ALERTS, 'utf8'))),
  );
  return rules.groups.flatMap((group) => group.rules);
}

// Guards against: with a letter of a name changed.
test('alert rules ask for metrics that are there, and say what to do', async () => {
  const alerts = await readAlerts();
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

interface AlertTest {
  readonly name: string;
  readonly input_series: readonly { readonly series: string }[];
  readonly promql_expr_test: readonly {
    readonly exp_samples: readonly { readonly labels: string }[];
  }[];
}

// Guards against: an alert without a test, one whose test expects nothing at its end, and a label that no metric has.
test('each alert has a test, over series such as olmirror writes them', async () => {
  const { tests }: { readonly tests: readonly AlertTest[] } = JSON.parse(
    JSON.stringify(load(await readFile(ALERT_TESTS, 'utf8'))),
  );
  const alerts = (await readAlerts()).map(({ alert }) => alert);
  assert.deepEqual(
    tests.map(({ name }) => name),
    alerts,
  );
  for (const { name, input_series: series, promql_expr_test: expected } of tests) {
    const samples = expected.map((it) => it.exp_samples.map(({ labels }) => labels));
    assert.deepEqual(samples, [[], [`{alertname="${name}",instance="a"}`]], name);
    for (const { series: written } of series) assertWritten(written);
  }
});

/** The target's own series and labels come from Prometheus; the rest must stand in what is scraped. */
function assertWritten(series: string): void {
  const [metric = '', ...labels] = series.match(/\w+(?=\{|=)/g) ?? [];
  if (metric === 'up') return;
  const written = `${text}\n${manyText}`.split('\n').filter((line) => line.startsWith(metric));
  assert.ok(written.length > 0, metric);
  for (const label of labels.filter((it) => it !== 'instance'))
    assert.ok(
      written.some((line) => line.includes(`${label}="`)),
      `${metric} has no label ${label}`,
    );
}

// Guards against: a bracket taken out of an expression.
test('promtool takes every expression of the dashboard', { skip: NO_PROMTOOL }, async (t) => {
  const { folder } = await createSandbox(t);
  const expressions = listExpressions(JSON.parse(await readFile(DASHBOARD, 'utf8')));
  assert.ok(expressions.length > 25, `${expressions.length} expressions`);
  const rules = expressions.map((expression, index) => ({
    record: `panel:${index}`,
    expr: expression
      .replaceAll('$__rate_interval', '5m')
      .replaceAll(/\$(?:instance|manifest)\b/g, '.*'),
  }));
  const file = join(folder, 'rules.yaml');
  await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
  const [code, said] = await promtool(['check', 'rules', '--lint=none', file]);
  assert.equal(code, 0, said);
  assert.ok(!JSON.stringify(rules).includes('$'), 'no variable is left');
});

function listExpressions(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    key === 'expr' ? [String(part)] : listExpressions(part),
  );
}

test('the dashboard asks for metrics that are there, and shows every one of ours', async () => {
  const names = findNames([await readFile(DASHBOARD, 'utf8')]);
  assertKnown(names);
  const alerts = findNames((await readAlerts()).map(({ expr }) => expr));
  const ours = [...text.matchAll(/^# TYPE (olmirror_\w+)/gm)].map(([, name = '']) => name);
  const unused = ours.filter(
    (name) => !names.has(name) && !names.has(`${name}_bucket`) && !alerts.has(name),
  );
  assert.deepEqual(unused, ['olmirror_condition_since_timestamp_seconds']);
});
