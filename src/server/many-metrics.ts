import { Gauge, Registry } from 'prom-client';
import type { ReconcilerStatus } from '../plan/history-types.ts';
import { createMetricTable } from './metric-table.ts';
import { countLoop, type LoopMetrics, type Metrics, setUpProcess } from './metrics.ts';

/** Metrics of several loops in one process: those of a loop have the label `manifest`. */
export interface ManyMetrics extends Pick<Metrics, 'countHook' | 'read'> {
  /** Counts for the loop of a manifest, from nothing where it began anew. */
  open(manifest: string, readStatus: () => ReconcilerStatus): LoopMetrics;
  drop(manifest: string): void;
}

export function createManyMetrics(version: string): ManyMetrics {
  const shared = new Registry();
  const { build, webhooks } = createMetricTable();
  shared.registerMetric(build);
  shared.registerMetric(webhooks);
  setUpProcess(shared, version, { build, webhooks });
  const loops = new Map<string, Registry>();
  const manifests = new Gauge({
    name: 'olmirror_manifests',
    help: 'Manifests of the repository that are served now.',
    registers: [shared],
  });
  return {
    countHook: (result) => webhooks.inc({ result }),
    open(manifest, readStatus) {
      const table = createMetricTable();
      const { registry } = table;
      for (const name of ['olmirror_build_info', 'olmirror_webhook_requests_total'])
        registry.removeSingleMetric(name);
      registry.setDefaultLabels({ manifest });
      loops.set(manifest, registry);
      manifests.set(loops.size);
      return countLoop(table, readStatus);
    },
    drop(manifest) {
      loops.delete(manifest);
      manifests.set(loops.size);
    },
    async read() {
      const texts = await Promise.all([shared, ...loops.values()].map((each) => each.metrics()));
      return { type: shared.contentType, text: joinExpositions(texts) };
    },
  };
}

/** One text of several: what is said of a metric, and its type, stand once, above the samples of all. */
function joinExpositions(texts: readonly string[]): string {
  const families = new Map<string, string[]>();
  for (const text of texts) {
    for (const family of text.split(/^(?=# HELP )/m)) {
      const [help = '', type = '', ...samples] = family.split('\n');
      const head = `${help}\n${type}`;
      const known = families.get(head) ?? [];
      known.push(...samples.filter((line) => line !== ''));
      families.set(head, known);
    }
  }
  return [...families].map(([head, samples]) => `${[head, ...samples].join('\n')}\n`).join('\n');
}
