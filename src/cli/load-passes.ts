import { setImmediate } from 'node:timers/promises';
import type { readFreeSpace } from '../files/free-space.ts';
import type { createPassPreparer } from '../reconcile/prepare-pass.ts';
import type { createMissingReader } from '../reconcile/read-missing-then.ts';
import type { createLayerBuilder } from './build-layers.ts';

/** What a pass is prepared with. */
export interface PassModules {
  readonly createPassPreparer: typeof createPassPreparer;
  readonly createLayerBuilder: typeof createLayerBuilder;
  readonly readFreeSpace: typeof readFreeSpace;
  readonly createMissingReader: typeof createMissingReader;
}

/** Loads what passes need, best while something else is waited for. */
export async function loadPasses(): Promise<PassModules> {
  // Loading holds this thread: a git that was asked for just before is to be started first.
  await setImmediate();
  const [passes, layers, space, missing] = await Promise.all([
    import('../reconcile/prepare-pass.ts'),
    import('./build-layers.ts'),
    import('../files/free-space.ts'),
    import('../reconcile/read-missing-then.ts'),
    // Registries are asked after all else was read: loading what asks them need not be waited for then.
    import('../registry/open-agent.ts'),
  ]);
  return { ...passes, ...layers, ...space, ...missing };
}
