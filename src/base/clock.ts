/** Time as a value that is passed in, so that tests decide it. */
export interface Clock {
  now(): Date;
  /** Resolves after the time, or rejects with the signal's reason when it aborts first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
