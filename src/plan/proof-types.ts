import type { RoleName } from '../manifest/types.ts';

/** How recently the images of a catalog were seen in production. */
export interface CatalogProof {
  readonly catalog: string;
  /** Images that its bundles name. */
  readonly images: number;
  /** When the one of those in step that was asked for longest ago was, ISO 8601; null for none. */
  readonly oldest: string | null;
  /** The same of their blobs; null for none, or where one's blobs were never asked for. */
  readonly oldestDeep: string | null;
  /** Images that were not seen within `spec.reconcile.proofAge`, and that the requests of the day left no room to ask for. */
  readonly overdue: number;
}

/** How it is known what production holds, where not everything was asked for. */
export interface ProofSummary {
  /** Wanted images: those that were asked for now, those that an earlier look vouches for, and those that nobody knows of. */
  readonly images: number;
  readonly asked: number;
  readonly vouched: number;
  readonly overdue: number;
  /** Of those asked for, how many of whose blobs were too. */
  readonly deep: number;
  /** Of all images in step, whatever wants them: when the one that was asked for longest ago was, ISO 8601; null for none. */
  readonly oldest: string | null;
  /** `spec.reconcile.proofAge`. */
  readonly ageSeconds: number;
  readonly catalogs: readonly CatalogProof[];
}

/** What bounds how often images are asked for. */
export interface ProofLimits {
  /** Role and host of the registry whose requests are short. */
  readonly serving: RoleName;
  readonly host: string;
  readonly overdue: number;
  readonly ageMilliseconds: number;
  /** How often everything can be asked for. */
  readonly reachableAgeMilliseconds: number;
}
