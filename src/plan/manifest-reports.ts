import type { ErrorCode } from '../base/error-codes.ts';
import { type ExitCode, worstOf } from './sum-outcomes.ts';

/** What a command came to for one of several manifests. */
export interface ManifestSection {
  /** Path from the top of the repository. */
  readonly manifest: string;
  readonly exitCode: ExitCode;
  /** What the command prints of one manifest with `--format json`; null where it failed before. */
  readonly report: unknown;
  readonly error: {
    /** `BUG` for a fault of our own. */
    readonly code: ErrorCode | 'BUG';
    readonly message: string;
    readonly hint: string | null;
  } | null;
}

/** What a command prints of several manifests. */
export interface ManifestReports {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'ManifestReports';
  readonly exitCode: ExitCode;
  readonly manifests: readonly ManifestSection[];
}

export function joinSections(manifests: readonly ManifestSection[]): ManifestReports {
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'ManifestReports',
    exitCode: worstOf(...manifests.map(({ exitCode }) => exitCode)),
    manifests,
  };
}
