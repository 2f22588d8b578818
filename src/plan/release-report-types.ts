import type { ReleaseEntry, RoleName } from '../manifest/types.ts';
import type { PathFinding, SignatureFinding } from './release-types.ts';
import type { ExitCode } from './sum-outcomes.ts';

export type Held = 'present' | 'absent' | 'unknown';

/** The images that a payload names, as the registry that serves clusters has them. */
export interface ComponentCount {
  readonly total: number;
  readonly present: number;
  /** Names of components. */
  readonly missing: readonly string[];
  /** Of which it gave no clear answer. */
  readonly unknown: readonly string[];
}

export interface ReportedRelease extends ReleaseEntry {
  /** `spec.releases` lists it. */
  readonly wanted: boolean;
  /** Of the payload, of production where it is there; null where nobody has it. */
  readonly digest: string | null;
  readonly production: Held;
  readonly staging: Held;
  /** Clusters that run something of it. */
  readonly users: readonly {
    readonly cluster: string;
    readonly use: 'running' | 'updating-to' | 'updating-from';
    readonly seen: string | null;
  }[];
  /** Null where the payload was not read: nobody wants or runs it, or nobody has it. */
  readonly signature: Pick<SignatureFinding, 'state' | 'count' | 'message'> | null;
  readonly components: ComponentCount | null;
  /** Why the payload cannot be used; null for nothing. */
  readonly fault: string | null;
}

/** What `olmirror releases` says. */
export interface ReleaseReport {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'ReleaseReport';
  readonly mirror: string;
  readonly revision: string;
  /** ISO 8601. */
  readonly time: string;
  /** The role that serves clusters. */
  readonly serving: RoleName;
  /** Where the graph of updates is; null where payloads alone tell. */
  readonly graph: string | null;
  /** By version, then architecture. */
  readonly releases: readonly ReportedRelease[];
  /** How each cluster gets to each wanted release. */
  readonly paths: readonly PathFinding[];
  /** What could not be read, for people. */
  readonly notes: readonly string[];
  readonly exitCode: ExitCode;
}
