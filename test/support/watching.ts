import type { ChildProcess } from 'node:child_process';
import { type CliOptions, type CliResult, collect, type Scope, type Site } from './site.ts';
import { waitFor } from './wait-for.ts';

/** A running `watch`. */
export interface Watching {
  readonly process: ChildProcess;
  /** What it has logged so far. */
  log(): string;
  /** Waits until the log has it. */
  says(pattern: RegExp): Promise<void>;
  /** Resolves when the process is gone. */
  readonly ended: Promise<CliResult>;
}

/** Starts `watch`, which is killed when the test ends. */
export function startWatching(
  t: Scope,
  site: Pick<Site, 'start'>,
  { args = [], ...options }: CliOptions & { readonly args?: readonly string[] } = {},
): Watching {
  const child = site.start(['watch', ...args], options);
  t.after(() => child.kill('SIGKILL'));
  let log = '';
  child.stdout?.on('data', (text: Buffer | string) => (log += text.toString()));
  return {
    process: child,
    log: () => log,
    says: (pattern) => waitFor(String(pattern), async () => pattern.test(log)),
    ended: collect(child),
  };
}
