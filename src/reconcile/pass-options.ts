import type { PassNotes } from '../base/pass-notes.ts';
import type { VerifyLevel } from '../base/verify-level.ts';
import type { TurnOptions } from './look-in-turn.ts';

export interface PassOptions {
  readonly manifestFile: string;
  /** Look at the indexes only: images are neither copied nor looked for. */
  readonly indexOnly: boolean;
  /** Replace an index that was taken in, though it equals Git. */
  readonly rebuild: boolean;
  /** Null for what the manifest says. */
  readonly verify: VerifyLevel | null;
  /** Of earlier passes; left out where this one only looks. */
  readonly notes?: PassNotes;
  /** Leave for tomorrow what goes beyond a registry's requests of a day; otherwise it is only said. */
  readonly keepsBudget: boolean;
  /** Ask for images in turns; left out where all are asked for. */
  readonly inTurn?: TurnOptions;
}
