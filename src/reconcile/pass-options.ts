import type { PassNotes } from '../base/pass-notes.ts';
import type { VerifyLevel } from '../base/verify-level.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import type { Shard } from '../plan/shard.ts';
import type { TurnOptions } from './look-in-turn.ts';

export interface PassOptions {
  readonly manifestFile: string;
  /** Plan as if the manifest said so; left out for what it says. */
  readonly strategy?: MirrorManifest['strategy'];
  /** Look at the indexes only: images are neither copied nor looked for. */
  readonly indexOnly: boolean;
  /** Replace an index that was taken in, though it equals Git. */
  readonly rebuild: boolean;
  /** Publish an index that has lost most of what is served; left out for what the manifest says. */
  readonly allowShrink?: boolean;
  /** Null for what the manifest says. */
  readonly verify: VerifyLevel | null;
  /** Of earlier passes; left out where this one only looks. */
  readonly notes?: PassNotes;
  /** Leave for tomorrow what goes beyond a registry's requests of a day; otherwise it is only said. */
  readonly keepsBudget: boolean;
  /** What part of the plan is asked for; left out for the whole. */
  readonly shard?: Shard;
  /** Ask for images in turns; left out where all are asked for. */
  readonly inTurn?: TurnOptions;
}
