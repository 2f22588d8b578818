import type { Digest } from '../base/digest.ts';
import type { ProofSummary } from './proof-types.ts';
import type { RequestBudget } from './request-budget.ts';
import type { ExitCode } from './sum-outcomes.ts';
import type { Outcome, Plan, Sums, Verification } from './types.ts';

/** A backup that failed fails no pass: the next one that publishes, or finds all in step, tries again. */
export interface StateBackupResult {
  /** `present`: the backup of this commit was there already. */
  readonly kind: 'pushed' | 'present' | 'failed';
  /** `host/repository:tag` in production. */
  readonly reference: string;
  /** Of what was pushed. */
  readonly bytes: number;
  /** Why it failed; null otherwise. */
  readonly message: string | null;
}

/** What one pass did: every wanted item with its outcome, and sums that add up. */
export interface PassReport {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Report';
  readonly mirror: string;
  readonly revision: string;
  readonly planHash: Digest;
  /** ISO 8601. */
  readonly started: string;
  readonly finished: string;
  readonly sums: Sums;
  readonly outcomes: readonly Outcome[];
  readonly checks: Plan['checks'];
  /** Steps that were carried out, of those planned. */
  readonly steps: { readonly planned: number; readonly done: number };
  /** Bytes of the copies that were carried out, as planned. */
  readonly bytes: number;
  /** Requests that olmirror itself sent, skopeo's not counted. */
  readonly requests: number;
  /** What a look beyond manifests took before the first step; left out where there was none. */
  readonly verification?: Verification;
  /** What each registry with a budget has had of today's requests by now, skopeo's estimated. */
  readonly budgets?: readonly RequestBudget[];
  /** What became of the backup of the state repository; left out where there is none to be made. */
  readonly stateBackup?: StateBackupResult;
  /** How it is known what production holds; left out where everything was asked for. */
  readonly proof?: ProofSummary;
  readonly interrupted: boolean;
  readonly exitCode: ExitCode;
}
