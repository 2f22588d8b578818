import type { Digest } from './digest.ts';

/** How production held an image when it was last found in step. */
export interface SeenImage {
  /** When it was asked for: milliseconds since 1970. */
  readonly at: number;
  /** When its blobs were asked for too; null for never. */
  readonly deepAt: number | null;
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number | null;
  /** Whether `sha256-<hex>` holds a referrers index there. */
  readonly referrers: boolean;
}

/**
 * When each image was last seen in production, across restarts. Only `watch` reads them, and never for
 * longer than `spec.reconcile.proofAge`; a note that is lost costs requests.
 */
export interface ProofNotes {
  /** By a text that stands for the whole question: host, image, tags, what the policy asks besides. */
  recall(fact: string): SeenImage | null;
  note(fact: string, seen: SeenImage): void;
  forget(fact: string): void;
  /** Drops what is older than a time, and writes everything down. Never throws for what the disk does. */
  keep(since: number): Promise<void>;
}
