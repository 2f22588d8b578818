import type { Digest } from '../base/digest.ts';
import type { DeliveryRecord } from '../manifest/types.ts';
import type { AskedImage, FindClaim } from './judge-staged.ts';

/** Everything that may name a manifest of staging. */
export interface ClaimSources {
  /** What Git wants, bases of indexes included. */
  readonly images: readonly AskedImage[];
  /** What the indexes in staging name, and which of them are not in Git. */
  readonly contents: readonly {
    readonly catalog: string;
    readonly digest: Digest;
    readonly pending: boolean;
    readonly images: readonly AskedImage[];
  }[];
  /** Indexes that staging serves and that are not in Git, whatever they name. */
  readonly pending: ReadonlyMap<string, string>;
  readonly records: readonly DeliveryRecord[];
  /** Digest → Pod that runs it. */
  readonly pods: ReadonlyMap<string, string>;
}

/** Makes what says who names a manifest. A digest that Git wants is wanted wherever staging has it. */
export function createClaimFinder(sources: ClaimSources): FindClaim {
  const wanted = indexImages(sources.images);
  const pending = sources.contents.filter((content) => content.pending).map(indexContent);
  const taken = sources.contents.filter((content) => !content.pending).map(indexContent);
  const recorded = new Map(sources.records.map((record) => [record.digest, record]));
  return ({ repository, digest, tags }) => {
    const asked = findIn(wanted, { repository, digest, tags });
    if (asked !== null) return { by: 'git', ...asked };
    const pod = sources.pods.get(digest);
    if (pod !== undefined) return { by: 'pod', pod };
    const waiting =
      sources.pending.get(digest) ?? findContent(pending, { repository, digest, tags });
    if (waiting !== null) return { by: 'pending-index', catalog: waiting };
    const record = recorded.get(digest);
    if (record !== undefined) return { by: 'record', catalog: record.catalog, date: record.date };
    const left = findContent(taken, { repository, digest, tags });
    return left === null ? null : { by: 'left-out', catalog: left };
  };
}

interface ImageIndex {
  readonly byDigest: ReadonlyMap<string, AskedImage>;
  /** By `repository:tag` in staging, of tag-only references. */
  readonly byTag: ReadonlyMap<string, AskedImage>;
}

type Subject = Parameters<FindClaim>[0];

function indexImages(images: readonly AskedImage[]): ImageIndex {
  return {
    byDigest: new Map(images.flatMap((it) => (it.digest === null ? [] : [[it.digest, it]]))),
    byTag: new Map(
      images.flatMap((it) => (it.tag === null ? [] : [[`${it.repository.staging}:${it.tag}`, it]])),
    ),
  };
}

function findIn(
  { byDigest, byTag }: ImageIndex,
  { repository, digest, tags }: Subject,
): { readonly image: AskedImage; readonly tagOnly: boolean } | null {
  const exact = byDigest.get(digest);
  if (exact !== undefined) return { image: exact, tagOnly: false };
  for (const tag of tags) {
    const image = byTag.get(`${repository}:${tag}`);
    if (image !== undefined) return { image, tagOnly: true };
  }
  return null;
}

interface ContentIndex {
  readonly catalog: string;
  readonly index: ImageIndex;
}

function indexContent({ catalog, images }: ClaimSources['contents'][number]): ContentIndex {
  return { catalog, index: indexImages(images) };
}

function findContent(contents: readonly ContentIndex[], subject: Subject): string | null {
  return contents.find(({ index }) => findIn(index, subject) !== null)?.catalog ?? null;
}

/** Digests and tags that are named in each repository of staging. */
export function listNamed(images: readonly AskedImage[]): ReadonlyMap<string, ReadonlySet<string>> {
  const named = new Map<string, Set<string>>();
  for (const { repository, digest, tag } of images) {
    const own = named.get(repository.staging) ?? new Set<string>();
    named.set(repository.staging, own.add(digest ?? tag ?? 'latest'));
  }
  return named;
}
