import type { UpdateRisk } from '../manifest/release-graph.ts';
import type { ReleaseEntry } from '../manifest/types.ts';
import type { Held } from './release-report-types.ts';
import type { PathFinding } from './release-types.ts';

/** A release of OpenShift that is wanted, that a cluster runs, or that production holds. */
export interface CarriedRelease extends ReleaseEntry {
  /** `spec.releases` lists it. */
  readonly wanted: boolean;
  /** Its payload. */
  readonly production: Held;
  /** Versions that its payload names before and after it; null where it was not read. */
  readonly updates: {
    readonly previous: readonly string[];
    readonly next: readonly string[];
  } | null;
}

/** A cluster of `in-use.yaml`. */
export interface CarriedCluster {
  /** Or its pseudonym. */
  readonly name: string;
  /** `YYYY-MM-DD`; null where nobody wrote it down. */
  readonly seen: string | null;
  /** Null where no ClusterVersion was seen. */
  readonly release: {
    readonly version: string;
    readonly channel: string | null;
    /** As releases name it: `x86_64`. */
    readonly architecture: string | null;
    /** Newest first. */
    readonly history: readonly {
      readonly version: string;
      readonly state: 'Completed' | 'Partial';
    }[];
  } | null;
}

/** A graph of updates as JSON. */
export interface CarriedGraph {
  readonly channels: readonly { readonly name: string; readonly versions: readonly string[] }[];
  /** Null where payloads tell which updates there are. */
  readonly edges:
    | readonly {
        readonly from: string;
        readonly to: string;
        readonly risks: readonly UpdateRisk[];
      }[]
    | null;
  readonly blocked: readonly {
    readonly to: string;
    /** As Go names it; null for all. */
    readonly machine: string | null;
    /** Regular expression. */
    readonly from: string;
    /** Null where the update is not there at all. */
    readonly risk: UpdateRisk | null;
  }[];
}

/**
 * Why a release has to come: somebody asked for it outside, `spec.releases` lists it and production lacks it, a cluster runs it and
 * production lacks it, or the way of a cluster leads over it.
 */
export type ReleaseReason = 'asked' | 'wanted' | 'in-use' | 'way';

export interface NeededRelease extends ReleaseEntry {
  readonly why: ReleaseReason;
  /** Upstream, by tag. */
  readonly reference: string;
  /** Of the payload, in production. */
  readonly repository: string;
  readonly state: 'absent' | 'unknown';
  /** That offers it; null where nothing tells. */
  readonly channel: string | null;
}

/** An entry of `mirror.platform.channels` of oc-mirror v2. */
export interface ReleaseChannel {
  readonly name: string;
  readonly minVersion: string;
  readonly maxVersion: string;
  readonly shortestPath: boolean;
  /** It brings these releases and no others. */
  readonly exact: boolean;
}

/** What of releases has to come, and whether clusters get there. */
export interface NeededReleases {
  /** Where the graph is from: a file, `snapshot`; null where payloads alone tell. */
  readonly graph: string | null;
  /** The image with the graph has to come as well, since an UpdateService serves it. */
  readonly updateService: boolean;
  /** By version, then architecture. */
  readonly bring: readonly NeededRelease[];
  /** Asked for, and held by production. */
  readonly held: readonly ReleaseEntry[];
  readonly channels: readonly ReleaseChannel[];
  /** As Go names them. */
  readonly machines: readonly string[];
  /** How each cluster gets to each release asked for or wanted. */
  readonly paths: readonly PathFinding[];
  readonly notes: readonly string[];
}
