import type { Argv } from 'yargs';
import type { ExitCode } from '../plan/sum-outcomes.ts';
import type { CommandContext, GlobalOptions } from './context.ts';
import type { Wiring } from './wire.ts';

type Command = (context: CommandContext, wiring: Wiring) => Promise<ExitCode>;

/** Runs a command with everything it needs, and keeps its exit code. */
export type Run = (
  command: Command,
  options: GlobalOptions & { readonly format?: string },
) => Promise<void>;

export type Parser = Argv<GlobalOptions>;

interface FormatOption {
  readonly type: 'string';
  readonly choices: readonly ['text', 'json'];
  readonly default: 'text';
  readonly describe: string;
  readonly requiresArg: true;
}

export const FORMAT: FormatOption = {
  type: 'string',
  choices: ['text', 'json'],
  default: 'text',
  describe: 'Form of the result',
  requiresArg: true,
};
