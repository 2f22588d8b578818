import type { Digest } from '../base/digest.ts';
import { isToolError } from '../base/tool-error.ts';
import { formatProtectTag } from '../images/list-wanted.ts';
import type { RoleName } from '../manifest/types.ts';
import type { ExplainedPlace } from '../plan/explain-types.ts';
import type { ExplainableImage, ExplainContext } from './explain-image.ts';

/** Tags of one repository that are asked where they point: a release has hundreds in one. */
const MOST_TAGS = 100;

/** Where an image is in the registry of a role, and under which tags. */
export async function locateImage(
  image: ExplainableImage,
  role: RoleName,
  context: Pick<ExplainContext, 'registries' | 'signal'>,
): Promise<ExplainedPlace> {
  const registry = context.registries[role];
  const repository = image.repository[role];
  const reference = image.digest ?? image.tag ?? 'latest';
  const place = { role, host: registry.host, repository, reference };
  const head = await registry.headManifest(repository, reference, context.signal);
  if (head.state !== 'present')
    return {
      ...place,
      state: head.state,
      digest: null,
      tags: [],
      tagsComplete: true,
      message: head.state === 'unknown' ? head.message : null,
    };
  const tags = await findTags({ image, digest: head.digest, role }, context);
  return { ...place, state: 'present', digest: head.digest, ...tags };
}

interface Subject {
  readonly image: ExplainableImage;
  readonly digest: Digest;
  readonly role: RoleName;
}

async function findTags(
  { image, digest, role }: Subject,
  { registries, signal }: Pick<ExplainContext, 'registries' | 'signal'>,
): Promise<Pick<ExplainedPlace, 'tags' | 'tagsComplete' | 'message'>> {
  const registry = registries[role];
  const repository = image.repository[role];
  const own = [
    ...(image.tag === null ? [] : [image.tag]),
    ...image.demandedTags,
    ...image.arrivalTags,
    formatProtectTag(digest, false),
    formatProtectTag(digest, true),
  ];
  const listed = await listCandidates(registry.listTags(repository, signal), digest);
  const all = [...new Set([...own, ...listed.tags])];
  const asked = all.slice(0, MOST_TAGS);
  const heads = await Promise.all(
    asked.map((tag) => registry.headManifest(repository, tag, signal)),
  );
  const unclear = heads.find(({ state }) => state === 'unknown');
  return {
    tags: asked.filter((_, i) => {
      const head = heads[i];
      return head?.state === 'present' && head.digest === digest;
    }),
    tagsComplete: listed.fault === null && asked.length === all.length && unclear === undefined,
    message: listed.fault ?? (unclear?.state === 'unknown' ? unclear.message : null),
  };
}

// Tags that are named after another digest point there.
async function listCandidates(
  listing: Promise<readonly string[]>,
  digest: Digest,
): Promise<{ readonly tags: readonly string[]; readonly fault: string | null }> {
  const hex = digest.slice('sha256:'.length);
  try {
    const tags = (await listing).filter((tag) => {
      const named = /^(?:sha256|olmirror)-([0-9a-f]{64})\b/.exec(tag)?.[1];
      return named === undefined || named === hex;
    });
    return { tags, fault: null };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { tags: [], fault: error.message };
  }
}
