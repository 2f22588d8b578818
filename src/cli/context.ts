import { basename, dirname, resolve } from 'node:path';
import { ToolError } from '../base/tool-error.ts';
import type { Console } from './console.ts';
import type { Progress } from './progress.ts';

/** Choices that every command takes. */
export interface GlobalOptions {
  readonly directory: string;
  /** A path; several paths, patterns, or lists of them for several manifests. */
  readonly manifest: readonly string[];
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** What a command gets: where it works, how it speaks, and when it must stop. */
export interface CommandContext {
  /** Folder of the manifest, absolute: the state repository, or a folder in it. */
  readonly folder: string;
  /** Manifest's name in `folder`. */
  readonly manifestFile: string;
  /** Where its state is kept; left out for that of a local clone. */
  readonly stateFolder?: string;
  /** Its path from the top of the repository, where that is known without asking git. */
  readonly manifestPath?: string;
  /** What --manifest names, where a command deals with several manifests itself; the two above are of none then. */
  readonly patterns?: readonly string[];
  readonly console: Console;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Where a manifest lies. */
export type ManifestPlace = Pick<
  CommandContext,
  'folder' | 'manifestFile' | 'stateFolder' | 'manifestPath'
>;

/** What a command gets whatever manifest it works on. */
export type Surroundings = Pick<CommandContext, 'console' | 'progress' | 'signal'>;

/** Goes to the folder that `-C` names, as git and make do, so that every path of the command line is read from there. */
export function enterFolder({ directory }: Pick<GlobalOptions, 'directory'>): void {
  try {
    process.chdir(directory);
  } catch (error) {
    throw new ToolError('FILES_NOT_FOUND', `There is no folder ${directory} to work in.`, {
      cause: error,
      hint: 'Name the state repository with -C.',
    });
  }
}

/** The manifest's folder, and its name there. */
export function findPlace(manifest: string): Pick<CommandContext, 'folder' | 'manifestFile'> {
  const path = resolve(manifest);
  return { folder: dirname(path), manifestFile: basename(path) };
}
