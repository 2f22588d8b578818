import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ToolError } from '../../base/tool-error.ts';
import { VERSION } from '../../base/version.ts';
import { writeFileAtomic } from '../../files/write-atomic.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import type { CommandContext } from '../context.ts';
import { type CommandNode, listNodes } from '../help/command-tree.ts';
import { type DeclareCommands, readCommandTree } from '../help/read-command-tree.ts';
import { namePage, renderMan } from '../help/render-man.ts';

export interface ManOptions {
  /** Words of a command; none for the program itself. */
  readonly command: readonly string[];
  /** Folder for every page, instead of printing one. */
  readonly outputDir: string | null;
  readonly declare: DeclareCommands;
}

/** Prints a manual page for `man -l -`, or writes all of them into a folder. */
export async function runMan(options: ManOptions, context: CommandContext): Promise<ExitCode> {
  const root = readCommandTree(options.declare);
  if (options.outputDir === null) {
    context.console.result(renderMan(findNode(root, options.command), root, VERSION));
    return 0;
  }
  const folder = resolve(options.outputDir);
  const nodes = listNodes(root);
  await mkdir(folder, { recursive: true });
  for (const node of nodes)
    await writeFileAtomic(join(folder, `${namePage(node)}.1`), renderMan(node, root, VERSION));
  context.console.say(`${nodes.length} pages were written into ${options.outputDir}.`);
  return 0;
}

function findNode(root: CommandNode, words: readonly string[]): CommandNode {
  const wanted = words.join(' ');
  const found = listNodes(root).find(({ path }) => path.join(' ') === wanted);
  if (found !== undefined) return found;
  throw new ToolError('CLI_USAGE', `There is no command ${wanted}.`, {
    hint: '`olmirror --help` lists the commands.',
  });
}
