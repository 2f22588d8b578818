import type { CommitSource } from './commit-source.ts';

/** One source for several loops. */
export interface SharedSource extends CommitSource {
  /** What the last look found that has ended, be it a commit or why there is none; looks where none was made yet. */
  readCurrent(): Promise<string>;
}

/**
 * Lets several ask for the commit at the price of one look: who asks while one waits to begin gets its answer. Who
 * asks while one runs gets that of the next, since a push may have come between.
 */
export function shareSource(source: CommitSource): SharedSource {
  let running: Promise<string> | null = null;
  let waiting: Promise<string> | null = null;
  let ended: Promise<string> | null = null;
  function begin(): Promise<string> {
    const look = source.readRevision();
    running = look;
    function end(): void {
      running = null;
      ended = look;
    }
    look.then(end, end);
    return look;
  }
  async function beginAfter(earlier: Promise<string>): Promise<string> {
    await earlier.catch(ignore);
    waiting = null;
    return begin();
  }
  function readRevision(): Promise<string> {
    if (running === null) return begin();
    waiting ??= beginAfter(running);
    return waiting;
  }
  return {
    readRevision,
    readCurrent: () => ended ?? running ?? readRevision(),
    readTrouble: () => source.readTrouble(),
  };
}

function ignore(): void {}
