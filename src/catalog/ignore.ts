import { compareBytes } from '../base/text.ts';
import type { CatalogFile } from './types.ts';

/** Name of the file that takes other files out of a catalog folder. */
const IGNORE_FILE = '.indexignore';

interface IgnorePattern {
  /** Folder that the pattern's file stands in. */
  readonly domain: readonly string[];
  readonly parts: readonly string[];
  readonly anchored: boolean;
  readonly folderOnly: boolean;
  readonly include: boolean;
}

/** The files that opm would load, in byte order of their paths; see `selectFiles`. */
export function selectCatalogFiles(files: Iterable<CatalogFile>): readonly CatalogFile[] {
  const all = [...files];
  return selectFiles(all, all.filter(isIgnoreFile));
}

/** Paths of the files that `.indexignore` files hide, those files themselves left aside. */
export function listIgnoredFiles(files: readonly CatalogFile[]): readonly string[] {
  const loaded = new Set(selectCatalogFiles(files).map((file) => file.path));
  return files
    .filter((file) => !isIgnoreFile(file) && !loaded.has(file.path))
    .map((file) => file.path);
}

/**
 * The files that opm would load: all but `.indexignore` files and what they name. The last
 * matching pattern wins, so `!` takes a file back in even below an ignored folder. Only the
 * contents of the `.indexignore` files are needed.
 */
export function selectFiles<T extends { readonly path: string }>(
  files: Iterable<T>,
  ignoreFiles: readonly CatalogFile[],
): readonly T[] {
  const patterns = ignoreFiles.toSorted(compareWalkOrder).flatMap(parsePatterns);
  return [...files]
    .filter((file) => !isIgnoreFile(file) && !isIgnored(file.path, patterns))
    .toSorted((a, b) => compareBytes(a.path, b.path));
}

/** Whether opm takes a file for patterns of other files to leave out. */
export function isIgnoreFile(file: { readonly path: string }): boolean {
  return file.path.split('/').at(-1) === IGNORE_FILE;
}

function compareWalkOrder(a: CatalogFile, b: CatalogFile): number {
  return a.path.split('/').length - b.path.split('/').length || compareBytes(a.path, b.path);
}

function parsePatterns(file: CatalogFile): readonly IgnorePattern[] {
  const domain = file.path.split('/').slice(0, -1);
  const lines = Buffer.from(file.bytes)
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim());
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => parsePattern(line, domain));
}

function parsePattern(line: string, domain: readonly string[]): IgnorePattern {
  const include = line.startsWith('!');
  const body = include ? line.slice(1) : line;
  const folderOnly = body.endsWith('/');
  const pattern = folderOnly ? body.slice(0, -1) : body;
  return {
    domain,
    parts: pattern.split('/'),
    anchored: pattern.includes('/'),
    folderOnly,
    include,
  };
}

function isIgnored(path: string, patterns: readonly IgnorePattern[]): boolean {
  const parts = path.split('/');
  const last = patterns.findLast((pattern) => matchesPattern(pattern, parts));
  return last !== undefined && !last.include;
}

function matchesPattern(pattern: IgnorePattern, path: readonly string[]): boolean {
  if (path.length <= pattern.domain.length) return false;
  if (pattern.domain.some((part, index) => path[index] !== part)) return false;
  const rest = path.slice(pattern.domain.length);
  return pattern.anchored ? matchesPath(pattern, rest) : matchesName(pattern, rest);
}

function matchesName(pattern: IgnorePattern, path: readonly string[]): boolean {
  const index = path.findIndex((name) => matchesComponent(pattern.parts[0] ?? '', name));
  return index !== -1 && !(pattern.folderOnly && index === path.length - 1);
}

function matchesPath(pattern: IgnorePattern, path: readonly string[]): boolean {
  // A doubled star at the end adds nothing: files below a match are matched anyway.
  const parts = pattern.parts.at(-1) === '**' ? pattern.parts.slice(0, -1) : pattern.parts;
  let rest: readonly string[] | null = path;
  let anywhere = false;
  let matched = false;
  for (const part of parts) {
    if (part === '**') anywhere = true;
    else if (part === '') anywhere = false;
    else {
      rest = rest === null ? null : skipComponent(part, rest, anywhere);
      if (rest === null) return false;
      anywhere = false;
      matched = true;
    }
  }
  return matched && !(pattern.folderOnly && rest?.length === 0);
}

// What is left of the path behind the component that the part matches; null where none does.
function skipComponent(
  part: string,
  path: readonly string[],
  anywhere: boolean,
): readonly string[] | null {
  if (part.includes('**')) return null;
  const reach = anywhere ? path : path.slice(0, 1);
  const found = reach.findIndex((name) => matchesComponent(part, name));
  return found === -1 ? null : path.slice(found + 1);
}

function matchesComponent(pattern: string, name: string): boolean {
  const expression = toExpression(pattern);
  return expression?.test(name) ?? false;
}

const TOKEN = /\*+|\?|\\(.)|\[(\^?)((?:\\.|[^\]\\])+)\]|([^[\\])/gsuy;

/** Null for a malformed pattern, which matches nothing. */
function toExpression(pattern: string): RegExp | null {
  let source = '';
  let end = 0;
  for (const match of pattern.matchAll(TOKEN)) {
    const [token, escaped, negated, members, plain] = match;
    if (token.startsWith('*')) source += '[^/]*';
    else if (token === '?') source += '[^/]';
    else if (members !== undefined)
      source += `[${negated}${members.replaceAll(/[[&^~|]/gu, '\\$&')}]`;
    else source += escapeLiteral(escaped ?? plain ?? '');
    end = match.index + token.length;
  }
  if (end !== pattern.length) return null;
  try {
    return new RegExp(`^${source}$`, 's');
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function escapeLiteral(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}
