import type { Digest } from '../base/digest.ts';
import type { ContentReader } from '../base/oci.ts';
import type { BlobPresence, Presence } from '../base/presence.ts';
import type { ProbeSample, RegistryProbe } from '../base/registry-probe.ts';

/** A `certs.d/<host>` folder of the containers tools: `*.crt` to trust, `X.cert` with `X.key` to show. */
export interface CertFolder {
  readonly path: string;
  /** Of its entries, sorted. */
  readonly names: readonly string[];
}

/** The folder that counts for a host (with port); null where there is none. Throws `REGISTRY_TLS`. */
export type FindCertFolder = (host: string) => Promise<CertFolder | null>;

/** A registry, read-only: nothing here sends it anything but HEAD and GET (promise 1). */
export interface RegistryPort extends ContentReader {
  /** Host with port, as in image references. */
  readonly host: string;
  /** Never throws for what the registry does; `unknown` says why. Rejects only when the signal aborts. */
  headManifest(repository: string, reference: string, signal?: AbortSignal): Promise<Presence>;
  /** Never throws for what the registry does; `unknown` says why. Rejects only when the signal aborts. */
  headBlob(repository: string, digest: Digest, signal?: AbortSignal): Promise<BlobPresence>;
  /** All tags in the registry's order; an unknown repository has none. Throws `ToolError` for anything but 200 and 404. */
  listTags(repository: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** Asks a few questions and takes down the answers, whatever they are. Rejects only when the signal aborts. */
  probe(sample: ProbeSample | null, signal?: AbortSignal): Promise<RegistryProbe>;
  /** All repositories in the registry's order; null where it has no listing for this user. Throws `ToolError` for any other answer than a list. */
  listRepositories(signal?: AbortSignal): Promise<readonly string[] | null>;
  /**
   * Digests of the manifests that refer to this one, by the referrers API; null where the registry has
   * none. Throws `ToolError` for any other answer than a list.
   */
  listReferrers(
    repository: string,
    digest: Digest,
    signal?: AbortSignal,
  ): Promise<readonly Digest[] | null>;
  /** Requests sent so far, token requests included. */
  countRequests(): number;
  /** Whether requests are spaced, since the registry refused some for being too many (429). */
  isSpaced(): boolean;
  close(): Promise<void>;
}
