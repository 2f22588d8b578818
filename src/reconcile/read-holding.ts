import type { Digest } from '../base/digest.ts';
import { isIndexManifest, listManifestBlobs, parseManifestBody } from '../base/oci.ts';
import type { RegistryPort } from '../registry/port.ts';

export interface Holding {
  /** Bytes of config and layers by digest, those of all platforms. */
  readonly blobs: ReadonlyMap<Digest, number>;
  /** When it was built, ISO 8601; null where its config does not say. */
  readonly created: string | null;
  /** Of its config; none where it has none, or is no image. */
  readonly labels: Readonly<Record<string, unknown>>;
}

const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

/** What a manifest of a registry holds. Throws `ToolError` where it, or a child of it, cannot be read. */
export async function readHolding(
  registry: RegistryPort,
  repository: string,
  digest: Digest,
): Promise<Holding> {
  const body = await registry.getManifest(repository, digest);
  const value = parseManifestBody(body);
  const children = isIndexManifest(body.mediaType, value)
    ? value.manifests.map((child) => child.digest)
    : [];
  const images: readonly unknown[] =
    children.length === 0
      ? [value]
      : await Promise.all(
          children.map(async (child) =>
            parseManifestBody(await registry.getManifest(repository, child)),
          ),
        );
  const blobs = new Map(
    images.flatMap((image) => listManifestBlobs(image).map((blob) => [blob.digest, blob.size])),
  );
  const config: unknown = Reflect.get(Object(images[0]), 'config');
  const configDigest: unknown = Reflect.get(Object(config), 'digest');
  const place = listManifestBlobs(images[0]).find((blob) => blob.digest === configDigest);
  const readable = place !== undefined && place.size <= MAX_CONFIG_BYTES;
  return {
    blobs,
    ...(readable ? await readConfig(registry, repository, place.digest) : NO_CONFIG),
  };
}

const NO_CONFIG = { created: null, labels: {} } as const;

// What is built reproducibly says 1970, what has no config of an image says year 1 or nothing.
const OLDEST_BELIEVED = Date.UTC(1971);

async function readConfig(
  registry: RegistryPort,
  repository: string,
  config: Digest,
): Promise<Pick<Holding, 'created' | 'labels'>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await registry.getBlob(repository, config)) chunks.push(chunk);
  const value = Object(parseJson(Buffer.concat(chunks)));
  const created: unknown = Reflect.get(value, 'created');
  const time = typeof created === 'string' ? Date.parse(created) : Number.NaN;
  const labels: unknown = Reflect.get(Object(Reflect.get(value, 'config')), 'Labels');
  return {
    created: time >= OLDEST_BELIEVED ? new Date(time).toISOString() : null,
    labels: { ...Object(labels) },
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return null;
  }
}
