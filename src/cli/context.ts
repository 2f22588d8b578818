import { basename, dirname, resolve } from 'node:path';
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

/** The folder that `-C` and `--manifest` name, and the manifest's name in it. */
export function locateManifest(
  options: Pick<GlobalOptions, 'directory' | 'manifest'>,
): Pick<CommandContext, 'folder' | 'manifestFile'> {
  const path = resolve(options.directory, options.manifest);
  return { folder: dirname(path), manifestFile: basename(path) };
}
