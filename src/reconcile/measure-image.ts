import { isIndexManifest, listManifestBlobs } from '../base/oci.ts';
import { type UnknownPresence, unknownFrom } from '../base/presence.ts';
import { isToolError } from '../base/tool-error.ts';
import type { RegistryPort } from '../registry/port.ts';

type Measured =
  | { readonly state: 'measured'; readonly blobs: Readonly<Record<string, number>> }
  | UnknownPresence;

/** Bytes of config and layers by digest, children of an index included. */
export async function measureImage(
  registry: RegistryPort,
  repository: string,
  digest: string,
): Promise<Measured> {
  try {
    return {
      state: 'measured',
      blobs: Object.fromEntries(await listBlobs(registry, repository, digest)),
    };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return unknownFrom(error);
  }
}

async function listBlobs(
  registry: RegistryPort,
  repository: string,
  digest: string,
): Promise<ReadonlyMap<string, number>> {
  const body = await registry.getManifest(repository, digest);
  const value: unknown = JSON.parse(Buffer.from(body.bytes).toString());
  const blobs = new Map<string, number>();
  if (isIndexManifest(body.mediaType, value)) {
    const children = await Promise.all(
      value.manifests.map((child) => listBlobs(registry, repository, child.digest)),
    );
    for (const child of children) for (const [name, size] of child) blobs.set(name, size);
    return blobs;
  }
  for (const entry of listManifestBlobs(value)) blobs.set(entry.digest, entry.size);
  return blobs;
}
