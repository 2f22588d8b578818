import { ToolError } from '../../base/tool-error.ts';
import type { PassRecord } from '../../plan/history-types.ts';
import { isPassRecord } from '../../plan/read-kept.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { renderHistoryText, renderPassText } from '../../report/render-history-text.ts';
import type { CommandContext } from '../context.ts';
import { listPasses, openHistory } from '../status-keeper.ts';
import type { Wiring } from '../wire.ts';

export interface HistoryOptions {
  /** Most lines. */
  readonly limit: number;
  readonly format: 'text' | 'json';
}

/** The passes that were kept in the state folder, the newest first; asks no registry. */
export async function runHistory(
  { limit, format }: HistoryOptions,
  context: Pick<CommandContext, 'console'>,
  wiring: Pick<Wiring, 'stateFolder'>,
): Promise<ExitCode> {
  const passes = (await listPasses(wiring.stateFolder)).slice(0, limit);
  const history = { apiVersion: 'olmirror/v1alpha1', kind: 'History', passes } as const;
  context.console.result(
    format === 'json' ? JSON.stringify(history, null, 2) : renderHistoryText(history),
  );
  return 0;
}

export interface ShowOptions {
  /** Id of a pass, or what it begins with. */
  readonly pass: string;
  readonly format: 'text' | 'json';
}

/** One pass with every outcome. */
export async function runHistoryShow(
  { pass, format }: ShowOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const record = await readPass(pass, wiring);
  context.console.result(
    format === 'json' ? JSON.stringify(record, null, 2) : renderPassText(record),
  );
  return 0;
}

async function readPass(name: string, wiring: Wiring): Promise<PassRecord> {
  const passes = await listPasses(wiring.stateFolder);
  const ids = new Set(passes.flatMap(({ id, lastId }) => [id, lastId]));
  const found = [...ids].filter((id) => id.startsWith(name));
  const [id] = found;
  if (id === undefined || (found.length > 1 && !ids.has(name)))
    throw new ToolError(
      'CLI_UNKNOWN_PASS',
      id === undefined
        ? `No pass ${name} has been kept.`
        : `${found.length} passes begin with ${name}: ${found.slice(0, 5).join(', ')}${found.length > 5 ? ', …' : ''}.`,
      { hint: '`olmirror history` lists those that are.' },
    );
  const record = await openHistory(wiring.stateFolder).read(ids.has(name) ? name : id);
  if (isPassRecord(record)) return record;
  throw new ToolError('CLI_UNKNOWN_PASS', `Of pass ${id} only its line has been kept.`, {
    hint: 'The first and the last of passes that were alike are kept as a whole.',
  });
}
