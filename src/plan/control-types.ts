import type { Digest } from '../base/digest.ts';
import type { PassRecord } from './history-types.ts';
import type { PlanBinding } from './types.ts';

/** A suspension that a person asked for on this machine (`olmirror suspend`). */
export interface LocalSuspension {
  readonly reason: string;
  readonly by: string;
  /** ISO 8601. */
  readonly since: string;
  /** ISO 8601; null for no end. */
  readonly until: string | null;
}

/** A plan as somebody can approve it: what it rests on, and each of its steps by id and hash. */
export interface PlanOutline {
  readonly hash: Digest;
  readonly mirror: string;
  readonly revision: string;
  readonly binding: PlanBinding;
  readonly steps: readonly { readonly id: string; readonly hash: Digest }[];
}

/** A plan that may be carried out, or what is left of it. */
export interface Approval {
  readonly by: string;
  /** ISO 8601. */
  readonly time: string;
  readonly plan: PlanOutline;
}

/** `olmirror suspend --format json`, and `resume`. */
export interface SuspensionReport {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Suspension';
  /** What holds from now on; null after `resume`. */
  readonly suspension: LocalSuspension | null;
  readonly before: LocalControl['suspension'];
}

/** `olmirror approve --format json`. */
export interface ApprovalReport {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Approval';
  /** The plan that waits. */
  readonly plan: PlanOutline;
  /** Null where it was only shown. */
  readonly approved: Pick<Approval, 'by' | 'time'> | null;
}

/** `olmirror reconcile --now --format json`. */
export interface PassRequestReport {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'PassRequest';
  /** `received`: the pass is to come. */
  readonly state: 'received' | 'handled';
  /** Null before the pass has ended, as are revision and result. */
  readonly pass: string | null;
  readonly revision: string | null;
  readonly result: PassRecord['result'] | null;
  readonly messages: readonly string[];
  readonly exitCode: 0 | 1 | 4;
}

/** What people decided on this machine. A fault is the sentence that says why a file cannot be read. */
export interface LocalControl {
  readonly suspension: LocalSuspension | { readonly fault: string } | null;
  readonly approval: Approval | { readonly fault: string } | null;
}
