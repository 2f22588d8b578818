import type { Clock } from '../base/clock.ts';

export interface KillSwitch {
  /** Aborts some time after the caller's signal. */
  readonly signal: AbortSignal;
  /** Ends the switch without an abort. */
  end(): void;
}

export interface KillOptions {
  readonly clock: Clock;
  readonly graceMilliseconds: number;
  /** Aborts where there may be no grace. */
  readonly atOnce: AbortSignal;
  /** Called once, when the caller's signal aborts. */
  readonly onStop: () => void;
}

/** Gives what runs a grace after an interrupt, then aborts it; aborts it at once where `atOnce` does. */
export function createKillSwitch(stop: AbortSignal, options: KillOptions): KillSwitch {
  const kill = new AbortController();
  const ended = new AbortController();
  function begin(): void {
    options.onStop();
    options.clock.sleep(options.graceMilliseconds, ended.signal).then(
      () => kill.abort(),
      () => undefined,
    );
  }
  function cut(): void {
    kill.abort();
  }
  if (stop.aborted) begin();
  else stop.addEventListener('abort', begin, { once: true });
  options.atOnce.addEventListener('abort', cut, { once: true });
  return {
    signal: kill.signal,
    end(): void {
      stop.removeEventListener('abort', begin);
      options.atOnce.removeEventListener('abort', cut);
      ended.abort();
    },
  };
}
