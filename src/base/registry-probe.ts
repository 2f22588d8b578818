import type { Digest } from './digest.ts';

/** An image that a registry is known to hold. */
export interface ProbeSample {
  readonly repository: string;
  readonly tag: string;
}

/** What a registry answered to one read; the headers are lower case. */
export type ProbeAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string | undefined>>;
      /** Whether credentials were sent. */
      readonly loggedIn: boolean;
      /** Of the body; null where it was not read. */
      readonly digest: Digest | null;
      /** Names or tags that the body lists; null where it lists none. */
      readonly listed: number | null;
    }
  | { readonly kind: 'failure'; readonly message: string; readonly hint: string | null };

/** Raw answers of a registry to a few reads, to judge what it can do. The later ones are null without a sample. */
export interface RegistryProbe {
  readonly api: ProbeAnswer;
  /** One page of one name. */
  readonly catalog: ProbeAnswer;
  /** Of the sample's manifest. */
  readonly head: ProbeAnswer | null;
  readonly get: ProbeAnswer | null;
  /** One page of one tag. */
  readonly tags: ProbeAnswer | null;
  readonly referrers: ProbeAnswer | null;
}
