import { type Digest, hexOf, parseDigest } from '../base/digest.ts';
import { servingRepository } from './image-places.ts';
import type { AttachedKind, WantedImage } from './types.ts';

/** Tags under which cosign puts what belongs to an image, by their ending. */
export const COSIGN_TAGS: readonly (readonly [string, AttachedKind])[] = [
  ['.sig', 'signature'],
  ['.att', 'attestation'],
  ['.sbom', 'sbom'],
];

export function isAttachedKind(kind: WantedImage['kind']): kind is AttachedKind {
  return ATTACHED_KINDS.has(kind);
}

const ATTACHED_KINDS: ReadonlySet<string> = new Set<AttachedKind>([
  'signature',
  'attestation',
  'sbom',
  'referrer',
]);

/** `sha256-<hex>`: OCI's tag of a referrers list where there is no referrers API, and the start of cosign's tags. */
export function formatReferrersTag(digest: Digest): string {
  return `sha256-${hexOf(digest)}`;
}

/** What a tag is named after: a digest, and the kind of what is attached to that image under a tag of cosign's. */
export interface DigestTag {
  readonly digest: Digest;
  /** Null where it names the image itself, or ends in a way that nobody knows. */
  readonly kind: AttachedKind | null;
  /** `.sig`, or empty. */
  readonly ending: string;
}

/** Reads `sha256-<hex>`, `olmirror-<hex>` and what follows a dot; null for a tag of any other form. */
export function parseDigestTag(tag: string): DigestTag | null {
  const [, hex, ending = ''] = /^(?:sha256|olmirror)-([0-9a-f]{64})(\..+)?$/.exec(tag) ?? [];
  if (hex === undefined) return null;
  const kind = COSIGN_TAGS.find(([known]) => known === ending)?.[1] ?? null;
  return { digest: parseDigest(`sha256:${hex}`), kind, ending };
}

/** Whether a tag names a digest and points at another: then it holds a list of referrers, which changes. */
export function isReferrersTag(tag: string, digest: Digest): boolean {
  return /^sha256-[0-9a-f]{64}$/.test(tag) && tag !== formatReferrersTag(digest);
}

/** The wanted image that stands for something attached: by tag where it has one of its own, else by digest. */
export function buildAttached(
  subject: WantedImage,
  kind: AttachedKind,
  reference: { readonly tag: string } | { readonly digest: Digest },
): WantedImage {
  const name = 'tag' in reference ? `:${reference.tag}` : `@${reference.digest}`;
  return {
    key: `${servingRepository(subject)}${name}`,
    kind,
    upstream: `${withoutReference(subject.upstream)}${name}`,
    digest: 'tag' in reference ? null : reference.digest,
    tag: 'tag' in reference ? reference.tag : null,
    repository: subject.repository,
    serving: subject.serving,
    demandedTags: [],
    arrivalTags: [],
    neededBy: subject.neededBy,
    attachedTo: subject.upstream,
  };
}

function withoutReference(upstream: string): string {
  const [name = upstream] = upstream.split('@', 1);
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}
