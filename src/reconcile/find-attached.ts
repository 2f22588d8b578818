import type { Digest } from '../base/digest.ts';
import { isIndexManifest, parseManifestBody } from '../base/oci.ts';
import { type UnknownPresence, unknownFrom } from '../base/presence.ts';
import { isToolError } from '../base/tool-error.ts';
import { buildAttached, COSIGN_TAGS, formatReferrersTag } from '../images/attached.ts';
import type { WantedImage } from '../images/types.ts';
import type { RegistryPort } from '../registry/port.ts';

/** Finds what staging holds beside an image that is to be copied; unknown where it does not tell. */
export type AttachedFinder = (
  image: WantedImage,
  digest: Digest,
) => Promise<readonly WantedImage[] | UnknownPresence>;

/**
 * Makes a finder for one pass. A repository's tags are listed once: three HEADs for each image of a
 * repository cost more from the second image on, and a release has 190 in one. The referrers API is
 * asked for each image until the registry turns out to have none.
 */
export function createAttachedFinder(staging: RegistryPort, signal: AbortSignal): AttachedFinder {
  const lists = new Map<string, Promise<ReadonlySet<string>>>();
  let hasApi = true;
  function listTags(repository: string): Promise<ReadonlySet<string>> {
    const listed =
      lists.get(repository) ?? staging.listTags(repository, signal).then((tags) => new Set(tags));
    lists.set(repository, listed);
    return listed;
  }
  async function listReferrers(
    repository: string,
    digest: Digest,
    tags: ReadonlySet<string>,
  ): Promise<readonly Digest[]> {
    const answer = hasApi ? await staging.listReferrers(repository, digest, signal) : null;
    if (answer !== null) return answer;
    hasApi = false;
    return tags.has(formatReferrersTag(digest)) ? readFallback(staging, repository, digest) : [];
  }
  return async (image, digest) => {
    const repository = image.repository.staging;
    try {
      const tags = await listTags(repository);
      const referrers = await listReferrers(repository, digest, tags);
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
  staging: RegistryPort,
  repository: string,
  digest: Digest,
): Promise<readonly Digest[]> {
  const body = await staging.getManifest(repository, formatReferrersTag(digest));
  if (body.digest === digest) return [];
  const value = parseManifestBody(body);
  return isIndexManifest(body.mediaType, value) ? value.manifests.map((entry) => entry.digest) : [];
}
