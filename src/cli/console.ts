import { redactSecrets } from '../base/redact.ts';
import { isToolError, messageOf } from '../base/tool-error.ts';
import { makePrintable } from './printable.ts';

/** Where a command's words go. With `--format json` stdout carries one document and people read stderr. */
export interface Console {
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** The result that was asked for: a text or one JSON document, whole or in pieces. */
  result(text: string | Iterable<string>): void;
  /** What a person may want to know on the way; silent under --quiet. */
  say(text: string): void;
  /** Always printed, to stderr. */
  warn(text: string): void;
}

export interface ConsoleOptions {
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** The result is for a machine. */
  readonly machine: boolean;
}

export function createConsole(options: ConsoleOptions): Console {
  const people = options.machine ? process.stderr : process.stdout;
  return {
    quiet: options.quiet,
    verbose: options.verbose,
    result: (text) => writeResult(typeof text === 'string' ? [text] : text),
    say: (text) => void (options.quiet || people.write(endLine(text))),
    warn: (text) => void process.stderr.write(endLine(text)),
  };
}

/** What went wrong and what to do next; the stack only for bugs of ours, or under --verbose. */
export function formatError(error: unknown, verbose: boolean): string {
  if (!isToolError(error)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
    return redactSecrets(`This is a bug in olmirror, please report it.\n${stack}`);
  }
  const lines = [error.message, ...(error.hint === undefined ? [] : [`Hint: ${error.hint}`])];
  if (!verbose) return lines.join('\n');
  return redactSecrets([...lines, `Code: ${error.code}`, ...listCauses(error)].join('\n'));
}

function listCauses(error: Error): readonly string[] {
  if (!(error.cause instanceof Error)) return [];
  return [`Cause: ${error.cause.message}`, ...listCauses(error.cause)];
}

function writeResult(pieces: Iterable<string>): void {
  let last = '';
  for (const piece of pieces) {
    const printable = makePrintable(piece);
    process.stdout.write(printable);
    last = printable || last;
  }
  if (last !== '' && !last.endsWith('\n')) process.stdout.write('\n');
}

function endLine(text: string): string {
  const printable = makePrintable(text);
  return printable === '' || printable.endsWith('\n') ? printable : `${printable}\n`;
}
