import pLimit from 'p-limit';
import type { EmitEvent } from '../base/events.ts';
import { tryParseImageRef } from '../base/image-ref.ts';
import type { ImageSize } from '../images/image-size.ts';
import { mapRepository } from '../images/map-path.ts';
import type { MirrorManifest, PerRole, RoleName } from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { measureImage } from './measure-image.ts';

export interface SizedImage {
  /** As a catalog names it, upstream. */
  readonly image: string;
  /** The registries to ask, in this order; the first that holds the image tells. */
  readonly roles: readonly RoleName[];
}

export interface MeasureContext {
  readonly manifest: MirrorManifest;
  readonly registries: PerRole<RegistryPort>;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

// The registries bound their own requests; this only bounds how many images wait in memory at once.
const IMAGES_AT_ONCE = 64;

/** Asks the registries how large images are, by reference. What no registry tells is unknown, with the reason. */
export async function measureImages(
  images: readonly SizedImage[],
  context: MeasureContext,
): Promise<ReadonlyMap<string, ImageSize>> {
  const limit = pLimit(IMAGES_AT_ONCE);
  const sizes = new Map<string, ImageSize>();
  context.emit({ kind: 'observe-started', images: images.length });
  await Promise.all(
    images.map((image) =>
      limit(async () => {
        context.signal.throwIfAborted();
        sizes.set(image.image, await measureOne(image, context));
        context.emit({ kind: 'observe-progress', done: sizes.size, total: images.length });
      }),
    ),
  );
  return sizes;
}

async function measureOne(
  { image, roles }: SizedImage,
  { manifest, registries, signal }: MeasureContext,
): Promise<ImageSize> {
  const ref = tryParseImageRef(image);
  if (ref === null) return { state: 'unknown', message: 'it is no image reference' };
  const reasons: string[] = [];
  for (const role of roles) {
    const repository = mapRepository(ref, role, manifest);
    const registry = registries[role];
    const head = await registry.headManifest(repository, ref.digest ?? ref.tag ?? 'latest', signal);
    if (head.state === 'absent') continue;
    const found =
      head.state === 'present' ? await measureImage(registry, repository, head.digest) : head;
    // A manifest of a kind that lists no sizes is no empty image.
    if (found.state === 'measured' && Object.keys(found.blobs).length > 0) return found;
    reasons.push(found.state === 'unknown' ? found.message : `${role} tells no sizes of it`);
  }
  return { state: 'unknown', message: reasons[0] ?? `not in ${roles.join(' or ')}` };
}
