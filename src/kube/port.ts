/** What a Lease says; absent fields are null. */
export interface LeaseRecord {
  /** Null or empty where nobody holds it. */
  readonly holder: string | null;
  readonly durationSeconds: number | null;
  /** ISO 8601, by the holder's clock: it only tells one sign of life from the next. */
  readonly renewed: string | null;
  readonly acquired: string | null;
  /** How often it went from one holder to another. */
  readonly transitions: number;
  /** A replacement is only taken while this is its version. */
  readonly version: string;
}

export type LeaseContent = Omit<LeaseRecord, 'version'>;

/** The Leases of one namespace. All throw `KUBE_…` where the API server gives no clear answer. */
export interface LeaseStore {
  readonly namespace: string;
  /** Names of all Leases that somebody holds, of olmirror or not. */
  listHeld(): Promise<readonly string[]>;
  /** Null where there is none. */
  getLease(name: string): Promise<LeaseRecord | null>;
  /** Null where there is one already. */
  createLease(name: string, content: LeaseContent): Promise<LeaseRecord | null>;
  /** Null where it was changed or removed since it was read. */
  replaceLease(name: string, version: string, content: LeaseContent): Promise<LeaseRecord | null>;
}
