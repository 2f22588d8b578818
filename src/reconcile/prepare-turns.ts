export interface PrepareTurns {
  /** Does it when its turn has come. `key`: whose it is; the turn ends when it says so, or with the work. */
  hold<Result>(key: string, work: (giveBack: () => void) => Promise<Result>): Promise<Result>;
}

export interface PrepareTurnsOptions {
  /** How many prepare at a time. */
  readonly atOnce: number;
  /** Whoever takes longer waits for a registry, and holds up nobody any more. */
  readonly graceMilliseconds: number;
  readonly signal: AbortSignal;
}

/**
 * Lets few passes be prepared at a time, since reading catalogs takes most of the memory, and a commit wakes all
 * loops at once. A registry that hangs must not hold up the others: a preparation that takes long
 * goes on beside the next, and whoever was slow the last time waits for no turn, and takes none.
 */
export function createPrepareTurns({
  atOnce,
  graceMilliseconds,
  signal,
}: PrepareTurnsOptions): PrepareTurns {
  const slow = new Set<string>();
  const queue: (() => void)[] = [];
  let taken = 0;
  function take(): Promise<void> {
    if (taken < atOnce) {
      taken += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => queue.push(resolve));
  }
  function give(): void {
    const next = queue.shift();
    if (next === undefined) taken -= 1;
    else next();
  }
  signal.addEventListener('abort', () => {
    for (const next of queue.splice(0)) next();
  });
  return {
    async hold(key, work) {
      const holdsTurn = !slow.has(key);
      if (holdsTurn && !signal.aborted) await take();
      const started = performance.now();
      let given = !holdsTurn;
      function giveOnce(): void {
        if (!given) give();
        given = true;
      }
      let judged = false;
      function giveBack(): void {
        giveOnce();
        if (judged) return;
        judged = true;
        if (performance.now() - started < graceMilliseconds) slow.delete(key);
        else slow.add(key);
      }
      const timer = setTimeout(giveOnce, graceMilliseconds);
      try {
        return await work(giveBack);
      } finally {
        clearTimeout(timer);
        giveBack();
      }
    },
  };
}
