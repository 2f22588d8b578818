import type { Digest } from '../base/digest.ts';
import type { ExitCode } from './sum-outcomes.ts';

/** What `recover` brought back. */
export interface Recovery {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Recovery';
  /** The backup, as `host/repository:tag`. */
  readonly reference: string;
  /** Of its manifest. */
  readonly digest: Digest;
  /** Of the repository, absolute. */
  readonly folder: string;
  readonly branch: string;
  /** Full id of the commit that is checked out. */
  readonly revision: string;
  readonly subject: string;
  /** Of the commit, ISO 8601. */
  readonly time: string;
  /** Commits of its history. */
  readonly commits: number;
  /** The history is cut off, as it was where the backup was made. */
  readonly shallow: boolean;
  /** Name of the manifest, and its path in the repository. */
  readonly mirror: string;
  readonly manifest: string;
  /** Where the repository lived, without credentials; null where that is not known. No remote is set up. */
  readonly source: string | null;
  /** Tags beside it that are no backups of a state repository. */
  readonly ignored: readonly string[];
  readonly exitCode: ExitCode;
}
