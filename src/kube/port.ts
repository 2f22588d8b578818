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

/** A kind of objects, whatever its version, in all namespaces or in one. */
export interface ObjectKind {
  /** API group; empty for Kubernetes' own `v1`. */
  readonly group: string;
  readonly kind: string;
  /** Objects of this namespace alone. */
  readonly namespace?: string;
}

/** An object of a cluster, without what olmirror has no use for (`keep-needed.ts`). */
export interface LiveObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty where the object has none. */
  readonly namespace: string;
  readonly name: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** What an API server says of a kind. */
export type KindReading =
  | { readonly outcome: 'read'; readonly objects: readonly LiveObject[] }
  | {
      /** `missing`: the API server knows no such kind, so there is no such object. */
      readonly outcome: 'forbidden' | 'missing' | 'failed';
      /** A full sentence. */
      readonly message: string;
    };

/** Looks at a cluster with GET and LIST, and changes nothing. */
export interface ObjectReader {
  /** Address of the API server, for people. */
  readonly server: string;
  /**
   * All objects of a kind. Throws `KUBE_UNREACHABLE` and `KUBE_UNAUTHORIZED` where the API server
   * answers nothing at all, or does not know who asks.
   */
  readKind(kind: ObjectKind, signal: AbortSignal): Promise<KindReading>;
}
