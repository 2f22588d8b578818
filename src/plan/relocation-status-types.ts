export type SwapStepName =
  | 'copied'
  | 'index-served'
  | 'rules-both'
  | 'nodes-updated'
  | 'pods-moved'
  | 'rules-without'
  | 'proof'
  | 'roles';

/** `open`: known not to be done; `unknown`: nobody could look. */
export type SwapState = 'done' | 'open' | 'unknown';

/** What one look at a step found. */
export interface SwapFinding {
  /** Null for what is of no single cluster. */
  readonly cluster: string | null;
  readonly state: SwapState;
  /** A full sentence. */
  readonly message: string;
}

/** One step of a relocation, in the order in which they are done. */
export interface SwapStep {
  readonly step: SwapStepName;
  readonly state: SwapState;
  readonly findings: readonly SwapFinding[];
  /** Commands and changes that do it; none where it is done. */
  readonly forward: readonly string[];
  /** Those that take it back. */
  readonly back: readonly string[];
}

/** `olmirror relocate swap --format json`. */
export interface RelocationStatus {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'RelocationStatus';
  readonly mirror: string;
  /** Full id of the commit. */
  readonly revision: string;
  readonly from: string;
  readonly to: string;
  readonly steps: readonly SwapStep[];
  /** The first step that is not done; null for none. */
  readonly next: SwapStepName | null;
  /** 4 where roles are exchanged and nothing proves that they may be. */
  readonly exitCode: 0 | 4;
}
