import type { EmitEvent } from '../base/events.ts';
import { listMovableTags } from '../images/movable-tags.ts';
import type { WantedImage } from '../images/types.ts';
import type { PerRole } from '../manifest/types.ts';
import type { Observed, Verification } from '../plan/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { LoadedState } from './load-state.ts';
import { observeImages } from './observe-images.ts';
import type { PassOptions } from './pass-options.ts';
import { createVerifier } from './verify-production.ts';

interface Sides {
  readonly state: Pick<LoadedState, 'manifest' | 'snapshot'>;
  readonly registries: PerRole<RegistryPort>;
}

interface Surroundings {
  readonly options: PassOptions;
  readonly now: Date;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

/** Looks at every wanted image, as thoroughly as the pass or the manifest says; at none where images are left aside. */
export async function observeWanted(
  images: readonly WantedImage[],
  { state: { manifest, snapshot }, registries }: Sides,
  { options, now, emit, signal }: Surroundings,
): Promise<{ readonly images: Observed['images']; readonly verification: Verification | null }> {
  if (options.indexOnly) return { images: new Map(), verification: null };
  const verifier = createVerifier(registries.production, {
    level: options.verify ?? manifest.verify,
    revision: snapshot.revision,
    now,
    notes: options.notes ?? null,
    signal,
  });
  const observed = await observeImages(images, registries, {
    policy: manifest.policy,
    movableTags: listMovableTags(manifest),
    prove: verifier?.prove ?? null,
    owes: (upstream) => options.notes?.owes(upstream) === true,
    emit,
    signal,
  });
  return { images: observed, verification: verifier?.summarize() ?? null };
}
