import type { CatalogPin } from '../manifest/types.ts';
import type { ListedIndex } from './index-types.ts';
import type { ExitCode } from './sum-outcomes.ts';
import type { Check, Outcome, PackagePlan } from './types.ts';

/** One of the indexes that production keeps, as a rollback names it. */
export type NamedIndex = Pick<
  ListedIndex,
  'tag' | 'digest' | 'imageId' | 'revision' | 'created' | 'subject'
>;

/** `olmirror index rollback --format json`. */
export interface RollbackReport {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'IndexRollback';
  readonly catalog: string;
  readonly host: string;
  readonly repository: string;
  /** The tag that clusters use. */
  readonly servedTag: string;
  /** What is served before; null where nothing is, or no tag that never moves holds it. */
  readonly from: NamedIndex | null;
  readonly to: NamedIndex;
  readonly pin: CatalogPin;
  /**
   * `move-tag`: the served tag goes there. `cluster-files`: production lets no tag move, so what Git says
   * below `cluster/` changes. `none`: it is served already, and only pinned.
   */
  readonly way: 'move-tag' | 'cluster-files' | 'none';
  /** Whether anything was to be written: `pin-only` leaves the tag to the next pass. */
  readonly mode: 'dry-run' | 'apply' | 'pin-only';
  /** What users will see; null where what is served could not be compared. */
  readonly packages: readonly PackagePlan[] | null;
  readonly checks: readonly Check[];
  /** What became of the tag; null where none was to move. */
  readonly outcome: Outcome | null;
  /** Files of the working tree that changed, to be committed. */
  readonly written: readonly string[];
  readonly exitCode: ExitCode;
}
