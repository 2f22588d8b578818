import type { Digest } from '../base/digest.ts';
import type { WantedImage } from '../images/types.ts';
import type { PerRole, RoleName } from '../manifest/types.ts';
import type { Amount, Doubt } from './advice-types.ts';
import type { StagedManifest } from './judge-staged.ts';
import type { SizedBlob, UnclearAnswer } from './media-types.ts';

/** A manifest that a registry holds. */
export interface HeldImage extends StagedManifest {
  /** Bytes of the manifest itself; null where it could not be read. */
  readonly size: number | null;
  /** Config and layers. */
  readonly blobs: readonly SizedBlob[];
}

export interface HeldRepository {
  readonly repository: string;
  readonly images: readonly HeldImage[];
  /** What it gave no clear answer to, so that more may be there. */
  readonly unclear: readonly UnclearAnswer[];
  /** Manifests that could not be read. */
  readonly unread: readonly UnclearAnswer[];
}

/** What a registry was seen to hold. */
export interface HeldRegistry {
  /** Repositories that it lists; null where it lists none to this user. */
  readonly listed: readonly string[] | null;
  /** In byte order. */
  readonly repositories: readonly HeldRepository[];
}

/** Bytes by digest, each once: what a disk holds of them. */
export type BlobSizes = ReadonlyMap<Digest, number>;

/** An image with its parts and what is attached to it, or why it has none here. */
export type Lookup = HeldImage | 'absent' | 'unknown';

/** Answers questions to what a registry holds without asking it again. */
export interface HeldBook {
  readonly repositories: readonly HeldRepository[];
  /** Everything. */
  readonly blobs: BlobSizes;
  readonly doubts: readonly Doubt[];
  find(repository: string, reference: string): Lookup;
  /** It and its parts. */
  blobsOf(image: HeldImage): BlobSizes;
  holds(digest: Digest): boolean;
}

export type HeldBooks = PerRole<HeldBook>;

export function createHeldBook({ listed, repositories }: HeldRegistry): HeldBook {
  const byName = new Map(repositories.map((entry) => [entry.repository, createIndex(entry)]));
  const digests = new Set(repositories.flatMap(({ images }) => images.map(({ digest }) => digest)));
  const filled = repositories.filter(({ images }) => images.length > 0);
  // Some registries list what the user may browse, or nothing, where others refuse.
  const isListed = listed !== null && filled.every(({ repository }) => listed.includes(repository));
  const isAnswered = repositories.every(
    ({ unclear, unread }) => unclear.length === 0 && unread.length === 0,
  );
  return {
    repositories,
    blobs: joinBlobs(repositories.flatMap(({ images }) => images.map(ownBlobs))),
    doubts: [
      ...(isListed ? [] : ['unlisted' as const]),
      ...(isAnswered ? [] : ['unanswered' as const]),
    ],
    find(repository, reference) {
      const index = byName.get(repository);
      if (index === undefined) return 'absent';
      return index.images.get(reference) ?? (index.answers ? 'absent' : 'unknown');
    },
    blobsOf({ repository, digest }) {
      const index = byName.get(repository);
      const image = index?.images.get(digest);
      if (index === undefined || image === undefined) return new Map();
      return joinBlobs(listParts(image, index.parts).map(ownBlobs));
    },
    holds: (digest) => digests.has(digest),
  };
}

interface RepositoryIndex {
  /** By digest and by tag. */
  readonly images: ReadonlyMap<string, HeldImage>;
  readonly parts: ReadonlyMap<Digest, readonly HeldImage[]>;
  readonly answers: boolean;
}

function createIndex({ images, unclear }: HeldRepository): RepositoryIndex {
  const parts = new Map<Digest, HeldImage[]>();
  for (const image of images)
    for (const owner of image.partOf) parts.set(owner, [...(parts.get(owner) ?? []), image]);
  return {
    images: new Map(
      images.flatMap((image) =>
        [image.digest, ...image.tags].map((name) => [name, image] as const),
      ),
    ),
    parts,
    answers: unclear.length === 0,
  };
}

function listParts(image: HeldImage, parts: RepositoryIndex['parts']): readonly HeldImage[] {
  return [image, ...(parts.get(image.digest) ?? []).flatMap((part) => listParts(part, parts))];
}

function ownBlobs({ digest, size, blobs }: HeldImage): BlobSizes {
  return new Map([
    ...(size === null ? [] : [[digest, size] as const]),
    ...blobs.map((blob) => [blob.digest, blob.size] as const),
  ]);
}

/** Whether it has a name of its own: no part of an index, and nothing that belongs to another. */
export function standsAlone({ partOf, attachedTo, isReferrersList }: HeldImage): boolean {
  return partOf.length === 0 && attachedTo.length === 0 && !isReferrersList;
}

/** An image where the first of these registries has it; null where none is known to. */
export function findImage(
  { repository, digest, tag }: Pick<WantedImage, 'repository' | 'digest' | 'tag'>,
  roles: readonly RoleName[],
  held: HeldBooks,
): { readonly role: RoleName; readonly image: HeldImage } | null {
  for (const role of roles) {
    const image = held[role].find(repository[role], digest ?? tag ?? 'latest');
    if (typeof image !== 'string') return { role, image };
  }
  return null;
}

export function joinBlobs(all: readonly BlobSizes[]): BlobSizes {
  return new Map(all.flatMap((blobs) => [...blobs]));
}

/** Those of `blobs` that are not in `known`. */
export function withoutBlobs(blobs: BlobSizes, known: BlobSizes): BlobSizes {
  return new Map([...blobs].filter(([digest]) => !known.has(digest)));
}

export function sumBlobs(blobs: BlobSizes): number {
  return [...blobs.values()].reduce((sum, size) => sum + size, 0);
}

/** Nothing found, where something may be there, is not known to be nothing. */
export function createAmount(bytes: number | null, doubts: readonly Doubt[] = []): Amount {
  const isNothing = bytes === 0 && doubts.length > 0;
  return { bytes: isNothing ? null : bytes, doubts: [...new Set(doubts)] };
}

/** A sum, of which nothing is known where of a part nothing is. */
export function addAmounts(amounts: readonly Amount[]): Amount {
  const bytes = amounts.reduce<number | null>(
    (sum, amount) => (sum === null || amount.bytes === null ? null : sum + amount.bytes),
    0,
  );
  return createAmount(
    bytes,
    amounts.flatMap(({ doubts }) => doubts),
  );
}

export function scaleAmount({ bytes, doubts }: Amount, factor: number): Amount {
  return createAmount(bytes === null ? null : Math.round(bytes * factor), doubts);
}

export const OTHER_ROLE: Readonly<Record<RoleName, RoleName>> = {
  production: 'staging',
  staging: 'production',
};
