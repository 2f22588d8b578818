import { resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/tool-error.ts';
import { VERSION } from '../base/version.ts';
import { createHttpNotifications } from '../forge/http-notifications.ts';
import type { ReconcilerStatus } from '../plan/history-types.ts';
import { createNotifications } from '../reconcile/notifications.ts';
import type { Trigger, WatchSink } from '../reconcile/watch-types.ts';
import type { ListenAddress } from '../server/http-server.ts';
import {
  createLoopHealth,
  type LoopHealth,
  type LoopHealthOptions,
} from '../server/loop-health.ts';
import type { Metrics } from '../server/metrics.ts';
import { createSystemd } from '../server/systemd.ts';
import type { WatchServerOptions } from '../server/watch-server.ts';
import { createBookStore } from './book-store.ts';
import type { WatchLog } from './watch-log.ts';
import { readNumber, type Wiring } from './wire.ts';

export interface TellingOptions {
  /** Null for no server. */
  readonly listen: ListenAddress | null;
  readonly webhookSecretFile: string | null;
  /** Branch or tag that is followed. */
  readonly ref: string;
  readonly stuckAfterMilliseconds: number;
}

export interface TellingDeps {
  readonly wiring: Pick<Wiring, 'onRegistryAnswer' | 'stateFolder'>;
  /** Of the manifest. */
  readonly folder: string;
  /** Its path, where one process serves several; left out for the only one. */
  readonly manifest?: string;
  readonly clock: Clock;
  readonly log: Pick<WatchLog, 'say' | 'warn'>;
  /** Told of every event before the sinks of here. */
  readonly readStatus: () => ReconcilerStatus;
  readonly signal: AbortSignal;
}

/** What tells others how the loop goes, and what they tell it. */
export interface Telling {
  readonly sinks: readonly WatchSink[];
  readonly triggers: readonly Trigger[];
}

const NOTIFICATION_TIMEOUT = 10_000;
const NOTIFICATION_DELAY = 1_000;

export async function createTelling(options: TellingOptions, deps: TellingDeps): Promise<Telling> {
  const { warn } = deps.log;
  const { signal } = deps;
  const health = createLoopHealth(readHealthOptions(options));
  const systemd = createSystemd({
    environment: process.env,
    judgeHealth: health.judgeHealth,
    signal,
    warn,
  });
  const { listen } = options;
  const server = listen === null ? null : await openServer(listen, { options, deps, health });
  const notifications = tellNotifiers(deps, server?.metrics ?? null);
  return {
    sinks: [health, notifications, server?.metrics, systemd?.sink].filter(isThere),
    triggers: [server?.trigger, systemd?.trigger].filter(isThere),
  };
}

export function isThere<T>(thing: T | undefined): thing is T {
  return thing !== undefined;
}

export function readHealthOptions({
  stuckAfterMilliseconds,
}: Pick<TellingOptions, 'stuckAfterMilliseconds'>): LoopHealthOptions {
  return { stuckAfterMilliseconds, readMonotonic: () => performance.now() };
}

/** Notifications of one manifest. */
export function tellNotifiers(
  { wiring, folder, manifest, clock, log }: TellingDeps,
  metrics: Pick<Metrics, 'countNotification'> | null,
): WatchSink {
  return createNotifications({
    port: createHttpNotifications({
      clock,
      timeoutMilliseconds: readNumber('OLMIRROR_NOTIFICATION_TIMEOUT_MS', NOTIFICATION_TIMEOUT),
      delayMilliseconds: NOTIFICATION_DELAY,
    }),
    store: createBookStore(wiring.stateFolder),
    clock,
    ...(manifest === undefined ? {} : { manifest }),
    findFile: (path) => resolve(folder, path),
    count: (notifier, result) => metrics?.countNotification(notifier, result),
    warn: log.warn,
  });
}

interface ServerParts {
  readonly options: TellingOptions;
  readonly deps: TellingDeps;
  readonly health: LoopHealth;
}

async function openServer(
  listen: ListenAddress,
  { options, deps, health }: ServerParts,
): Promise<{ readonly metrics: Metrics; readonly trigger: Trigger }> {
  const { createMetrics } = await import('../server/metrics.ts');
  const metrics = createMetrics(VERSION, deps.readStatus);
  deps.wiring.onRegistryAnswer(metrics.countAnswer);
  const trigger = await createServer(options, {
    ...deps,
    listen,
    health,
    metrics,
    readStatus: () => ({ conditions: deps.readStatus().conditions }),
  });
  return { metrics, trigger };
}

export interface ServerDeps
  extends Pick<TellingDeps, 'clock' | 'log'>,
    Pick<WatchServerOptions, 'listen' | 'health' | 'readStatus'> {
  readonly metrics: Pick<Metrics, 'countHook' | 'read'>;
}

/** The HTTP server of `watch`. */
export async function createServer(
  { webhookSecretFile: secretFile, ref }: TellingOptions,
  { clock, log, listen, health, metrics, readStatus }: ServerDeps,
): Promise<Trigger> {
  const { createWatchServer } = await import('../server/watch-server.ts');
  const { createWebhook } = await import('../server/webhook.ts');
  const { warn } = log;
  const count = metrics.countHook;
  const webhook =
    secretFile === null
      ? null
      : createWebhook({ secretFile, ref, now: () => clock.now(), count, warn });
  return createWatchServer({
    listen,
    health,
    readMetrics: metrics.read,
    readStatus,
    webhook,
    onListening: ({ host, port }) => {
      const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
      log.say(`listens on ${url}`, { listen: url });
    },
    onFault: (error) => warn(`A request could not be answered: ${messageOf(error)}`, null),
  });
}
