import type { Digest } from '../base/digest.ts';
import type { UnknownPresence } from '../base/presence.ts';
import type { BaseImage } from '../images/list-bases.ts';
import type { DamagedPart } from '../images/prove-image.ts';
import type { AttachedKind, WantedImage } from '../images/types.ts';

/** A manifest that staging holds. */
export interface StagedManifest {
  readonly repository: string;
  readonly digest: Digest;
  /** In byte order. */
  readonly tags: readonly string[];
  /** Indexes of the repository that name it. */
  readonly partOf: readonly Digest[];
  /** Manifests of the repository that it is a signature or another referrer of. */
  readonly attachedTo: readonly { readonly digest: Digest; readonly kind: AttachedKind }[];
  readonly isReferrersList: boolean;
}

/** What production says of a manifest of staging. */
export type HeldInProduction =
  | { readonly state: 'whole'; readonly repository: string }
  | {
      readonly state: 'damaged';
      readonly repository: string;
      readonly missing: readonly DamagedPart[];
      readonly wrong: readonly DamagedPart[];
    }
  | { readonly state: 'absent'; readonly repositories: readonly string[] }
  | UnknownPresence;

export type AskedImage = WantedImage | BaseImage;

/** Who names a manifest; of several the first of these counts. */
export type Claim =
  | { readonly by: 'git'; readonly image: AskedImage; readonly tagOnly: boolean }
  | { readonly by: 'pod'; readonly pod: string }
  /** Of an index that was not taken in: itself, or an image that it names. */
  | { readonly by: 'pending-index'; readonly catalog: string }
  /** An index that was taken in, as a delivery record says. */
  | { readonly by: 'record'; readonly catalog: string; readonly date: string }
  /** Named by an index that was taken in, and left out of Git. */
  | { readonly by: 'left-out'; readonly catalog: string };

/** Finds who names a manifest itself, by digest or by one of its tags; null for nobody. */
export type FindClaim = (
  manifest: Pick<StagedManifest, 'repository' | 'digest' | 'tags'>,
) => Claim | null;

export interface SeenManifest extends StagedManifest {
  readonly production: HeldInProduction;
}

export type Standing =
  | 'in-production'
  | 'taken-in'
  | 'referrers-list'
  | 'unwanted'
  | 'hindering'
  | 'unclear';

export interface JudgedManifest extends SeenManifest {
  readonly standing: Standing;
  /** Null where nobody names it, nor what it belongs to. */
  readonly claim: Claim | null;
  /** What it belongs to on the way to the claim; null where it is named itself. */
  readonly through: {
    readonly digest: Digest;
    /** Null for a part of an index. */
    readonly kind: AttachedKind | null;
  } | null;
  /** The index of its standing that it is part of, and is told of with; of nested ones the outermost, null for none. */
  readonly foldedInto: Digest | null;
}

/**
 * Says of each manifest in staging whether emptying it would lose something that somebody asks for. What belongs to a
 * manifest is wanted as that is.
 */
export function judgeStaged(
  manifests: readonly SeenManifest[],
  findClaim: FindClaim,
  isSettledTag: (image: AskedImage) => boolean,
): readonly JudgedManifest[] {
  const byRepository = Map.groupBy(manifests, ({ repository }) => repository);
  return [...byRepository.values()].flatMap((own) => {
    const byDigest = new Map(own.map((manifest) => [manifest.digest, manifest]));
    const judged = own.map((manifest) => {
      const claimed = traceClaim(manifest, { byDigest, findClaim, seen: new Set() });
      return { ...manifest, ...claimed, standing: judgeOne(manifest, claimed, isSettledTag) };
    });
    const places = new Map(judged.map((manifest) => [manifest.digest, manifest]));
    return judged.map((manifest) => {
      const top = findTop(manifest, places);
      return { ...manifest, foldedInto: top === manifest.digest ? null : top };
    });
  });
}

type Placed = Pick<JudgedManifest, 'digest' | 'partOf' | 'standing'>;

// No manifest is part of itself: it would have to hold its own hash.
function findTop(
  { digest, partOf, standing }: Placed,
  places: ReadonlyMap<Digest, Placed>,
): Digest {
  const above = partOf
    .map((parent) => places.get(parent))
    .find((parent) => parent?.standing === standing);
  return above === undefined ? digest : findTop(above, places);
}

type Claimed = Pick<JudgedManifest, 'claim' | 'through'>;

interface Trace {
  readonly byDigest: ReadonlyMap<Digest, SeenManifest>;
  readonly findClaim: FindClaim;
  readonly seen: Set<Digest>;
}

const RANKS = ['git', 'pod', 'pending-index', 'record', 'left-out'] as const;

function traceClaim(manifest: SeenManifest, trace: Trace): Claimed {
  const { byDigest, findClaim, seen } = trace;
  if (seen.has(manifest.digest)) return { claim: null, through: null };
  seen.add(manifest.digest);
  const owners = [
    ...manifest.partOf.map((digest) => ({ digest, kind: null })),
    ...manifest.attachedTo,
  ];
  const found: Claimed[] = [{ claim: findClaim(manifest), through: null }];
  for (const through of owners) {
    const { digest } = through;
    const owner = byDigest.get(digest);
    // A signature may have come alone, as its image is in production.
    const claim =
      owner === undefined
        ? findClaim({ repository: manifest.repository, digest, tags: [] })
        : traceClaim(owner, trace).claim;
    found.push({ claim, through });
  }
  return found.toSorted((a, b) => rankOf(a) - rankOf(b))[0] ?? { claim: null, through: null };
}

function rankOf({ claim }: Claimed): number {
  return claim === null ? RANKS.length : RANKS.indexOf(claim.by);
}

function judgeOne(
  { production, isReferrersList }: SeenManifest,
  { claim, through }: Claimed,
  isSettledTag: (image: AskedImage) => boolean,
): Standing {
  if (isReferrersList) return 'referrers-list';
  if (production.state === 'whole') return 'in-production';
  if (claim === null || claim.by === 'left-out') return 'unwanted';
  // Its content is in Git, and so are its parts; what belongs to it is not.
  if (claim.by === 'record')
    return through === null || through.kind === null ? 'taken-in' : 'unwanted';
  if (isSettled(claim, isSettledTag)) return 'unwanted';
  return production.state === 'unknown' ? 'unclear' : 'hindering';
}

// Production keeps its own content of a tag, as the plan says.
function isSettled(claim: Claim, isSettledTag: (image: AskedImage) => boolean): boolean {
  return claim.by === 'git' && claim.tagOnly && isSettledTag(claim.image);
}
