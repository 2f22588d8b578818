/** Time as a value that is passed in, so that tests decide it. */
export interface Clock {
  now(): Date;
  /** Resolves after the time, or rejects with the signal's reason when it aborts first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Resolves after the time, or when the signal aborts. */
export async function sleepOrAbort(
  clock: Pick<Clock, 'sleep'>,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  await clock.sleep(milliseconds, signal).catch(() => undefined);
}
