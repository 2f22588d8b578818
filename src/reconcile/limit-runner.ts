import type { EmitEvent } from '../base/events.ts';
import type { PassRunner } from './pass-runner.ts';
import type { PrepareTurns } from './prepare-turns.ts';

export interface RunnerLimit {
  /** Whose passes they are. */
  readonly key: string;
  readonly turns: PrepareTurns;
  readonly emit: EmitEvent;
}

/**
 * Runs passes that look at registries in turns with those of others; what follows takes none. A process of passes
 * ends with its pass, and none is started for one that may come: of many loops each would else keep a catalog
 * in memory, and one commit would start a process for every one of them at once.
 */
export function limitRunner(
  open: (emit: EmitEvent) => PassRunner,
  { key, turns, emit }: RunnerLimit,
): PassRunner {
  const turn = { end: ignore };
  const runner = open((event) => {
    if (event.kind === 'observe-finished') turn.end();
    emit(event);
  });
  return {
    run: (task) =>
      turns.hold(key, async (giveBack) => {
        turn.end = giveBack;
        try {
          return await runner.run(task);
        } finally {
          turn.end = ignore;
          await runner.close();
        }
      }),
    warm: ignore,
    close: () => runner.close(),
  };
}

function ignore(): void {}
