import { existsSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { compileGlob, findGlobBase, isGlob, splitGlobs } from '../base/glob.ts';
import { compareBytes, joinNames } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import type { GitPort } from '../git/port.ts';

/** What --manifest names: one, or several by patterns. */
export type ManifestChoice =
  | { readonly kind: 'one'; readonly path: string }
  | { readonly kind: 'several'; readonly patterns: readonly string[] };

/** A file that is there is meant as it is typed, whatever characters its name has. */
export function readChoice(typed: readonly string[]): ManifestChoice {
  const patterns = typed.flatMap((text) => (existsSync(text) ? [text] : splitGlobs(text)));
  const [first = ''] = patterns;
  if (first === '')
    throw new ToolError('CLI_USAGE', '--manifest names no file.', {
      hint: 'Name one, such as mirror.yaml, or a pattern in quotes, such as "sites/*/mirror.yaml".',
    });
  const isOne = patterns.length === 1 && (existsSync(first) || !isGlob(first));
  return isOne ? { kind: 'one', path: first } : { kind: 'several', patterns };
}

/** A repository, and patterns for paths from its top. */
export interface ManifestTree {
  /** As its top sees it. */
  readonly git: GitPort;
  readonly patterns: readonly string[];
}

/** The local repository that patterns, as they were typed in this folder, lead into. Throws `CLI_USAGE` where they lead into several. */
export async function openLocalTree(
  patterns: readonly string[],
  openGit: (folder: string) => Promise<GitPort>,
): Promise<ManifestTree> {
  const tops = new Set<string>();
  for (const pattern of patterns) {
    const git = await openGit(findFolder(resolve(findGlobBase(pattern))));
    tops.add(git.enter('').folder);
  }
  const [top = '', ...others] = tops;
  if (others.length > 0)
    throw new ToolError(
      'CLI_USAGE',
      `The manifests lie in several repositories: ${joinNames([...tops])}.`,
      { hint: 'Run one command for each repository.' },
    );
  // A folder below may go with a commit, and git cannot run where none is.
  const git = await openGit(top);
  return {
    git,
    patterns: patterns.map((pattern) => relative(top, resolve(pattern)).split(sep).join('/')),
  };
}

/** Patterns for a remote, whose paths begin at its top. Throws `CLI_USAGE` for what can lie in none. */
export function readRemotePatterns(patterns: readonly string[]): readonly string[] {
  return patterns.map((pattern) => {
    const path = posix.normalize(pattern);
    if (!posix.isAbsolute(path) && !path.startsWith('../')) return path;
    throw new ToolError(
      'CLI_USAGE',
      `--manifest ${pattern} is no path in the repository of --remote.`,
      {
        hint: 'With --remote, paths begin at the top of the repository: "sites/*/mirror.yaml".',
      },
    );
  });
}

// The pattern may lead where nothing is checked out.
function findFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : findFolder(dirname(folder));
}

export interface MatchedManifests {
  /** Paths from the top of the repository, sorted. */
  readonly paths: readonly string[];
  /** Patterns that nothing fits. */
  readonly idle: readonly string[];
}

/** The manifests among the files of a repository. Throws `CLI_USAGE` for a pattern that makes no sense. */
export function matchManifests(
  files: readonly string[],
  patterns: readonly string[],
): MatchedManifests {
  const found = patterns.map((pattern) => {
    const matches = isGlob(pattern) ? compile(pattern) : isSame(pattern);
    // A name with wildcards in it may be meant as it is.
    return files.filter((file) => file === pattern || matches(file));
  });
  return {
    paths: [...new Set(found.flat())].toSorted(compareBytes),
    idle: patterns.filter((_, index) => found[index]?.length === 0),
  };
}

function isSame(pattern: string): (path: string) => boolean {
  return (path) => path === pattern;
}

function compile(pattern: string): (path: string) => boolean {
  try {
    return compileGlob(pattern);
  } catch (error) {
    throw new ToolError('CLI_USAGE', `--manifest ${pattern} is no pattern.`, {
      cause: error,
      hint: 'Write it as shells do, such as "sites/*/mirror.yaml" or "sites/{a,b}/mirror.yaml".',
    });
  }
}

/** Where a manifest of a repository lies, by its path from the top. */
export function splitPath(
  top: string,
  path: string,
): { readonly folder: string; readonly manifestFile: string } {
  return { folder: join(top, posix.dirname(path)), manifestFile: posix.basename(path) };
}

export function noManifest(patterns: readonly string[], where: string): ToolError {
  return new ToolError(
    'CLI_NO_MANIFEST',
    `No file of ${where} fits --manifest ${joinNames(patterns)}.`,
    {
      hint: 'Put patterns in quotes, so that the shell leaves them alone. Commit the manifest: patterns are looked up in the commit, or in the files with --working-tree.',
    },
  );
}
