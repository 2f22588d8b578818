import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '../base/tool-error.ts';
import type { Trigger, WatchEvent, WatchSink } from '../reconcile/watch-types.ts';
import type { Verdict } from './loop-health.ts';

export interface SystemdOptions {
  /** Of this process: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly judgeHealth: () => Verdict;
  /** When it aborts, stopping has begun. */
  readonly signal: AbortSignal;
  readonly warn: (message: string, hint: string | null) => void;
}

export interface Systemd {
  readonly sink: WatchSink;
  /** Started last, it tells that the loop is up. */
  readonly trigger: Trigger;
  /** How it goes, in a sentence. */
  readonly say: (status: string) => void;
}

const run = promisify(execFile);
const PROGRAM = 'systemd-notify';
const NOTIFY_TIME = 5_000;

/**
 * Tells the service manager how it goes, by `systemd-notify`, since Node has no datagrams over Unix sockets. The service needs
 * `NotifyAccess=all`: the program is a child of ours. Null where nobody listens.
 */
export function createSystemd(options: SystemdOptions): Systemd | null {
  if ((options.environment['NOTIFY_SOCKET'] ?? '') === '') return null;
  const send = createSender(options);
  let timer: NodeJS.Timeout | undefined;
  options.signal.addEventListener('abort', () => {
    send('STOPPING=1', 'STATUS=stopping: ends what runs');
  });
  function say(status: string): void {
    if (!options.signal.aborted) send(`STATUS=${status}`);
  }
  return {
    say,
    trigger: {
      start() {
        // The loop is up, though its first pass may copy for hours: systemd would not wait so long.
        send('READY=1', 'STATUS=looks at Git');
        timer = startWatchdog(options, send);
        return Promise.resolve(() => Promise.resolve());
      },
    },
    sink: {
      onPass: () => undefined,
      onWatch(event) {
        const status = describeWork(event);
        if (status !== null) say(status);
      },
      close() {
        clearInterval(timer);
        return send.settled();
      },
    },
  };
}

/** What a loop does now; null where that is as it was. */
export function describeWork(event: WatchEvent): string | null {
  switch (event.kind) {
    case 'pass-started':
      return `pass for commit ${event.revision.slice(0, 12)} (${event.reason})`;
    case 'sleeping':
      return `${event.why}; next pass by ${event.until.toISOString().slice(0, 19)}Z`;
    case 'pass-ended':
    case 'stopped':
    case 'source-failed':
    case 'source-healed':
    case 'source-rewritten':
      return null;
  }
}

type Send = ((...assignments: readonly string[]) => void) & {
  readonly settled: () => Promise<void>;
};

// One at a time, in order. What waits is joined, so that a slow manager sees the latest.
function createSender({ environment, warn }: SystemdOptions): Send {
  const waiting = new Map<string, string>();
  let running: Promise<void> | null = null;
  let warned = false;
  async function drain(): Promise<void> {
    while (waiting.size > 0) {
      const assignments = [...waiting].map(([name, value]) => `${name}=${value}`);
      waiting.clear();
      await notify(assignments);
    }
    running = null;
  }
  async function notify(assignments: readonly string[]): Promise<void> {
    try {
      await run(PROGRAM, [...assignments], {
        env: { ...environment },
        timeout: NOTIFY_TIME,
      });
    } catch (error) {
      if (warned) return;
      warned = true;
      warn(
        `systemd cannot be told how it goes: ${messageOf(error)}`,
        `Install ${PROGRAM} (it comes with systemd), and set NotifyAccess=all in the service; or use Type=exec without WatchdogSec.`,
      );
    }
  }
  function send(...assignments: readonly string[]): void {
    for (const assignment of assignments) {
      const [name = ''] = assignment.split('=', 1);
      waiting.set(name, assignment.slice(name.length + 1));
    }
    running ??= drain();
  }
  return Object.assign(send, { settled: () => running ?? Promise.resolve() });
}

function startWatchdog(
  { environment, judgeHealth }: SystemdOptions,
  send: Send,
): NodeJS.Timeout | undefined {
  const microseconds = Number(environment['WATCHDOG_USEC']);
  const isForUs = [undefined, '', `${process.pid}`].includes(environment['WATCHDOG_PID']);
  if (!(microseconds > 0) || !isForUs) return undefined;
  return setInterval(() => {
    const health = judgeHealth();
    if (health.ok) send('WATCHDOG=1');
    else send(`STATUS=stuck: ${health.reason}`);
  }, microseconds / 2000);
}
