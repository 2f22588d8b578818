import type { ProbeAnswer } from '../base/probe.ts';
import type { RoleName } from '../manifest/types.ts';

/** `unknown`: it cannot be seen by reading, or nobody answered. */
export type FindingState = 'ok' | 'warning' | 'problem' | 'unknown';

/** What was found about one thing, and what to do about it. */
export interface Finding {
  /** Stable name of what was looked at. */
  readonly check: string;
  readonly state: FindingState;
  readonly message: string;
  readonly hint: string | null;
}

export type ProductName = 'Nexus' | 'Harbor' | 'Quay' | 'Zot' | 'distribution';

export interface Product {
  readonly name: ProductName;
  /** With the edition where it is told: `3.90.2-06 (COMMUNITY)`; null where it is not. */
  readonly version: string | null;
  /** What gave it away. */
  readonly seenBy: string;
}

export interface RegistryDiagnosis {
  readonly role: RoleName;
  readonly host: string;
  readonly product: Product | null;
  readonly findings: readonly Finding[];
  /** What to set in this product; holds for any site, not found by looking. */
  readonly advice: readonly string[];
  readonly requests: number;
}

/** `olmirror doctor`. */
export interface Diagnosis {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Diagnosis';
  readonly mirror: string;
  readonly tools: readonly Finding[];
  readonly registries: readonly RegistryDiagnosis[];
}

/** What a look at one image was answered. */
export interface SampleProbes {
  /** `repository:tag` or `repository@digest`. */
  readonly name: string;
  readonly head: ProbeAnswer;
  readonly get: ProbeAnswer;
  /** HEAD by the digest that the bytes of `get` have; null where there were none. */
  readonly byDigest: ProbeAnswer | null;
  /** HEAD of a digest that nothing has. */
  readonly absent: ProbeAnswer;
  readonly referrers: ProbeAnswer;
  readonly tags: ProbeAnswer;
  /** The tag list asked with `n=1`. */
  readonly firstTag: ProbeAnswer;
}

/** Everything that one registry was asked. */
export interface RegistryProbes {
  readonly ping: ProbeAnswer;
  /** Null where no image could be found to look at. */
  readonly sample: SampleProbes | null;
  /** `_catalog` asked with `n=1`; null where nobody answered before. */
  readonly catalog: ProbeAnswer | null;
  /** OCI's list of extensions, which Zot has; null where it was not asked for. */
  readonly extensions: ProbeAnswer | null;
}
