import assert from 'node:assert/strict';
import yargs from 'yargs';
import { addCommands } from '../../src/cli/add-commands.ts';

/** A command line of a page, or of a file that runs olmirror. */
export interface Command {
  /** Behind `olmirror`. */
  readonly words: readonly string[];
  readonly page: string;
}

/** Holds a command line to the real parser. A sentence may name a command without what it is to work on. */
export async function assertTakes(
  { words, page }: Command,
  as: 'whole' | 'mentioned',
): Promise<void> {
  const line = `${page}: olmirror ${words.join(' ')}`;
  let ran = false;
  try {
    await addCommands(createParser(words), () => {
      ran = true;
      return Promise.resolve();
    }).parseAsync();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const isShort = as === 'mentioned' && why.startsWith('Not enough non-option arguments');
    if (isShort) return;
    assert.fail(`${line}: ${why}`);
  }
  assert.ok(ran, `${line} runs no command`);
}

/** As `createParser` of `cli/main.ts`, which prints and ends where a command line is wrong. */
function createParser(words: readonly string[]) {
  return yargs([...words])
    .locale('en')
    .option('directory', { alias: 'C', type: 'string', default: '.', global: true })
    .option('manifest', {
      type: 'string',
      array: true,
      default: ['mirror.yaml'],
      global: true,
      requiresArg: true,
    })
    .option('quiet', { alias: 'q', type: 'boolean', default: false, global: true })
    .option('verbose', { alias: 'v', type: 'boolean', default: false, global: true })
    .parserConfiguration({
      'boolean-negation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .strict()
    .demandCommand(1)
    .exitProcess(false)
    .fail((message, error) => {
      throw error instanceof Error ? error : new Error(message);
    });
}
