import type { ReconcilerStatus } from '../plan/history-types.ts';
import type { Trigger, Wake } from '../reconcile/watch-types.ts';
import { type Exchange, type ListenAddress, openHttpServer, type Reply } from './http-server.ts';
import type { LoopHealth, Verdict } from './loop-health.ts';
import type { ManifestStates } from './many-health.ts';
import type { Webhook } from './webhook.ts';

export interface WatchServerOptions {
  readonly listen: ListenAddress;
  readonly health: Pick<LoopHealth, 'judgeHealth' | 'judgeReady'>;
  /** What `/readyz` says besides. */
  readonly readStatus: () => Pick<ReconcilerStatus, 'conditions'> | ManifestStates;
  /** In the text format of Prometheus. */
  readonly readMetrics: () => Promise<{ readonly type: string; readonly text: string }>;
  /** Null where no secret was given: then there is no webhook. */
  readonly webhook: Webhook | null;
  /** Told where it listens. */
  readonly onListening: (address: ListenAddress) => void;
  readonly onFault: (error: unknown) => void;
}

/** The HTTP server of `watch`: `/healthz`, `/readyz`, `/metrics`, and `/hook`, by which it is a trigger. */
export function createWatchServer(options: WatchServerOptions): Trigger {
  return {
    async start(ring) {
      await options.webhook?.check();
      const calm = calmDown(ring);
      const server = await openHttpServer(options.listen, {
        answer: (exchange) => answer(exchange, options, calm.ring),
        onFault: options.onFault,
      });
      options.onListening(server.address);
      return () => {
        calm.stop();
        return server.close();
      };
    },
  };
}

const CALM_TIME = 2_000;

// A ring costs a fetch. The first counts at once; those of the next two seconds count as one, at their end.
function calmDown(ring: (wake: Wake) => void): {
  readonly ring: (wake: Wake) => void;
  readonly stop: () => void;
} {
  let timer: NodeJS.Timeout | null = null;
  let waiting: Wake | null = null;
  function ringNow(wake: Wake): void {
    ring(wake);
    timer = setTimeout(() => {
      timer = null;
      const next = waiting;
      waiting = null;
      if (next !== null) ringNow(next);
    }, CALM_TIME);
  }
  return {
    ring(wake) {
      if (timer === null) ringNow(wake);
      else waiting = wake;
    },
    stop: () => clearTimeout(timer ?? undefined),
  };
}

async function answer(
  exchange: Exchange,
  { health, readMetrics, readStatus, webhook }: WatchServerOptions,
  ring: (wake: Wake) => void,
): Promise<Reply> {
  const { method = '', url = '' } = exchange.request;
  const [path = ''] = url.split('?', 1);
  if (path === '/hook' && webhook !== null)
    return method === 'POST' ? webhook.answer(exchange, ring) : refuse(405, 'POST');
  if (!READ_PATHS.includes(path)) return refuse(404);
  if (method !== 'GET' && method !== 'HEAD') return refuse(405, 'GET, HEAD');
  if (path === '/healthz') return tell(health.judgeHealth());
  if (path === '/readyz') return tell({ ...health.judgeReady(), ...readStatus() });
  const { type, text } = await readMetrics();
  return { status: 200, type, body: text };
}

const READ_PATHS: readonly string[] = ['/healthz', '/readyz', '/metrics'];

function tell(verdict: Verdict): Reply {
  return {
    status: verdict.ok ? 200 : 503,
    type: 'application/json',
    body: `${JSON.stringify(verdict)}\n`,
  };
}

function refuse(status: 404 | 405, allow?: string): Reply {
  const body = status === 404 ? 'not found\n' : `use ${allow ?? ''}\n`;
  const reply = { status, type: 'text/plain; charset=utf-8', body };
  return allow === undefined ? reply : { ...reply, allow };
}
