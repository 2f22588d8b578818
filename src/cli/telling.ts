import { resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/tool-error.ts';
import { createHttpNotifications } from '../forge/http-notifications.ts';
import type { ReconcilerStatus } from '../plan/history-types.ts';
import { createNotifications } from '../reconcile/notifications.ts';
import type { Trigger, WatchSink } from '../reconcile/watch-types.ts';
import type { ListenAddress } from '../server/http-server.ts';
import { createLoopHealth } from '../server/loop-health.ts';
import type { Metrics } from '../server/metrics.ts';
import { createSystemd } from '../server/systemd.ts';
import { createBookStore } from './book-store.ts';
import { VERSION } from './version.ts';
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
  const health = createLoopHealth({
    stuckAfterMilliseconds: options.stuckAfterMilliseconds,
    readMonotonic: () => performance.now(),
  });
  const systemd = createSystemd({
    environment: process.env,
    judgeHealth: health.judgeHealth,
    signal,
    warn,
  });
  const server =
    options.listen === null
      ? null
      : await createServer(options.listen, { options, deps, health, warn });
  const notifications = createNotifications({
    port: createHttpNotifications({
      clock: deps.clock,
      timeoutMilliseconds: readNumber('OLMIRROR_NOTIFICATION_TIMEOUT_MS', NOTIFICATION_TIMEOUT),
      delayMilliseconds: NOTIFICATION_DELAY,
    }),
    store: createBookStore(deps.wiring.stateFolder),
    clock: deps.clock,
    findFile: (path) => resolve(deps.folder, path),
    count: (notifier, result) => server?.metrics.countNotification(notifier, result),
    warn,
  });
  return {
    sinks: [health, notifications, server?.metrics, systemd?.sink].filter(isThere),
    triggers: [server?.trigger, systemd?.trigger].filter(isThere),
  };
}

function isThere<T>(thing: T | undefined): thing is T {
  return thing !== undefined;
}

interface ServerParts {
  readonly options: TellingOptions;
  readonly deps: TellingDeps;
  readonly health: ReturnType<typeof createLoopHealth>;
  readonly warn: (message: string, hint: string | null) => void;
}

async function createServer(
  listen: ListenAddress,
  { options, deps, health, warn }: ServerParts,
): Promise<{ readonly metrics: Metrics; readonly trigger: Trigger }> {
  const { createMetrics } = await import('../server/metrics.ts');
  const { createWatchServer } = await import('../server/watch-server.ts');
  const { createWebhook } = await import('../server/webhook.ts');
  const metrics = createMetrics(VERSION, deps.readStatus);
  deps.wiring.onRegistryAnswer(metrics.countAnswer);
  const { webhookSecretFile: secretFile, ref } = options;
  const webhook =
    secretFile === null
      ? null
      : createWebhook({
          secretFile,
          ref,
          now: () => deps.clock.now(),
          count: metrics.countHook,
          warn,
        });
  const trigger = createWatchServer({
    listen,
    health,
    readMetrics: metrics.read,
    readStatus: deps.readStatus,
    webhook,
    onListening: ({ host, port }) => {
      const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
      deps.log.say(`listens on ${url}`, { listen: url });
    },
    onFault: (error) => warn(`A request could not be answered: ${messageOf(error)}`, null),
  });
  return { metrics, trigger };
}
