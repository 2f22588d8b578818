/** Whether a path is a pattern for several: `*`, `?`, `[…]` or `{…,…}` stands in it. */
export function isGlob(path: string): boolean {
  return /[*?[\]{}]/.test(path);
}

/**
 * A test for `/`-separated paths, as shells and `.gitignore` read them: `*` and `?` stay within a folder, `**` as a
 * whole part goes through any number of them, `[a-c]`, `[!a]` and `{a,b}` choose. No wildcard stands for a leading dot.
 */
export function compileGlob(pattern: string): (path: string) => boolean {
  const alternatives = expandBraces(pattern).map((one) => new RegExp(`^${translate(one)}$`, 's'));
  return (path) => alternatives.some((alternative) => alternative.test(path));
}

/** The folder that everything a pattern may match lies in; `.` where the pattern itself begins with a wildcard. */
export function findGlobBase(pattern: string): string {
  const parts = pattern.split('/');
  const first = parts.findIndex(isGlob);
  const fixed = parts.slice(0, first < 0 ? -1 : first);
  return fixed.length === 1 && fixed[0] === '' ? '/' : fixed.join('/') || '.';
}

/** A list of patterns parted by commas; those within braces belong to their pattern, and `\,` is a comma of a name. */
export function splitGlobs(text: string): readonly string[] {
  return splitOutside(text.replaceAll('\\,', '\0'), ',').map((part) => part.replaceAll('\0', ','));
}

function expandBraces(pattern: string): readonly string[] {
  const end = pattern.indexOf('}');
  const start = end < 0 ? -1 : pattern.lastIndexOf('{', end);
  if (start < 0) return [pattern];
  const [before, after] = [pattern.slice(0, start), pattern.slice(end + 1)];
  return pattern
    .slice(start + 1, end)
    .split(',')
    .flatMap((choice) => expandBraces(`${before}${choice}${after}`));
}

function splitOutside(text: string, separator: string): readonly string[] {
  const parts = [''];
  let depth = 0;
  for (const char of text) {
    if (char === '{') depth += 1;
    if (char === '}') depth = Math.max(0, depth - 1);
    if (char === separator && depth === 0) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${char}`);
  }
  return parts.filter((part) => part !== '');
}

function translate(pattern: string): string {
  const parts = pattern.split('/');
  return parts
    .map((part, index) => {
      const isLast = index === parts.length - 1;
      if (part === '**')
        return isLast ? `${NO_DOT}[^/]+(?:/${NO_DOT}[^/]+)*` : `(?:${NO_DOT}[^/]+/)*`;
      return `${translatePart(part)}${isLast ? '' : '/'}`;
    })
    .join('');
}

const NO_DOT = '(?!\\.)';

function translatePart(part: string): string {
  const body = part.replaceAll(
    /\*+|\?|\[([!^]?)(\]?[^\]]*)\]|[\\^$.|+(){}[\]]/g,
    (found, not?: string, set?: string) => {
      if (found.startsWith('*')) return '[^/]*';
      if (found === '?') return '[^/]';
      if (set !== undefined && set !== '')
        return `[${not === '' ? '' : '^/'}${set.replaceAll(/[\\\]^[]/g, '\\$&')}]`;
      return `\\${found}`;
    },
  );
  return /^[*?[]/.test(part) ? `${NO_DOT}${body}` : body;
}
