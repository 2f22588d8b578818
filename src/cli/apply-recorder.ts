import type { GitPort } from '../git/port.ts';
import type { Hold } from '../plan/history-types.ts';
import type { PassReport } from '../plan/report-types.ts';
import { viewPass } from '../reconcile/pass-view.ts';
import type { PreparedPass } from '../reconcile/prepare-pass.ts';
import { formatPassId, recordPass } from '../reconcile/record-pass.ts';
import type { CommandContext } from './context.ts';
import { keepPass } from './status-keeper.ts';
import { systemClock } from './system-clock.ts';
import type { Wiring } from './wire.ts';

/** Keeps what a run of `apply` came to beside the passes of `watch`. */
export interface Recorder {
  /** `holds`: what kept a part of the plan back. */
  end(prepared: PreparedPass, report: PassReport, holds: readonly Hold[]): Promise<void>;
  /** Keeps nothing where there is no commit to speak of. */
  fail(error: unknown): Promise<void>;
}

interface Place {
  readonly git: GitPort;
  readonly context: CommandContext;
  readonly wiring: Wiring;
}

export function createRecorder({ git, context, wiring }: Place): Recorder {
  const started = systemClock.now();
  const id = formatPassId(started, Math.random());
  async function keep(
    place: { readonly revision: string; readonly subject: string | null },
    ending: Pick<Parameters<typeof recordPass>[1], 'view' | 'report' | 'error' | 'holds'>,
  ): Promise<void> {
    const head = { id, reason: 'apply', started: started.toISOString(), ...place } as const;
    const record = recordPass(head, {
      ...ending,
      interrupted: ending.error !== null && context.signal.aborted,
      finished: systemClock.now().toISOString(),
    });
    await keepPass(record, {
      stateFolder: wiring.stateFolder,
      clock: systemClock,
      warn: (message) => context.progress.emit({ kind: 'warning', message, hint: null }),
    });
  }
  async function findHead(): Promise<string | null> {
    try {
      return await git.resolveRevision('HEAD');
    } catch {
      return null;
    }
  }
  return {
    end(prepared, report, holds) {
      const { revision, subject } = prepared.state.snapshot;
      return keep(
        { revision, subject },
        { view: viewPass(prepared, report), report, holds, error: null },
      );
    },
    async fail(error) {
      const revision = await findHead();
      if (revision !== null)
        await keep({ revision, subject: null }, { view: null, report: null, holds: [], error });
    },
  };
}
