import yargs, { type Argv } from 'yargs';
import { redactSecrets } from '../base/redact.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import { VERSION } from '../base/version.ts';
import type { ExitCode } from '../plan/sum-outcomes.ts';
import { addCommands } from './add-commands.ts';
import type { Run } from './command-options.ts';
import { createConsole, formatError } from './console.ts';
import { enterFolder, type GlobalOptions } from './context.ts';
import { exitCodeOf } from './exit-code.ts';
import { GLOBAL_OPTIONS, SUMMARY } from './global-options.ts';
import { makePrintable } from './printable.ts';
import { createProgress } from './progress.ts';
import { runOnManifests } from './run-on-manifests.ts';
import { readChoice } from './select-manifests.ts';

/** Runs one command line; the result is the exit code of design §9. */
export async function main(argv: readonly string[]): Promise<number> {
  hideSecrets(argv);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  const outcome: { code: ExitCode; failure: unknown } = { code: 0, failure: null };
  async function run(...asked: Parameters<Run>): Promise<void> {
    outcome.code = await runCommand(asked);
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
    .usage(`$0 COMMAND\n\n${SUMMARY}`)
    .locale('en')
    .version(VERSION)
    .options(GLOBAL_OPTIONS)
    .parserConfiguration({
      'boolean-negation': false,
      // `--package etcd SOURCE`: an option that may be repeated takes one value each time.
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
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

async function runCommand([command, options, scope = {}]: Parameters<Run>): Promise<ExitCode> {
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
  const { signal } = controller;
  try {
    enterFolder(options);
    const choice = readChoice(options.manifest);
    const { format, workingTree = false } = options;
    return await runOnManifests(
      { command, choice, scope, format, workingTree },
      { console, progress, signal },
    );
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
  }
}

function ignore(): void {}
