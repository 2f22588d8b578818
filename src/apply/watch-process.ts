import type { Readable } from 'node:stream';

export interface WatchLimits {
  readonly totalMilliseconds: number;
  /** Between two pieces of output. */
  readonly idleMilliseconds: number;
  readonly signal: AbortSignal | undefined;
}

export type StopReason = 'timeout' | 'idle' | 'aborted';

/** A child process that leads its own process group. */
export interface GroupLeader {
  readonly pid?: number | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

export interface Watch {
  /** Ends the watch when the process has ended; tells why it was stopped, if it was. */
  end(): StopReason | null;
}

const TERM_GRACE = 2_000;

/** Stops a process group that runs too long, says nothing too long, or is no longer wanted: SIGTERM, then SIGKILL. */
export function watchProcess(child: GroupLeader, limits: WatchLimits): Watch {
  let reason: StopReason | null = null;
  let killer: NodeJS.Timeout | undefined;
  function stop(why: StopReason): void {
    if (reason !== null) return;
    reason = why;
    signalGroup(child.pid, 'SIGTERM');
    killer = setTimeout(signalGroup, TERM_GRACE, child.pid, 'SIGKILL');
  }
  const total = setTimeout(stop, limits.totalMilliseconds, 'timeout');
  const idle = setTimeout(stop, limits.idleMilliseconds, 'idle');
  function onAbort(): void {
    stop('aborted');
  }
  limits.signal?.addEventListener('abort', onAbort, { once: true });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', () => idle.refresh());
  return {
    end(): StopReason | null {
      for (const timer of [total, idle, killer]) clearTimeout(timer);
      limits.signal?.removeEventListener('abort', onAbort);
      return reason;
    },
  };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
