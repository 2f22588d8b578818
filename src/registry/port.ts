import type { Digest } from '../base/digest.ts';
import type { ContentReader } from '../base/oci.ts';
import type { Presence } from '../base/presence.ts';
import type { ProbeAnswer, ProbeQuestion } from '../base/probe.ts';

/** A registry, read-only: nothing here sends anything but HEAD and GET (promise 1). */
export interface RegistryPort extends ContentReader {
  /** Host with port, as in image references. */
  readonly host: string;
  /** Never throws for what the registry does; `unknown` says why. Rejects only when the signal aborts. */
  headManifest(repository: string, reference: string, signal?: AbortSignal): Promise<Presence>;
  /**
   * Whether the repository clearly holds a blob; false also where that is unknown, since bringing it
   * again does no harm. Rejects only when the signal aborts.
   */
  headBlob(repository: string, digest: Digest, signal?: AbortSignal): Promise<boolean>;
  /** All tags in the registry's order; an unknown repository has none. Throws `ToolError` for anything but 200 and 404. */
  listTags(repository: string, signal?: AbortSignal): Promise<readonly string[]>;
  /**
   * Digests of the manifests that refer to this one, by the referrers API; null where the registry has
   * none. Throws `ToolError` for any other answer than a list.
   */
  listReferrers(
    repository: string,
    digest: Digest,
    signal?: AbortSignal,
  ): Promise<readonly Digest[] | null>;
  /** Asks as told and gives the answer as it came. Never throws for what the registry does; rejects only when the signal aborts. */
  probe(question: ProbeQuestion, signal?: AbortSignal): Promise<ProbeAnswer>;
  /** Requests sent so far, token requests included. */
  countRequests(): number;
  close(): Promise<void>;
}
