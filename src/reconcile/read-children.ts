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

/** What looking for one child in an image came to: both null where the image is not there, or has it not. */
export interface ChildSearch {
  /** A sentence that says which part of the image it is. */
  readonly remark: string | null;
  /** Why nobody knows. */
  readonly fault: string | null;
}

/** Looks whether an image has a child whose digest begins as `wanted` does. */
export async function findChild(
  registry: Pick<RegistryPort, 'getManifest'>,
  image: { readonly repository: string; readonly reference: string; readonly wanted: string },
): Promise<ChildSearch> {
  try {
    const { children } = await readChildren(registry, image.repository, image.reference);
    const child = children.find(({ digest }) => digest.startsWith(image.wanted));
    return { remark: child === undefined ? null : describeChild(child), fault: null };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { remark: null, fault: error.code === 'REGISTRY_NOT_FOUND' ? null : error.message };
  }
}

function describeChild({ digest, platform }: ImageChild): string {
  return `You asked for ${digest}, which is ${platform === null ? 'a part' : `the ${platform} part`} of it.`;
}
