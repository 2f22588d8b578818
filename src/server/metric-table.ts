import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Every metric of olmirror's own, in the registry that is scraped. */
export interface MetricTable {
  readonly registry: Registry;
  readonly build: Gauge<'version'>;
  readonly mirror: Gauge<'mirror' | 'attempted_revision' | 'applied_revision'>;
  readonly passDuration: Histogram<'result'>;
  readonly passes: Counter<'reason' | 'result'>;
  readonly passRunning: Gauge;
  readonly passStarted: Gauge;
  readonly passEnded: Gauge;
  readonly passSucceeded: Gauge;
  readonly nextPass: Gauge;
  readonly condition: Gauge<'type' | 'status'>;
  readonly conditionSince: Gauge<'type'>;
  readonly failures: Counter<'code'>;
  readonly fetchFailures: Counter;
  readonly items: Gauge<'outcome'>;
  readonly wantedItems: Gauge;
  readonly catalogWanted: Gauge<'catalog'>;
  readonly catalogPresent: Gauge<'catalog'>;
  readonly catalogInSync: Gauge<'catalog'>;
  readonly catalogPending: Gauge<'catalog'>;
  readonly checks: Gauge<'kind' | 'severity'>;
  readonly holds: Gauge<'kind'>;
  readonly holdSince: Gauge<'kind'>;
  readonly steps: Counter<'kind' | 'result'>;
  readonly retries: Counter<'kind'>;
  readonly copiedBytes: Counter;
  readonly registryAnswers: Counter<'host' | 'code'>;
  readonly budgetSpent: Gauge<'host'>;
  readonly budgetLimit: Gauge<'host'>;
  readonly freeBytes: Gauge;
  readonly oldestProof: Gauge;
  readonly proofAgeLimit: Gauge;
  readonly overdueImages: Gauge;
  readonly webhooks: Counter<'result'>;
  readonly notifications: Counter<'notifier' | 'result'>;
}

/** Lengths of passes: a look at the registries takes a second, a delivery hours. */
const DURATIONS = [0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800];

/** Names follow Prometheus' conventions: base units, `_total` for counters alone. */
export function createMetricTable(): MetricTable {
  const registry = new Registry();
  const registers = [registry];
  function gauge<T extends string>(name: string, help: string, labelNames: readonly T[]): Gauge<T> {
    return new Gauge({ name: `olmirror_${name}`, help, labelNames, registers });
  }
  function counter<T extends string>(
    name: string,
    help: string,
    labelNames: readonly T[],
  ): Counter<T> {
    return new Counter({ name: `olmirror_${name}`, help, labelNames, registers });
  }
  return {
    registry,
    ...createPassMetrics(gauge, counter, registers),
    ...createStateMetrics(gauge),
    steps: counter('steps_total', 'Steps that ended, by kind and result.', ['kind', 'result']),
    retries: counter('step_retries_total', 'Attempts of steps that failed and were made again.', [
      'kind',
    ]),
    copiedBytes: counter(
      'copied_bytes_total',
      'Bytes of images and indexes that were brought into production, as planned.',
      [],
    ),
    registryAnswers: counter(
      'registry_requests_total',
      "olmirror's own requests to registries by status of the answer; none for no answer.",
      ['host', 'code'],
    ),
    webhooks: counter('webhook_requests_total', 'Requests to /hook by how they ended.', ['result']),
    notifications: counter(
      'notifications_total',
      'Notifications by notifier: sent, or failed for good.',
      ['notifier', 'result'],
    ),
  };
}

type MakeGauge = <T extends string>(
  name: string,
  help: string,
  labelNames: readonly T[],
) => Gauge<T>;
type MakeCounter = <T extends string>(
  name: string,
  help: string,
  labelNames: readonly T[],
) => Counter<T>;

type PassMetrics = Pick<
  MetricTable,
  | 'build'
  | 'mirror'
  | 'passDuration'
  | 'passes'
  | 'passRunning'
  | 'passStarted'
  | 'passEnded'
  | 'passSucceeded'
  | 'nextPass'
  | 'failures'
  | 'fetchFailures'
>;

function createPassMetrics(
  gauge: MakeGauge,
  counter: MakeCounter,
  registers: Registry[],
): PassMetrics {
  return {
    build: gauge('build_info', 'Version of olmirror; always 1.', ['version']),
    mirror: gauge('mirror_info', 'What is mirrored and which commits; always 1.', [
      'mirror',
      'attempted_revision',
      'applied_revision',
    ]),
    passDuration: new Histogram({
      name: 'olmirror_pass_duration_seconds',
      help: 'How long passes took, by result.',
      labelNames: ['result'],
      buckets: DURATIONS,
      registers,
    }),
    passes: counter('passes_total', 'Passes that ended, by reason and result.', [
      'reason',
      'result',
    ]),
    passRunning: gauge('pass_running', '1 while a pass runs.', []),
    passStarted: gauge('last_pass_start_timestamp_seconds', 'When the last pass started.', []),
    passEnded: gauge('last_pass_end_timestamp_seconds', 'When the last pass ended.', []),
    passSucceeded: gauge(
      'last_success_timestamp_seconds',
      'When production was last in step with Git as far as it may be; also before a restart.',
      [],
    ),
    nextPass: gauge('next_pass_timestamp_seconds', 'When the next pass runs at the latest.', []),
    failures: counter('pass_failures_total', 'Passes that failed as a whole, by error code.', [
      'code',
    ]),
    fetchFailures: counter(
      'fetch_failures_total',
      'Passes that failed because Git could not be read.',
      [],
    ),
  };
}

type StateMetrics = Omit<
  MetricTable,
  | keyof PassMetrics
  | 'registry'
  | 'steps'
  | 'retries'
  | 'copiedBytes'
  | 'registryAnswers'
  | 'webhooks'
  | 'notifications'
>;

function createStateMetrics(gauge: MakeGauge): StateMetrics {
  return {
    condition: gauge('condition', 'Conditions: 1 for the status that is so.', ['type', 'status']),
    conditionSince: gauge(
      'condition_since_timestamp_seconds',
      'Since when a condition has its status.',
      ['type'],
    ),
    items: gauge('items', 'Wanted items of the last pass by outcome.', ['outcome']),
    wantedItems: gauge('wanted_items', 'Items that Git wants, images and indexes.', []),
    catalogPending: gauge(
      'catalog_pending_since_timestamp_seconds',
      'Since when something of a catalog has been waiting; no value for nothing.',
      ['catalog'],
    ),
    catalogWanted: gauge('catalog_wanted_images', 'Images that Git wants for a catalog.', [
      'catalog',
    ]),
    catalogPresent: gauge('catalog_present_images', 'Those of them that production has.', [
      'catalog',
    ]),
    catalogInSync: gauge('catalog_in_sync', '1 where the served index is the one of Git.', [
      'catalog',
    ]),
    checks: gauge('plan_checks', 'What the last plan says that a person must know.', [
      'kind',
      'severity',
    ]),
    holds: gauge('holds', '1 while steps wait though nothing is wrong with them, by why.', [
      'kind',
    ]),
    holdSince: gauge('hold_since_timestamp_seconds', 'Since when a hold has lasted.', ['kind']),
    budgetSpent: gauge(
      'request_budget_spent',
      "Requests of today to a registry, skopeo's estimated.",
      ['host'],
    ),
    budgetLimit: gauge('request_budget_limit', 'Most requests of a day to a registry.', ['host']),
    oldestProof: gauge(
      'oldest_proof_timestamp_seconds',
      'When the image in step that production was asked for longest ago was asked for.',
      [],
    ),
    proofAgeLimit: gauge('proof_age_limit_seconds', 'How old a proof may be: proofAge.', []),
    overdueImages: gauge(
      'overdue_images',
      'Images that production was not asked for in that time, for want of requests.',
      [],
    ),
    freeBytes: gauge('storage_free_bytes', 'Free bytes where production keeps its blobs.', []),
  };
}
