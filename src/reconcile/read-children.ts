import type { Digest } from '../base/digest.ts';
import { formatPlatform, isIndexManifest, parseManifestBody } from '../base/oci.ts';
import type { RegistryPort } from '../registry/port.ts';

export interface ImageChild {
  readonly digest: Digest;
  /** `os/arch[/variant]`; null where the index does not say. */
  readonly platform: string | null;
}

export interface ImageChildren {
  /** Of the image itself. */
  readonly digest: Digest;
  /** None for an image of one platform. */
  readonly children: readonly ImageChild[];
}

/** Reads which manifests an image has below its own. Throws as `getManifest` does. */
export async function readChildren(
  registry: Pick<RegistryPort, 'getManifest'>,
  repository: string,
  reference: string,
): Promise<ImageChildren> {
  const body = await registry.getManifest(repository, reference);
  const value = parseManifestBody(body);
  if (!isIndexManifest(body.mediaType, value)) return { digest: body.digest, children: [] };
  const children = value.manifests.map(({ digest, platform }) => ({
    digest,
    platform: platform === undefined ? null : formatPlatform(platform),
  }));
  return { digest: body.digest, children };
}
