import { type ImageRef, parseImageRef } from '../base/image-ref.ts';
import { isToolError } from '../base/tool-error.ts';
import { pointsAt, type RegistryNames } from '../cluster/find-pointers.ts';
import { resolveImage } from '../cluster/resolve-image.ts';
import { parseImageReferences } from '../images/release.ts';
import { DEFAULT_ARCHITECTURE, listPayloadsInUse } from '../images/releases-in-use.ts';
import type { ObservedCluster, UsedImage } from '../manifest/observed-cluster.ts';
import type { RelocateUnclear } from '../plan/relocate-check-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { type ReadPayload, readPayload } from './read-payload.ts';

export interface ReleaseImages {
  /** Payloads and what they name, whether something runs of it at the moment or not. */
  readonly images: readonly UsedImage[];
  readonly unclear: readonly RelocateUnclear[];
}

export interface ReleaseContext {
  readonly staging: RegistryPort;
  readonly names: { readonly staging: RegistryNames };
  readonly signal: AbortSignal;
}

/**
 * All images of the releases that a cluster runs or is on the way to, by their payloads in staging. A payload that staging lacks
 * names nothing: it is in the list itself, and will be missed. One that cannot be read is unclear.
 */
export async function listReleaseImages(
  { name, release, mirrors }: ObservedCluster,
  context: ReleaseContext,
): Promise<ReleaseImages> {
  const images: UsedImage[] = [];
  const unclear: RelocateUnclear[] = [];
  for (const { version, image } of release === null ? [] : listPayloadsInUse(release)) {
    if (image === null) continue;
    images.push({ image, users: ['ClusterVersion version'], seen: null });
    try {
      const places = resolveImage(image, mirrors)
        .filter(({ reference }) => pointsAt(reference, context.names.staging))
        .map(({ reference }) => parseImageRef(reference));
      const architecture = release?.architecture ?? DEFAULT_ARCHITECTURE;
      const payload = await findPayload(places, context);
      const components =
        payload === null ? [] : parseImageReferences(payload.references, { version, architecture });
      const users = [`release ${version}`];
      images.push(...components.map((part) => ({ image: part.image, users, seen: null })));
    } catch (error) {
      if (!isToolError(error)) throw error;
      const next = error.hint ?? 'Repeat the check once the registry answers for it.';
      const message = `Its components are not known: ${error.message}`;
      unclear.push({ cluster: name, subject: image, users: [], kind: 'image', message, next });
    }
  }
  return { images, unclear };
}

async function findPayload(
  places: readonly ImageRef[],
  { staging, signal }: ReleaseContext,
): Promise<ReadPayload | null> {
  for (const { repository, digest, tag } of places) {
    const head = await staging.headManifest(repository, digest ?? tag ?? 'latest', signal);
    if (head.state === 'present') return readPayload(staging, repository, head.digest);
  }
  return null;
}
