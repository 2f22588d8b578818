import pLimit from 'p-limit';
import type { Digest } from '../base/digest.ts';
import { compareNatural } from '../base/text.ts';
import { isToolError } from '../base/tool-error.ts';
import { servedRepository } from '../images/map-path.ts';
import { readOrigin } from '../index/describe-index.ts';
import { listIndexIds } from '../index/podman-recipe.ts';
import { type IndexIdentity, readIndexIdentity } from '../index/read-index.ts';
import { findActivePin } from '../manifest/active-pin.ts';
import { isNeverMoving, namesDigest } from '../manifest/index-tags.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import type { CatalogIndexes, ListedIndex } from '../plan/index-types.ts';
import { formatImmutableTag } from '../plan/item.ts';
import type { RegistryPort } from '../registry/port.ts';

export interface ListIndexesContext {
  readonly manifest: MirrorManifest;
  /** The one that serves. */
  readonly registry: RegistryPort;
  /** First line of a commit's message; null where the repository has no such commit. */
  readonly readSubject: (revision: string) => Promise<string | null>;
  /** The tag that clusters are told of; the catalog's own where tags may move. */
  readonly servedTag: string;
  /** UTC date, `YYYY-MM-DD`. */
  readonly today: string;
  readonly signal: AbortSignal;
}

/** Each asks for a manifest and its configs; the registry bounds its requests besides. */
const INDEXES_AT_ONCE = 8;

/** Lists the earlier indexes that the serving registry keeps of one catalog, by the tags that never move. */
export async function listIndexes(
  entry: CatalogEntry,
  context: ListIndexesContext,
): Promise<CatalogIndexes> {
  const { manifest, registry, servedTag, signal } = context;
  const { host } = manifest.registries[servingRole(manifest)];
  const repository = servedRepository(entry, manifest);
  const movingTag = entry.tag.production;
  const { pin } = entry;
  const pinEnded = pin !== null && findActivePin(pin, context.today) === null;
  const head = await registry.headManifest(repository, servedTag, signal);
  const place = { catalog: entry.name, host, repository, servedTag, pin, pinEnded };
  const served =
    head.state === 'unknown' ? { state: head.state, message: head.message } : narrow(head);
  const tags = await listTags(repository, context);
  if ('fault' in tags) return { ...place, served, indexes: [], otherTags: [], fault: tags.fault };
  const servedDigest = head.state === 'present' ? head.digest : null;
  const limit = pLimit(INDEXES_AT_ONCE);
  const kept = tags.names.filter((tag) => isNeverMoving(tag, movingTag));
  const indexes = await Promise.all(
    kept.map((tag) =>
      limit(() =>
        readIndex(
          { repository, tag, movingTag, servedDigest, pinned: !pinEnded && tag === pin?.tag },
          context,
        ),
      ),
    ),
  );
  return {
    ...place,
    served,
    indexes: indexes.toSorted(compareAge),
    otherTags: tags.names
      .filter((tag) => tag !== movingTag && !kept.includes(tag))
      .toSorted(compareNatural),
    fault: null,
  };
}

function narrow(
  head: { readonly state: 'absent' } | { readonly state: 'present'; readonly digest: Digest },
): CatalogIndexes['served'] {
  return head.state === 'present' ? { state: head.state, digest: head.digest } : head;
}

async function listTags(
  repository: string,
  { registry, signal }: ListIndexesContext,
): Promise<{ readonly names: readonly string[] } | { readonly fault: string }> {
  try {
    return { names: await registry.listTags(repository, signal) };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { fault: error.message };
  }
}

interface TagPlace {
  readonly repository: string;
  readonly tag: string;
  readonly movingTag: string;
  readonly servedDigest: Digest | null;
  readonly pinned: boolean;
}

async function readIndex(place: TagPlace, context: ListIndexesContext): Promise<ListedIndex> {
  const { repository, tag, pinned } = place;
  context.signal.throwIfAborted();
  try {
    const image = await readIndexIdentity(context.registry, repository, tag);
    const origin = readOrigin(image);
    const revision = origin?.revision ?? null;
    const expected = formatImmutableTag(place.movingTag, image.imageId);
    const misnamed = isMisnamed(image, place);
    return {
      tag,
      origin: misnamed ? 'misnamed' : nameOrigin(origin !== null),
      served: image.digest === place.servedDigest,
      pinned,
      digest: image.digest,
      imageId: image.imageId,
      revision,
      created: origin?.created ?? null,
      subject: revision === null ? null : await context.readSubject(revision),
      message: misnamed ? `its image id would make it ${expected}` : null,
    };
  } catch (error) {
    if (!isToolError(error)) throw error;
    // Signatures and other things that belong to an image may lie under tags of this form.
    const origin = error.code === 'INDEX_NOT_AN_INDEX' ? 'other' : 'unknown';
    return { ...UNREAD, origin, tag, pinned, message: error.message };
  }
}

// An index that podman built is named after its recipe.
function isMisnamed(image: IndexIdentity, { tag, movingTag }: TagPlace): boolean {
  if (namesDigest(tag)) return false;
  return listIndexIds(image).every((id) => tag !== formatImmutableTag(movingTag, id));
}

function nameOrigin(ours: boolean): ListedIndex['origin'] {
  return ours ? 'olmirror' : 'other';
}

const UNREAD = {
  served: false,
  digest: null,
  imageId: null,
  revision: null,
  created: null,
  subject: null,
} as const;

function compareAge(a: ListedIndex, b: ListedIndex): number {
  const [first, second] = [timeOf(a), timeOf(b)];
  return first === second ? compareNatural(a.tag, b.tag) : second - first;
}

function timeOf({ created }: ListedIndex): number {
  const time = created === null ? Number.NaN : Date.parse(created);
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
}
