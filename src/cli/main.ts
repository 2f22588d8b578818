import yargs, { type Argv } from 'yargs';
import { redactSecrets } from '../base/redact.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import { isHoldCode } from '../plan/hold-codes.ts';
import type { ExitCode } from '../plan/sum-outcomes.ts';
import { addCommands } from './add-commands.ts';
import type { Run } from './command-options.ts';
import { createConsole, formatError } from './console.ts';
import { type CommandContext, enterFolder, type GlobalOptions } from './context.ts';
import { makePrintable } from './printable.ts';
import { createProgress } from './progress.ts';
import { VERSION } from './version.ts';

/** Runs one command line; the result is the exit code of design §9. */
export async function main(argv: readonly string[]): Promise<number> {
  hideSecrets(argv);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  const outcome: { code: ExitCode; failure: unknown } = { code: 0, failure: null };
  async function run(...[command, options]: Parameters<Run>): Promise<void> {
    outcome.code = await runCommand(command, options);
  }
  try {
    await addCommands(createParser(argv), run).parseAsync();
  } catch (error) {
    outcome.failure = error;
  }
  if (outcome.failure === null) return outcome.code;
  const verbose = argv.includes('--verbose') || argv.includes('-v');
  process.stderr.write(`${makePrintable(formatError(outcome.failure, verbose))}\n`);
  return exitCodeOf(outcome.failure);
}

function exitCodeOf(failure: unknown): ExitCode {
  if (!isToolError(failure)) return 1;
  if (failure.code === 'PLAN_STALE') return 3;
  return isHoldCode(failure.code) ? 4 : 1;
}

// `olmirror plan | head -1` closes the pipe early; what a command does must not hang on its reader.
function ignoreClosedPipe(error: Error): void {
  if ('code' in error && error.code === 'EPIPE') return;
  throw error;
}

// Arguments are seen by every user of the machine, a password in the URL of a remote with them.
function hideSecrets(argv: readonly string[]): void {
  const typed = argv.join(' ');
  const shown = redactSecrets(typed);
  if (shown !== typed) process.title = `olmirror ${shown}`;
}

function createParser(argv: readonly string[]): Argv<GlobalOptions> {
  return yargs([...argv])
    .scriptName('olmirror')
    .usage(
      '$0 COMMAND\n\nGitOps for disconnected OpenShift operator catalogs: Git says what production serves.',
    )
    .locale('en')
    .version(VERSION)
    .option('directory', {
      alias: 'C',
      type: 'string',
      default: '.',
      global: true,
      describe: 'Work in this folder',
      requiresArg: true,
    })
    .option('manifest', {
      type: 'string',
      default: 'mirror.yaml',
      global: true,
      describe: 'Mirror manifest, relative to the folder',
      requiresArg: true,
    })
    .option('quiet', {
      alias: 'q',
      type: 'boolean',
      default: false,
      global: true,
      describe: 'Print results and errors only',
    })
    .option('verbose', {
      alias: 'v',
      type: 'boolean',
      default: false,
      global: true,
      describe: 'Print every step, and causes of errors',
    })
    .parserConfiguration({
      'boolean-negation': false,
      // `--package etcd SOURCE`: an option that may be repeated takes one value each time.
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .completion('completion', 'Print a script that completes olmirror commands in bash or zsh')
    .help()
    .alias('help', 'h')
    .wrap(Math.min(100, process.stdout.columns || 100))
    .strict()
    .demandCommand(1, 'Which command? See `olmirror --help`.')
    .recommendCommands()
    .exitProcess(false)
    .fail((message, error) => {
      // yargs gives its own words as an error where an option lacks its value, else as a message.
      if (error instanceof Error && error.name !== 'YError') throw error;
      throw new ToolError('CLI_USAGE', error instanceof Error ? error.message : message, {
        hint: '`olmirror COMMAND --help` shows what a command takes.',
      });
    });
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function runCommand(
  command: Parameters<Run>[0],
  options: Parameters<Run>[1],
): Promise<ExitCode> {
  const console = createConsole({
    quiet: options.quiet,
    verbose: options.verbose,
    machine: options.format !== undefined && options.format !== 'text',
  });
  const progress = createProgress({ console, stream: process.stderr, now: Date.now });
  const controller = new AbortController();
  function stop(): void {
    // The second signal means: now.
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Error('Stopped by a signal.'));
  }
  for (const name of STOP_SIGNALS) process.on(name, stop);
  // Past a limit on the size of files the write fails, and is told; unheard, the signal kills without a word.
  process.on('SIGXFSZ', ignore);
  const context: CommandContext = {
    ...enterFolder(options),
    console,
    progress,
    signal: controller.signal,
  };
  const { createWiring } = await import('./wire.ts');
  const wiring = createWiring(context);
  try {
    return await command(context, wiring);
  } catch (error) {
    if (!controller.signal.aborted || isToolError(error)) throw error;
    throw new ToolError('APPLY_INTERRUPTED', 'Stopped by a signal before the end.', {
      cause: error,
      hint: 'Run the command again.',
    });
  } finally {
    progress.clear();
    for (const name of STOP_SIGNALS) process.off(name, stop);
    process.off('SIGXFSZ', ignore);
    await wiring.close();
  }
}

function ignore(): void {}
