import type { Digest } from '../base/digest.ts';
import type { Problem } from '../base/problem.ts';
import type { PerRole, RoleName } from '../manifest/types.ts';

/** What belongs to an image without being part of it. */
export type AttachedKind = 'signature' | 'attestation' | 'sbom' | 'referrer';

export type WantedKind = 'bundle' | 'related' | 'release' | 'extra' | 'in-use' | AttachedKind;

/** Who needs an image: a bundle of a catalog, a release, the manifest's list, or a cluster that uses it. */
export interface NeededBy {
  readonly catalog: string | null;
  readonly package: string | null;
  /** Bundle name, `release 4.20.3-x86_64`, `images`, or `cluster prod`. */
  readonly item: string;
}

/** One image that the serving registry must hold: a location, however many bundles name it. */
export interface WantedImage {
  /** `repository@digest` or `repository:tag` in the serving registry: unique. */
  readonly key: string;
  readonly kind: WantedKind;
  /** As Git names it, upstream. Of several upstream names for one location the first in byte order. */
  readonly upstream: string;
  /** Null for a tag-only reference: then `tag` is wanted. */
  readonly digest: Digest | null;
  readonly tag: string | null;
  /** Repository by role, with the registry's path prefix. */
  readonly repository: PerRole<string>;
  /** The role that must hold it; the other is where it comes from. */
  readonly serving: RoleName;
  /** Tags that must point at the image. */
  readonly demandedTags: readonly string[];
  /** Tags it gets when it is copied, but that are not asked for when it is there already. */
  readonly arrivalTags: readonly string[];
  /**
   * Those of them that are added where they are not there yet though the image is: a component that several releases
   * have is named by each. Never moved. Left out for none.
   */
  readonly addedTags?: readonly string[];
  readonly neededBy: readonly NeededBy[];
  /** Upstream name of the image that it belongs to, for what is attached to one. */
  readonly attachedTo?: string;
  /** Why it cannot be had: a tag has one content, and several upstream images lay claim to it. */
  readonly clash?: string;
}

/**
 * An image that is wanted by a reference that no registry takes, such as one with a sha512 digest: opm
 * accepts it, but nothing can hold it and nothing can copy it.
 */
export interface UnreadableImage {
  /** The reference as Git has it. */
  readonly upstream: string;
  readonly neededBy: readonly NeededBy[];
  /** What is wrong with it, and where it stands first. */
  readonly problem: Problem;
}
