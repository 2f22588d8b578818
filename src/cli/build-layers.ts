import type { BuildGroups, GroupJob } from '../index/build-group.ts';
import { loosenMemory } from './bound-memory.ts';
import { type CatalogPool, type CatalogThread, openCatalogPool } from './catalog-pool.ts';

/** Groups whose bytes are in memory at a time: one for each thread, and one that waits. */
const AT_ONCE = 3;
/** A cache is larger than its catalog, and more is made of it, so that a thread pays sooner. */
const WORK = 6;

/** Builds layers on this thread and, where there are enough of them, on others; on `kept` in any case. */
export function createLayerBuilder(signal: AbortSignal, kept?: CatalogThread): BuildGroups {
  return async (jobs, onBuilt) => {
    const size = jobs.reduce((sum, job) => sum + job.size, 0);
    // One layer alone, as after a commit, is built beside what else a pass does.
    const isBusy = jobs.length === 1;
    const tasks = isBusy ? 2 : jobs.length;
    const pool = openCatalogPool({ size: size * WORK, tasks, isBusy, kept, signal });
    const waiting = jobs.entries();
    async function work(): Promise<void> {
      for (const [place, job] of waiting) await onBuilt(place, await buildOne(job, pool));
    }
    try {
      await loosenMemory(() => Promise.all(Array.from({ length: AT_ONCE }, work)));
    } finally {
      await pool.close();
    }
  };
}

type Built = Parameters<Parameters<BuildGroups>[1]>[1];

async function buildOne(job: GroupJob, pool: CatalogPool): Promise<Built> {
  const { files, ...options } = await job.open();
  const [group] = await pool.run({
    kind: 'build-layer',
    files: files.map(({ path, bytes }) => ({ path, size: bytes.length, content: bytes })),
    options,
  });
  return group ?? null;
}
