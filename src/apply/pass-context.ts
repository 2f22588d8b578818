import type { Clock } from '../base/clock.ts';
import type { ContentReader } from '../base/oci.ts';
import type { JournalEntry } from './journal.ts';
import type { ApplyRequest, Copier, ImageBuilder } from './port.ts';

export interface RetrySettings {
  /** Tries in all. */
  readonly attempts: number;
  /** Tries in all where a registry refuses for too many requests: that ends by waiting. */
  readonly attemptsAfterRefusals: number;
  /** Before the second try; doubled each time, with jitter. */
  readonly delayMilliseconds: number;
  readonly longestDelayMilliseconds: number;
  /** A registry that asks for a longer wait than this is given up for this pass. */
  readonly longestWaitMilliseconds: number;
}

/** What building by podman needs. */
export interface PodmanDeps {
  readonly builder: ImageBuilder;
  /** Opens the folder of an OCI layout that holds one image; throws where it does not. */
  readonly openLayout: (
    folder: string,
  ) => Promise<{ readonly reader: ContentReader; readonly reference: string }>;
}

/** What every step of one pass works with. */
export interface PassContext {
  readonly request: ApplyRequest;
  readonly copier: Copier;
  readonly podman: PodmanDeps;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly retry: RetrySettings;
  readonly stateFolder: string;
  /** Aborts when nothing new may start. */
  readonly stop: AbortSignal;
  /** Aborts when what runs must end too. */
  readonly kill: AbortSignal;
  /** Ids of the copies that have a large layer in common with others. */
  readonly sharing: ReadonlySet<string>;
  /** Ids of the copies of some megabytes at most, and of tags. */
  readonly small: ReadonlySet<string>;
  readonly record: (entry: JournalEntry) => Promise<void>;
}
