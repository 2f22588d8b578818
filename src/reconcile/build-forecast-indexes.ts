import type { Digest } from '../base/digest.ts';
import type { BuiltBlobs } from '../plan/forecast.ts';
import { findLoaded } from './find-loaded.ts';
import type { PreparedPass } from './prepare-pass.ts';

/** What the indexes that a plan pushes are made of, each built as `apply` would; null of one that podman builds. */
export async function buildIndexes({ plan, state, builder }: PreparedPass): Promise<BuiltBlobs> {
  const built = new Map<string, ReadonlyMap<Digest, number> | null>();
  for (const step of plan.steps) {
    if (step.kind !== 'push-index') continue;
    if (step.builder === 'podman') {
      built.set(step.catalog, null);
      continue;
    }
    const image = await builder.build(findLoaded(state, step), state);
    built.set(
      step.catalog,
      new Map([
        [image.digest, image.manifest.length],
        ...image.blobs.map(({ digest, size }) => [digest, size] as const),
      ]),
    );
  }
  return built;
}
