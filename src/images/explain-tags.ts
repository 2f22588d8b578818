import type { Digest } from '../base/digest.ts';
import { isStateTag } from '../base/state-tag.ts';
import { isNeverMoving, namesDigest } from '../manifest/index-tags.ts';
import { parseDigestTag } from './attached.ts';
import type { WantedImage } from './types.ts';

export interface KnownIndex {
  /** In production, path prefix included. */
  readonly repository: string;
  readonly tag: string;
}

export interface ExplainableContent {
  readonly images: readonly Pick<WantedImage, 'digest' | 'tag' | 'repository' | 'demandedTags'>[];
  readonly indexes: readonly KnownIndex[];
  /** Repository of the backups of the state repository; left out where there is none. */
  readonly state?: string;
}

/** Says of what production holds whether Git explains it. */
export interface TagExplainer {
  /** Repositories in production that Git knows, in byte order. */
  readonly repositories: readonly string[];
  /** Digests of wanted images of a repository. */
  digestsOf(repository: string): readonly Digest[];
  /** Adds digests that are explained too: children of wanted indexes, what a wanted tag points at. */
  add(repository: string, digests: readonly Digest[]): void;
  /** Whether the name of a tag is explanation enough, whatever it points at. */
  explainsTag(repository: string, tag: string): boolean;
  /** Whether a tag is explained by what it points at. */
  explainsContent(repository: string, tag: string, digest: Digest): boolean;
}

interface Known {
  readonly digests: Set<Digest>;
  readonly tags: Set<string>;
  readonly indexTags: Set<string>;
}

export function createTagExplainer({ images, indexes, state }: ExplainableContent): TagExplainer {
  const known = new Map<string, Known>();
  function open(repository: string): Known {
    const found = known.get(repository) ?? {
      digests: new Set(),
      tags: new Set(),
      indexTags: new Set(),
    };
    known.set(repository, found);
    return found;
  }
  for (const { digest, tag, repository, demandedTags } of images) {
    const { digests, tags } = open(repository.production);
    if (digest !== null) digests.add(digest);
    for (const name of tag === null ? demandedTags : [tag, ...demandedTags]) tags.add(name);
  }
  for (const { repository, tag } of indexes) open(repository).indexTags.add(tag);
  return {
    repositories: [...known.keys()].toSorted(),
    digestsOf: (repository) => [...(known.get(repository)?.digests ?? [])],
    add(repository, digests) {
      for (const digest of digests) open(repository).digests.add(digest);
    },
    explainsTag(repository, tag) {
      if (repository === state && isStateTag(tag)) return true;
      const here = known.get(repository);
      if (here === undefined) return false;
      if (here.tags.has(tag) || here.indexTags.has(tag)) return true;
      const named = findNamedDigest(tag);
      if (named !== null && here.digests.has(named)) return true;
      return !namesDigest(tag) && [...here.indexTags].some((moving) => isNeverMoving(tag, moving));
    },
    explainsContent(repository, tag, digest) {
      const here = known.get(repository);
      if (here === undefined) return false;
      // A served index that was replaced keeps a tag of its own (design §8).
      return here.digests.has(digest) || (here.indexTags.size > 0 && namesContent(tag, digest));
    },
  };
}

/** The digest in a tag that never moves, or of cosign's: `sha256-<hex>`, `olmirror-<hex>`, `sha256-<hex>.sig`. */
export function findNamedDigest(tag: string): Digest | null {
  const named = parseDigestTag(tag);
  return named === null || (named.ending !== '' && named.kind === null) ? null : named.digest;
}

function namesContent(tag: string, digest: Digest): boolean {
  return namesDigest(tag) && findNamedDigest(tag) === digest;
}
