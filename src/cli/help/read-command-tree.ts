import yargs from 'yargs';
import type { Parser, Run } from '../command-options.ts';
import { GLOBAL_OPTIONS, SUMMARY } from '../global-options.ts';
import type { CommandExample, CommandNode, CommandOption, Operand } from './command-tree.ts';

/** Declares every command at a parser, as `addCommands` does. */
export type DeclareCommands = (parser: Parser, run: Run) => Parser;

interface Draft {
  readonly path: readonly string[];
  readonly describe: string;
  readonly operands: Operand[];
  readonly options: CommandOption[];
  readonly examples: CommandExample[];
  epilogue: string;
  readonly commands: CommandNode[];
}

type Facts = Readonly<Record<string, unknown>>;

/**
 * Reads what the commands declare, by letting them declare it at a parser that writes it down instead.
 * Throws for a call that it does not know, so that nothing which `--help` shows is left out in silence.
 */
export function readCommandTree(declare: DeclareCommands): CommandNode {
  const root = draftNode([], SUMMARY);
  const recorder = createRecorder(yargs([]).options(GLOBAL_OPTIONS), root);
  recorder.options(GLOBAL_OPTIONS);
  declare(recorder, async () => {});
  root.options.push(
    ownOption('help', 'h', 'Show help'),
    ownOption('version', null, 'Show version number'),
  );
  return root;
}

function draftNode(path: readonly string[], describe: string): Draft {
  return { path, describe, operands: [], options: [], examples: [], epilogue: '', commands: [] };
}

function ownOption(name: string, short: string | null, describe: string): CommandOption {
  return readOption(name, { type: 'boolean', describe, ...(short !== null && { alias: short }) });
}

function createRecorder(parser: Parser, draft: Draft): Parser {
  return new Proxy(parser, {
    get:
      (_, method, recorder) =>
      (...args: readonly unknown[]) => {
        record({ method: String(method), args, parser, draft });
        return recorder;
      },
  });
}

interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly parser: Parser;
  readonly draft: Draft;
}

function record({ method, args, parser, draft }: Call): void {
  const [first, second, builder] = args;
  switch (method) {
    case 'command':
      draft.commands.push(
        readCommand({ words: String(first), describe: String(second), builder }, parser, draft),
      );
      return;
    case 'positional':
      describeOperand(draft, String(first), readFacts(second));
      return;
    case 'option':
      draft.options.push(readOption(String(first), readFacts(second)));
      return;
    case 'options':
      for (const [name, facts] of Object.entries(readFacts(first)))
        draft.options.push(readOption(name, readFacts(facts)));
      return;
    case 'example':
      draft.examples.push({ line: nameProgram(String(first)), describe: String(second) });
      return;
    case 'epilogue':
      draft.epilogue = String(first);
      return;
    case 'demandCommand':
      return;
    default:
      throw new Error(
        `A command calls ${method}() of the parser, which its man page does not know.`,
      );
  }
}

function nameProgram(line: string): string {
  return line.replaceAll('$0', 'olmirror');
}

interface Declared {
  /** Its name and its operands, such as `merge [catalog..]`. */
  readonly words: string;
  readonly describe: string;
  readonly builder: unknown;
}

function readCommand(
  { words, describe, builder }: Declared,
  parser: Parser,
  above: Draft,
): CommandNode {
  const [name = '', ...operands] = words.split(' ');
  const draft = draftNode([...above.path, name], describe);
  draft.operands.push(...operands.map(parseOperand));
  if (typeof builder === 'function') builder(createRecorder(parser, draft));
  return inheritOptions(draft);
}

// The parser takes the options of a command at the commands below it too.
function inheritOptions(draft: Draft): CommandNode {
  const commands = draft.commands.map((command) => ({
    ...command,
    options: [...draft.options.filter((option) => !hasOption(command, option)), ...command.options],
  }));
  return { ...draft, commands };
}

function hasOption({ options }: CommandNode, { name }: CommandOption): boolean {
  return options.some((option) => option.name === name);
}

function parseOperand(word: string): Operand {
  return {
    name: word.slice(1, -1).replace('..', ''),
    required: word.startsWith('<'),
    repeated: word.includes('..'),
    describe: '',
    choices: [],
  };
}

function describeOperand({ operands }: Draft, name: string, facts: Facts): void {
  const index = operands.findIndex((operand) => operand.name === name);
  const operand = operands[index];
  if (operand === undefined) throw new Error(`No command takes the operand ${name}.`);
  operands[index] = {
    ...operand,
    describe: readText(facts['describe']),
    choices: readTexts(facts['choices']),
  };
}

function readOption(name: string, facts: Facts): CommandOption {
  return {
    name,
    short: typeof facts['alias'] === 'string' ? facts['alias'] : null,
    takesValue: facts['type'] !== 'boolean',
    required: facts['demandOption'] === true,
    repeated: facts['array'] === true,
    describe: readText(facts['describe']),
    choices: readTexts(facts['choices']),
    default: typeof facts['default'] === 'string' ? facts['default'] : null,
  };
}

function readFacts(value: unknown): Facts {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function readText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function readTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
