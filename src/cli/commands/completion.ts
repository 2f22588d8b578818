import type { ExitCode } from '../../plan/sum-outcomes.ts';
import type { CommandContext } from '../context.ts';
import type { CommandNode } from '../help/command-tree.ts';
import { type DeclareCommands, readCommandTree } from '../help/read-command-tree.ts';
import { renderBash } from '../help/render-bash.ts';
import { renderFish } from '../help/render-fish.ts';
import { renderZsh } from '../help/render-zsh.ts';

type Shell = 'bash' | 'zsh' | 'fish';

const RENDERERS: Readonly<Record<Shell, (root: CommandNode) => string>> = {
  bash: renderBash,
  zsh: renderZsh,
  fish: renderFish,
};

export interface CompletionOptions {
  readonly shell: Shell;
  readonly declare: DeclareCommands;
}

/** Prints what a shell reads to complete our commands. */
export async function runCompletion(
  { shell, declare }: CompletionOptions,
  context: CommandContext,
): Promise<ExitCode> {
  context.console.result(RENDERERS[shell](readCommandTree(declare)));
  return 0;
}
