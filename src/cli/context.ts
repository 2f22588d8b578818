import { basename, dirname, resolve } from 'node:path';
import { ToolError } from '../base/tool-error.ts';
import type { Console } from './console.ts';
import type { Progress } from './progress.ts';

/** Choices that every command takes. */
export interface GlobalOptions {
  readonly directory: string;
  readonly manifest: string;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** What a command gets: where it works, how it speaks, and when it must stop. */
export interface CommandContext {
  /** Folder of the manifest, absolute: the state repository, or a folder in it. */
  readonly folder: string;
  /** Manifest's name in `folder`. */
  readonly manifestFile: string;
  readonly console: Console;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Goes to the folder that `-C` names, as git and make do, so that every path of the command line is
 * read from there; then finds the manifest's folder and its name in it.
 */
export function enterFolder(
  options: Pick<GlobalOptions, 'directory' | 'manifest'>,
): Pick<CommandContext, 'folder' | 'manifestFile'> {
  try {
    process.chdir(options.directory);
  } catch (error) {
    throw new ToolError('FILES_NOT_FOUND', `There is no folder ${options.directory} to work in.`, {
      cause: error,
      hint: 'Name the state repository with -C.',
    });
  }
  const path = resolve(options.manifest);
  return { folder: dirname(path), manifestFile: basename(path) };
}
