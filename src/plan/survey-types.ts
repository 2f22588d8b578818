import type { Digest } from '../base/digest.ts';
import type { DerivedPathRule } from '../images/derive-paths.ts';
import type { PerRole, RoleName } from '../manifest/types.ts';

/** `olmirror survey --format json`. */
export interface Survey {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Survey';
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly hosts: PerRole<string>;
  /** Other names of the registries that clusters or catalogs use. */
  readonly aliases: PerRole<readonly string[]>;
  readonly indexes: readonly SurveyedIndex[];
  /** In byte order of names. */
  readonly operators: readonly SurveyedOperator[];
  readonly rules: readonly DerivedPathRule[];
  /** Upstream images that both registries clearly lack. */
  readonly missing: readonly SurveyedImage[];
  readonly onlyStaging: readonly SurveyedImage[];
  readonly unknown: readonly UnknownSurveyed[];
  /** Addresses of our own hosts in catalogs of which nobody knows what they are upstream. */
  readonly unclear: readonly string[];
  /** What production lists beside what its indexes name; null where it lists nothing to this user. */
  readonly foreign: { readonly listed: number; readonly repositories: readonly string[] } | null;
  /** Of repositories in production with images of an index. */
  readonly tags: SurveyedTags;
  /** Whether staging could be emptied now, as far as this was looked at. */
  readonly emptying: {
    readonly verdict: 'yes' | 'no' | 'unknown';
    readonly hindrances: readonly Hindrance[];
  };
  /** Sent by this run. */
  readonly requests: PerRole<number>;
  /** False where the requests of this run were used up: the next one goes on. */
  readonly complete: boolean;
  /** Commands that follow. */
  readonly next: readonly string[];
  readonly exitCode: 0 | 1;
}

export interface SurveyedIndex {
  readonly role: RoleName;
  /** As `host/repository:tag`. */
  readonly image: string;
  readonly digest: Digest | null;
  /** Why it could not be read; null where it was. */
  readonly fault: string | null;
  readonly packages: number;
  readonly bundles: number;
  /** `itself`: its own command serves it. `extract`: OLM copies it out and serves it. */
  readonly serving: 'itself' | 'extract' | null;
  /** What stands in the way of serving it, as sentences. */
  readonly findings: readonly string[];
  /** Objects of clusters that serve it. */
  readonly servedBy: readonly string[];
}

export interface SurveyedOperator {
  readonly package: string;
  readonly installed: readonly { readonly user: string; readonly bundle: string | null }[];
  /** Heads of the default channels of its indexes, by role; none where no index of that role has it. */
  readonly heads: PerRole<readonly string[]>;
  readonly images: ImageCounts;
}

/** Images by where they are. */
export interface ImageCounts {
  readonly both: number;
  readonly production: number;
  readonly staging: number;
  readonly neither: number;
  readonly unknown: number;
}

export interface SurveyedImage {
  readonly upstream: string;
  /** Bundles that name it, as `package/bundle`. */
  readonly bundles: readonly string[];
}

export interface UnknownSurveyed {
  readonly role: RoleName;
  readonly upstream: string;
  readonly message: string;
}

export interface SurveyedTags {
  /** Repositories whose tags could not be listed. */
  readonly unlisted: number;
  /** Named after a digest, as oc-mirror v2 and olmirror do. */
  readonly digests: number;
  /** Of eight hexadecimal digits, as oc-mirror v1 writes them. */
  readonly hashes: number;
  /** Signatures, attestations, lists of materials. */
  readonly attached: number;
  /** Everything else, by repository. */
  readonly odd: readonly { readonly repository: string; readonly tags: readonly string[] }[];
}

/** What stands in the way of emptying staging. */
export interface Hindrance {
  readonly kind: 'only-staging' | 'unmerged' | 'mirror-rule' | 'served' | 'unknown' | 'no-objects';
  /** Names, at most twenty of `count`. */
  readonly names: readonly string[];
  readonly count: number;
}
