import type { Digest } from '../base/digest.ts';
import type { ExitCode } from './sum-outcomes.ts';

/** `olmirror audit --format json`. */
export interface Audit {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Audit';
  readonly host: string;
  readonly pathPrefix: string;
  /** Full id of the commit. */
  readonly revision: string;
  /** `catalog`: the registry listed its repositories; `known`: it did not, so those were looked at that Git knows. */
  readonly listing: 'catalog' | 'known';
  /** Repositories that were looked at. */
  readonly repositories: number;
  /** Repositories outside of `pathPrefix`, which were not. */
  readonly outside: number;
  /** Tags that were looked at. */
  readonly tags: number;
  /** In byte order of repository and digest. */
  readonly extras: readonly ExtraHolding[];
  /** What could not be told. */
  readonly unclear: readonly UnclearHolding[];
  /** Bytes of the extras, a blob that several of them share once. */
  readonly bytes: number;
  readonly requests: number;
  /** Null where nobody asked for it. */
  readonly adopted: Adoption | null;
  readonly exitCode: ExitCode;
}

/** A manifest that has a tag in production and that Git does not explain. */
export interface ExtraHolding {
  readonly repository: string;
  readonly digest: Digest;
  /** In byte order. */
  readonly tags: readonly string[];
  /** It belongs to another extra of the repository, as its signature does. */
  readonly attachedTo: Digest | null;
  /** Of config and layers, those of all platforms; null where they could not be read. */
  readonly bytes: number | null;
  /** When it was built, as it says itself; null where it does not. */
  readonly created: string | null;
  /** Why it could not be read; null where it could. */
  readonly fault: string | null;
}

export interface UnclearHolding {
  readonly repository: string;
  /** Null where the tags could not be listed. */
  readonly tag: string | null;
  readonly message: string;
}

/** What `--adopt` did. */
export interface Adoption {
  /** References written into the manifest. */
  readonly written: readonly string[];
  /** `repository@digest` that no upstream reference leads to. */
  readonly left: readonly string[];
}
