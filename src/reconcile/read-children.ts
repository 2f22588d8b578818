import type { Digest } from '../base/digest.ts';
import { formatPlatform, isIndexManifest, parseManifestBody } from '../base/oci.ts';
import { isToolError } from '../base/tool-error.ts';
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

/** A remark where an image has this child; null where it has not, or where that cannot be read. */
export async function findChild(
  registry: RegistryPort,
  image: { readonly repository: string; readonly digest: string; readonly wanted: string },
): Promise<string | null> {
  try {
    const { children } = await readChildren(registry, image.repository, image.digest);
    const child = children.find(({ digest }) => digest.startsWith(image.wanted));
    if (child === undefined) return null;
    const { digest, platform } = child;
    return `You asked for ${digest}, which is ${platform === null ? 'a part' : `the ${platform} part`} of it.`;
  } catch (error) {
    if (!isToolError(error)) throw error;
    return null;
  }
}
