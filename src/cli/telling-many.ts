import { formatCount } from '../base/text.ts';
import { VERSION } from '../base/version.ts';
import type { ManyEvent } from '../reconcile/watch-many.ts';
import type { Trigger, WatchSink } from '../reconcile/watch-types.ts';
import { createManyHealth } from '../server/many-health.ts';
import type { ManyMetrics } from '../server/many-metrics.ts';
import { createSystemd, describeWork, type Systemd } from '../server/systemd.ts';
import {
  createServer,
  isThere,
  readHealthOptions,
  type Telling,
  type TellingDeps,
  type TellingOptions,
  tellNotifiers,
} from './telling.ts';

/** What tells others how several loops go. */
export interface ManyTelling {
  /** Of the process: its server, and systemd. */
  readonly triggers: readonly Trigger[];
  /** What the loop of a manifest tells. */
  openLoop(manifest: string, deps: TellingDeps): Telling;
  readonly onMany: (event: ManyEvent) => void;
  close(): Promise<void>;
}

export async function createManyTelling(
  options: TellingOptions,
  deps: Pick<TellingDeps, 'clock' | 'log' | 'signal'>,
): Promise<ManyTelling> {
  const { log, signal } = deps;
  const health = createManyHealth(readHealthOptions(options));
  const { judgeHealth } = health;
  const systemd = createSystemd({ environment: process.env, judgeHealth, signal, warn: log.warn });
  const works = new Map<string, string>();
  const { listen } = options;
  let metrics: ManyMetrics | null = null;
  let server: Trigger | undefined;
  if (listen !== null) {
    const { createManyMetrics } = await import('../server/many-metrics.ts');
    metrics = createManyMetrics(VERSION);
    const { readStates: readStatus } = health;
    server = await createServer(options, { ...deps, listen, health, metrics, readStatus });
  }
  return {
    triggers: [server, systemd?.trigger].filter(isThere),
    openLoop(manifest, loop) {
      const own = metrics?.open(manifest, loop.readStatus);
      if (own !== undefined) loop.wiring.onRegistryAnswer(own.countAnswer);
      const status = systemd === null ? undefined : tellSystemd(systemd, { manifest, works });
      const followed = health.open(manifest, () => loop.readStatus().conditions);
      return {
        sinks: [followed, tellNotifiers({ ...loop, manifest }, own ?? null), own, status].filter(
          isThere,
        ),
        triggers: [],
      };
    },
    onMany(event) {
      if (event.kind === 'manifest-gone') {
        health.drop(event.manifest);
        metrics?.drop(event.manifest);
        works.delete(event.manifest);
      }
      if (event.kind === 'no-manifest') systemd?.say('no manifest is there; waits for one');
    },
    close: async () => systemd?.sink.close(),
  };
}

interface Works {
  readonly manifest: string;
  /** What the loops do, by manifest. */
  readonly works: Map<string, string>;
}

// One line for all: how many are at work, and what was told last.
function tellSystemd(systemd: Systemd, { manifest, works }: Works): WatchSink {
  return {
    onPass: () => undefined,
    onWatch(event) {
      const work = describeWork(event);
      if (work === null) return;
      works.set(manifest, event.kind);
      const running = [...works.values()].filter((kind) => kind === 'pass-started').length;
      const count = `${formatCount(works.size, 'manifest')}, ${running} in a pass`;
      systemd.say(`${count}; ${manifest}: ${work}`);
    },
    close: () => Promise.resolve(),
  };
}
