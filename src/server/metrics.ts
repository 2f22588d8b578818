import { collectDefaultMetrics, type Gauge, type Registry } from 'prom-client';
import type { PassEvent } from '../base/events.ts';
import type { Hold, PassRecord, ReconcilerStatus } from '../plan/history-types.ts';
import type { WatchEvent, WatchSink } from '../reconcile/watch-types.ts';
import { createMetricTable, type MetricTable } from './metric-table.ts';
import { HOOK_RESULTS, type HookResult } from './webhook.ts';

export interface Metrics extends WatchSink {
  readonly countHook: (result: HookResult) => void;
  readonly countAnswer: (host: string, status: number | null, times: number) => void;
  readonly countNotification: (notifier: string, result: 'sent' | 'failed') => void;
  readonly read: () => Promise<{ readonly type: string; readonly text: string }>;
}

// Gauges of prom-client whose names say that they are counters.
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** Milliseconds between two looks; prom-client's 10 would wake an idle process a hundred times a second. */
const LAG_PRECISION = 200;

/** Counts what happens, for Prometheus. */
export function createMetrics(version: string, readStatus: () => ReconcilerStatus): Metrics {
  const table = createMetricTable();
  setUpProcess(table.registry, version, table);
  return {
    ...countLoop(table, readStatus),
    countHook: (result) => table.webhooks.inc({ result }),
    async read() {
      return { type: table.registry.contentType, text: await table.registry.metrics() };
    },
  };
}

/** What is counted of the process, whatever it serves. */
export function setUpProcess(
  registry: Registry,
  version: string,
  { build, webhooks }: Pick<MetricTable, 'build' | 'webhooks'>,
): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_PRECISION });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  build.set({ version }, 1);
  for (const result of HOOK_RESULTS) webhooks.inc({ result }, 0);
}

export type LoopMetrics = Omit<Metrics, 'countHook' | 'read'>;

/** Counts what one loop does. */
export function countLoop(table: MetricTable, readStatus: () => ReconcilerStatus): LoopMetrics {
  // A gauge without labels begins with 0, which would be a time in 1970, or a disk without room.
  for (const gauge of findUnknown(table)) gauge.remove();
  const memory: Memory = { holdsSince: new Map() };
  setStatus(readStatus(), table);
  return {
    onPass: (event) => countPassEvent(event, table),
    onWatch(event) {
      countWatchEvent(event, table, memory);
      setStatus(readStatus(), table);
    },
    countAnswer: (host, status, times) =>
      table.registryAnswers.inc({ host, code: status === null ? 'none' : `${status}` }, times),
    countNotification: (notifier, result) => table.notifications.inc({ notifier, result }),
    close: () => Promise.resolve(),
  };
}

function findUnknown(table: MetricTable): readonly Gauge[] {
  const { passStarted, passEnded, passSucceeded, nextPass, wantedItems, freeBytes } = table;
  const { oldestProof, proofAgeLimit, overdueImages } = table;
  const proofs = [oldestProof, proofAgeLimit, overdueImages];
  return [passStarted, passEnded, passSucceeded, nextPass, wantedItems, freeBytes, ...proofs];
}

interface Memory {
  readonly holdsSince: Map<Hold['kind'], number>;
}

function countPassEvent(event: PassEvent, { steps, retries, copiedBytes }: MetricTable): void {
  if (event.kind === 'step-retry') retries.inc({ kind: kindOf(event.id) });
  if (event.kind !== 'step-finished') return;
  steps.inc({ kind: kindOf(event.id), result: event.result });
  if (event.result === 'copied') copiedBytes.inc(event.bytes);
}

// Ids of steps begin with their kind: `copy repo@sha256:…`.
function kindOf(id: string): string {
  return id.split(' ', 1)[0] ?? '';
}

function countWatchEvent(event: WatchEvent, table: MetricTable, memory: Memory): void {
  switch (event.kind) {
    case 'pass-started':
      table.passRunning.set(1);
      return;
    case 'sleeping':
      table.nextPass.set(event.until.getTime() / 1000);
      return;
    case 'pass-ended':
      table.passRunning.set(0);
      countPass(event.record, table, memory);
      setPlan(event, table);
      return;
    case 'stopped':
    case 'source-failed':
    case 'source-healed':
    case 'source-rewritten':
      return;
  }
}

function countPass(record: PassRecord, table: MetricTable, memory: Memory): void {
  const { reason, result, failure, holds, report } = record;
  const started = secondsOf(record.started);
  const finished = secondsOf(record.finished);
  table.passes.inc({ reason, result });
  table.passDuration.observe({ result }, Math.max(0, finished - started));
  table.passStarted.set(started);
  table.passEnded.set(finished);
  if (failure !== null) table.failures.inc({ code: failure.code });
  if (failure?.code.startsWith('GIT_') === true) table.fetchFailures.inc();
  if (result === 'done' && report !== null) table.passSucceeded.set(finished);
  setHolds(holds, finished, { table, memory });
  if (report !== null) setItems(report, table);
}

interface Places {
  readonly table: MetricTable;
  readonly memory: Memory;
}

function setHolds(
  holds: readonly Hold[],
  now: number,
  { table, memory: { holdsSince } }: Places,
): void {
  const kinds = new Set(holds.map(({ kind }) => kind));
  for (const kind of holdsSince.keys()) if (!kinds.has(kind)) holdsSince.delete(kind);
  table.holds.reset();
  table.holdSince.reset();
  for (const kind of kinds) {
    const since = holdsSince.get(kind) ?? now;
    holdsSince.set(kind, since);
    table.holds.set({ kind }, 1);
    table.holdSince.set({ kind }, since);
  }
}

function setItems(
  { sums, budgets = [] }: NonNullable<PassRecord['report']>,
  table: MetricTable,
): void {
  const { wanted, ...outcomes } = sums;
  table.wantedItems.set(wanted);
  for (const [outcome, count] of Object.entries(outcomes)) table.items.set({ outcome }, count);
  table.budgetSpent.reset();
  table.budgetLimit.reset();
  for (const { host, spent, perDay } of budgets) {
    table.budgetSpent.set({ host }, spent);
    if (perDay !== null) table.budgetLimit.set({ host }, perDay);
  }
}

function setPlan(
  { record, view }: WatchEvent & { readonly kind: 'pass-ended' },
  table: MetricTable,
): void {
  if (view === null) return;
  const { storage, checks } = view;
  const freeBytes = storage?.freeBytes ?? null;
  if (freeBytes === null) table.freeBytes.remove();
  else table.freeBytes.set(freeBytes);
  table.checks.reset();
  for (const { kind, severity } of record.report?.checks ?? checks)
    table.checks.inc({ kind, severity });
}

const STATUSES = ['True', 'False', 'Unknown'] as const;

function setStatus(status: ReconcilerStatus, table: MetricTable): void {
  const { mirror, attemptedRevision, appliedRevision, conditions, catalogs } = status;
  table.mirror.reset();
  table.mirror.set(
    {
      mirror: mirror ?? '',
      attempted_revision: attemptedRevision ?? '',
      applied_revision: appliedRevision ?? '',
    },
    1,
  );
  table.conditionSince.reset();
  for (const type of ['Ready', 'Reconciling', 'Stalled'] as const) {
    const condition = conditions.find((candidate) => candidate.type === type);
    // These two are there only while they are true.
    const current = condition?.status ?? 'False';
    for (const value of STATUSES)
      table.condition.set({ type, status: value }, value === current ? 1 : 0);
    if (condition !== undefined) table.conditionSince.set({ type }, secondsOf(condition.since));
  }
  setCatalogs(catalogs, table);
  setProofs(status.proofs, table);
}

function setProofs(
  proofs: ReconcilerStatus['proofs'],
  { oldestProof, proofAgeLimit, overdueImages }: MetricTable,
): void {
  if (proofs === null) return;
  proofAgeLimit.set(proofs.ageSeconds);
  overdueImages.set(proofs.overdue);
  if (proofs.oldest === null) oldestProof.remove();
  else oldestProof.set(secondsOf(proofs.oldest));
}

function setCatalogs(catalogs: ReconcilerStatus['catalogs'], table: MetricTable): void {
  const { catalogWanted, catalogPresent, catalogInSync, catalogPending } = table;
  for (const gauge of [catalogWanted, catalogPresent, catalogInSync, catalogPending]) gauge.reset();
  for (const { catalog, wanted, present, inSync, oldestPending } of catalogs) {
    catalogWanted.set({ catalog }, wanted);
    catalogPresent.set({ catalog }, present);
    catalogInSync.set({ catalog }, inSync ? 1 : 0);
    if (oldestPending !== null) catalogPending.set({ catalog }, secondsOf(oldestPending));
  }
}

function secondsOf(time: string): number {
  return Date.parse(time) / 1000;
}
