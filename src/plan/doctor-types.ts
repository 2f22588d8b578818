import type { ExitCode } from './sum-outcomes.ts';
import type { VerifiedCheck } from './verified-check.ts';

export type DoctorCheckName =
  | 'git'
  | 'skopeo'
  | 'podman'
  | 'api'
  | 'login'
  | 'head'
  | 'digest'
  | 'tags'
  | 'catalog'
  | 'referrers'
  | 'write-policy'
  | 'delete'
  | 'product';

export type DoctorCheck = VerifiedCheck<DoctorCheckName>;

/** A tool of this machine or a registry, and what was seen of it. */
export interface DoctorSubject {
  /** `this machine`, or a registry by role and host. */
  readonly name: string;
  /** In the order in which they matter; the details of a check are what to do. */
  readonly checks: readonly DoctorCheck[];
}

/** `olmirror doctor --format json`. */
export interface Doctor {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Doctor';
  readonly subjects: readonly DoctorSubject[];
  readonly exitCode: ExitCode;
}

/** 1 where something is wrong or could not be told; what no reading can tell does not count. */
export function exitCodeOfDoctor(subjects: readonly DoctorSubject[]): ExitCode {
  const states = subjects.flatMap(({ checks }) => checks.map(({ state }) => state));
  return states.includes('failed') || states.includes('unknown') ? 1 : 0;
}
