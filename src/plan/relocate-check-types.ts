import type { Digest } from '../base/digest.ts';
import type { CheckedRegistry } from './staging-types.ts';

/** What keeps production from being wiped. */
export type RelocateHindranceKind =
  | 'in-use-gap'
  | 'absent'
  | 'damaged'
  | 'other-digest'
  | 'names-production'
  | 'index-absent'
  | 'index-damaged'
  | 'index-names-production'
  | 'not-served';

/** What could not be told: it blocks as well. */
export type RelocateUnclearKind = 'image' | 'reference' | 'index' | 'catalog';

/** What is told and does not block: `lost` is in neither registry, so that a wipe takes nothing away. */
export type RelocateWarningKind = 'lost';

interface RelocateFinding {
  /** Null for what is of no single cluster. */
  readonly cluster: string | null;
  /** The image, rule, bundle, index or cluster. */
  readonly subject: string;
  /** Who uses it, as `in-use.yaml` says. */
  readonly users: readonly string[];
  readonly message: string;
  readonly next: string;
}

export interface RelocateHindrance extends RelocateFinding {
  readonly kind: RelocateHindranceKind;
}

export interface RelocateUnclear extends RelocateFinding {
  readonly kind: RelocateUnclearKind;
}

export interface RelocateWarning extends RelocateFinding {
  readonly kind: RelocateWarningKind;
}

/** What was read of the commit. */
export interface CheckedInput {
  /** A file, or the folder of a catalog. */
  readonly file: string;
  /** Of its bytes; of a catalog the canonical hash of what it says. */
  readonly digest: Digest;
}

/** `olmirror relocate check --format json`. */
export interface RelocateCheck {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'RelocateCheck';
  readonly mirror: string;
  /** Full id of the commit. */
  readonly revision: string;
  /** When the check ended. */
  readonly time: string;
  readonly production: CheckedRegistry;
  readonly staging: CheckedRegistry;
  readonly verdict: 'proved' | 'not-proved' | 'unknown';
  readonly inputs: readonly CheckedInput[];
  readonly clusters: readonly {
    readonly name: string;
    readonly seen: string | null;
    readonly images: number;
    readonly bundles: number;
  }[];
  /** Images that a cluster resolves to something whole in staging, each once a cluster. */
  readonly proved: number;
  readonly hindrances: readonly RelocateHindrance[];
  readonly unclear: readonly RelocateUnclear[];
  readonly warnings: readonly RelocateWarning[];
  /** Repositories of production that may be wiped; null where nothing is proved, or production does not list them. */
  readonly wipeable: readonly string[] | null;
  readonly requests: number;
  readonly exitCode: 0 | 4;
  /** sha256 of the RFC 8785 JSON of all other fields. */
  readonly hash: Digest;
}
