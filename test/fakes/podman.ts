import { rm } from 'node:fs/promises';
import type { PodmanDeps } from '../../src/apply/pass-context.ts';

/** A podman that builds nothing, and tidies up all the same. */
export function createFakePodman(): PodmanDeps {
  return {
    builder: {
      assertReady: () => Promise.resolve(),
      build: () => Promise.reject(new Error('podman was expected to build nothing.')),
      remove: (workspace) => rm(workspace, { recursive: true, force: true }),
    },
    openLayout: (folder) => Promise.reject(new Error(`${folder} was not expected to be opened.`)),
  };
}
