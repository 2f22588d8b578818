import type { Digest } from '../base/digest.ts';
import { isIndexManifest, parseManifestBody } from '../base/oci.ts';
import { type UnknownPresence, unknownFrom } from '../base/presence.ts';
import { isToolError } from '../base/tool-error.ts';
import { buildAttached, COSIGN_TAGS, formatReferrersTag } from '../images/attached.ts';
import { sourcePlace } from '../images/image-places.ts';
import type { WantedImage } from '../images/types.ts';
import type { PerRole } from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';

/** Finds what the source holds beside an image that is to be copied; unknown where it does not tell. */
export type AttachedFinder = (
  image: WantedImage,
  digest: Digest,
) => Promise<readonly WantedImage[] | UnknownPresence>;

/** A repository that may hold something beside an image. */
interface Beside {
  readonly registry: RegistryPort;
  readonly repository: string;
  readonly tags: ReadonlySet<string>;
}

/**
 * Makes a finder for one pass. A repository's tags are listed once: three HEADs for each image of a
 * repository cost more from the second image on, and a release has 190 in one. The referrers API is
 * asked for each image until the registry turns out to have none.
 */
export function createAttachedFinder(
  registries: PerRole<RegistryPort>,
  signal: AbortSignal,
): AttachedFinder {
  const lists = new Map<string, Promise<ReadonlySet<string>>>();
  let hasApi = true;
  function listTags(registry: RegistryPort, repository: string): Promise<ReadonlySet<string>> {
    const listed =
      lists.get(repository) ?? registry.listTags(repository, signal).then((tags) => new Set(tags));
    lists.set(repository, listed);
    return listed;
  }
  async function listReferrers(
    { registry, repository, tags }: Beside,
    digest: Digest,
  ): Promise<readonly Digest[]> {
    const answer = hasApi ? await registry.listReferrers(repository, digest, signal) : null;
    if (answer !== null) return answer;
    hasApi = false;
    return tags.has(formatReferrersTag(digest)) ? readFallback(registry, repository, digest) : [];
  }
  return async (image, digest) => {
    const { role, repository } = sourcePlace(image);
    const registry = registries[role];
    try {
      const tags = await listTags(registry, repository);
      const referrers = await listReferrers({ registry, repository, tags }, digest);
      const base = formatReferrersTag(digest);
      return [
        ...COSIGN_TAGS.filter(([ending]) => tags.has(base + ending)).map(([ending, kind]) =>
          buildAttached(image, kind, { tag: base + ending }),
        ),
        ...referrers.map((referrer) => buildAttached(image, 'referrer', { digest: referrer })),
      ];
    } catch (error) {
      if (signal.aborted || !isToolError(error)) throw error;
      return unknownFrom(error);
    }
  };
}

// The tag `sha256-<hex>` is the image itself where a mirroring tool gave each image such a tag.
async function readFallback(
  registry: RegistryPort,
  repository: string,
  digest: Digest,
): Promise<readonly Digest[]> {
  const body = await registry.getManifest(repository, formatReferrersTag(digest));
  if (body.digest === digest) return [];
  const value = parseManifestBody(body);
  return isIndexManifest(body.mediaType, value) ? value.manifests.map((entry) => entry.digest) : [];
}
