import type { Shard } from '../plan/shard.ts';
import type { LeaseChoice } from './read-lease.ts';

export interface ApplierOptions {
  /** How long one copy may take. */
  readonly copyTimeoutMilliseconds: number;
  /** How long what runs may go on after an interrupt. */
  readonly graceMilliseconds?: number;
  /** What part of the manifest it writes; left out for all of it. */
  readonly shard?: Shard;
  /** Default `auto`. */
  readonly lease?: LeaseChoice;
}
