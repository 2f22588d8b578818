/** One cluster of `in-use.yaml`: all that it was seen to use. */
export interface ObservedCluster {
  readonly name: string;
  /** Day on which it was looked at, `YYYY-MM-DD`; null where nobody wrote it down. */
  readonly seen: string | null;
  /** Null where no ClusterVersion was seen. */
  readonly release: ObservedRelease | null;
  readonly bundles: readonly InstalledBundle[];
  readonly images: readonly UsedImage[];
  /** What nodes are told. */
  readonly mirrors: readonly ObservedMirror[];
  readonly unseen: readonly UnseenKind[];
}

export interface ObservedRelease {
  readonly version: string;
  /** Reference of the payload. */
  readonly image: string | null;
  readonly channel: string | null;
  /** As releases name it: `x86_64`. */
  readonly architecture: string | null;
  readonly history: readonly {
    readonly version: string;
    readonly image: string | null;
    readonly state: 'Completed' | 'Partial';
  }[];
}

/** A ClusterServiceVersion, with or without a Subscription. */
export interface InstalledBundle {
  readonly name: string;
  /** Null where nothing tells it. */
  readonly package: string | null;
  readonly namespace: string | null;
  /** An InstallPlan is about to install it. */
  readonly pending: boolean;
}

export interface UsedImage {
  /** As the object names it, before mirror rules. */
  readonly image: string;
  /** For people: `Deployment namespace/name`; none where nobody wrote it down. */
  readonly users: readonly string[];
  /** Last day on which somebody used it; null for the day of the cluster. */
  readonly seen: string | null;
}

/** One rule of an IDMS, ITMS or ICSP; as `MirrorRule` of the room `cluster`, without the file. */
export interface ObservedMirror {
  readonly source: string;
  readonly mirrors: readonly string[];
  readonly redirects: 'digest' | 'tag';
  readonly exclusive: boolean;
  /** Kind and name of the object that says it; empty where nobody wrote it down. */
  readonly object: string;
}

/** A kind of objects that could not be looked at. */
export interface UnseenKind {
  /** `Subscription.operators.coreos.com`, or `Pod` for Kubernetes' own. */
  readonly kind: string;
  readonly why: 'forbidden' | 'missing' | 'truncated' | 'failed';
  readonly message: string | null;
}
