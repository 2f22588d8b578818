import type { Digest } from '../base/digest.ts';
import type { ErrorCode } from '../base/error-codes.ts';
import { isIndexManifest, type ManifestBody, parseManifestBody } from '../base/oci.ts';
import type { Presence, UnknownPresence } from '../base/presence.ts';
import { type Disposition, ToolError } from '../base/tool-error.ts';
import { computeImageId } from '../index/image-id.ts';
import type { RegistryPort } from '../registry/port.ts';
import { interruption } from './retry.ts';

/** A place of which something is asked. */
export interface Place {
  readonly registry: RegistryPort;
  readonly repository: string;
  readonly signal: AbortSignal;
}

/** Digest under a tag or digest, or null where it is clearly absent; throws what `unknown` says (promise 6). */
export async function headDigest(place: Place, reference: string): Promise<Digest | null> {
  const presence = await headPresence(place, reference);
  if (presence.state === 'unknown') throw errorOfUnknown(presence);
  return presence.state === 'present' ? presence.digest : null;
}

/** Throws `APPLY_INTERRUPTED` where the signal aborts. */
export async function headPresence(place: Place, reference: string): Promise<Presence> {
  try {
    return await place.registry.headManifest(place.repository, reference, place.signal);
  } catch (error) {
    if (place.signal.aborted) throw interruption(error);
    throw error;
  }
}

/**
 * Whether the place clearly holds a blob; false also where that is unknown, since bringing it again
 * does no harm. Throws `APPLY_INTERRUPTED` where the signal aborts.
 */
export async function hasBlob(place: Place, digest: Digest): Promise<boolean> {
  try {
    const { state } = await place.registry.headBlob(place.repository, digest, place.signal);
    return state === 'present';
  } catch (error) {
    if (place.signal.aborted) throw interruption(error);
    throw error;
  }
}

const LASTING: ReadonlySet<ErrorCode> = new Set([
  'REGISTRY_UNAUTHORIZED',
  'REGISTRY_FORBIDDEN',
  'REGISTRY_TLS',
  'REGISTRY_NOT_A_REGISTRY',
  'REGISTRY_BAD_AUTH_FILE',
]);

/** The error that an unclear answer stands for, with what to do about it. */
export function errorOfUnknown(presence: UnknownPresence): ToolError {
  const { code, message, hint, retryAfterSeconds } = presence;
  return new ToolError(code, message, {
    disposition: dispositionOf(code),
    ...(hint === null ? {} : { hint }),
    ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
  });
}

function dispositionOf(code: ErrorCode): Disposition {
  if (code === 'REGISTRY_RATE_LIMITED') return 'wait';
  return LASTING.has(code) ? 'stall' : 'retry';
}

/** Children of an index manifest by digest; null for a single image. */
export async function readChildren(
  place: Place,
  reference: string,
): Promise<readonly Digest[] | null> {
  const body = await place.registry.getManifest(place.repository, reference);
  const value = parseManifestBody(body);
  return isIndexManifest(body.mediaType, value)
    ? value.manifests.map((child) => child.digest)
    : null;
}

/** Children of an index of which one has a layer in zstd; null for every other image. */
export async function readZstdChildren(
  place: Place,
  digest: Digest,
): Promise<readonly Digest[] | null> {
  const children = (await readChildren(place, digest)) ?? [];
  for (const child of children) {
    const value = parseManifestBody(await place.registry.getManifest(place.repository, child));
    if ('layers' in value && value.layers.some(({ mediaType }) => mediaType.endsWith('zstd')))
      return children;
  }
  return null;
}

/** Image id of what lies under a tag or digest (design §8). */
export async function readImageId(place: Place, reference: string): Promise<Digest> {
  const body = await place.registry.getManifest(place.repository, reference);
  const value = parseManifestBody(body);
  if (!isIndexManifest(body.mediaType, value)) return configDigest(body);
  const children = value.manifests.map(async ({ digest, platform }) => ({
    platform: platform ?? { os: 'unknown', architecture: 'unknown' },
    digest: configDigest(await place.registry.getManifest(place.repository, digest)),
  }));
  return computeImageId(await Promise.all(children));
}

function configDigest(body: ManifestBody): Digest {
  const value = parseManifestBody(body);
  if ('config' in value) return value.config.digest;
  throw new ToolError('REGISTRY_PROTOCOL', `Manifest ${body.digest} names no config.`, {
    hint: 'It is not a container image.',
  });
}
