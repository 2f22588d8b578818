import { compareVersions, tryParseVersion, type Version } from '../base/semver.ts';
import { quote } from '../base/text.ts';
import { assertNever, ToolError } from '../base/tool-error.ts';

type Operator = '=' | '!=' | '>' | '>=' | '<' | '<=';

interface Bound {
  readonly operator: Operator;
  readonly version: Version;
}

/** A range of versions: any of `alternatives`, each of which is all of its bounds. */
export interface VersionRange {
  readonly alternatives: readonly (readonly Bound[])[];
}

/**
 * Reads a range as blang/semver v4 `ParseRange` (spec "file-based catalogs" §2.2), which differs
 * from node-semver: no `^`, `~`, hyphen or comma, wildcards only as trailing `x`, and plain
 * precedence for prereleases. Throws `BASE_BAD_RANGE`.
 *
 * @internal
 */
export function parseVersionRange(text: string): VersionRange {
  const tokens = splitTokens(text);
  const groups: string[][] = [[]];
  for (const token of tokens) {
    if (token === '||') groups.push([]);
    else groups.at(-1)?.push(token);
  }
  if (tokens.length === 0 || tokens[0] === '||' || groups.at(-1)?.length === 0)
    throw badRange(text, 'a comparison is missing beside "||"');
  return {
    alternatives: groups.map((group) =>
      group.flatMap((token) => expandWildcard(token, text)).map((token) => parseBound(token, text)),
    ),
  };
}

/** Null where `parseVersionRange` would throw. */
export function tryParseVersionRange(text: string): VersionRange | null {
  try {
    return parseVersionRange(text);
  } catch (error) {
    if (error instanceof ToolError) return null;
    throw error;
  }
}

export function isInRange(version: Version, range: VersionRange): boolean {
  return range.alternatives.some(
    (bounds) => bounds.length > 0 && bounds.every((bound) => meets(version, bound)),
  );
}

// A space ends a token unless an operator stands before it; tokens of one character are dropped.
function splitTokens(text: string): readonly string[] {
  const tokens: string[] = [];
  let start = 0;
  let last = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char !== ' ') last = char;
    else if (!['>', '<', '='].includes(last)) {
      if (start < at - 1) tokens.push(text.slice(start, at));
      start = at + 1;
    }
  }
  if (start < text.length - 1) tokens.push(text.slice(start));
  return tokens.map((token) => token.replaceAll(' ', ''));
}

function splitOperator(token: string, text: string): readonly [string, string] {
  const digit = token.search(/\d/);
  if (digit === -1) throw badRange(text, `${quote(token)} has no version`);
  return [token.slice(0, digit), token.slice(digit)];
}

function expandWildcard(token: string, text: string): readonly string[] {
  if (!token.includes('x')) return [token];
  const [operator, version] = splitOperator(token, text);
  const flat = flattenWildcard(version);
  const next = incrementWildcard(version, flat);
  switch (operator) {
    case '>':
      return [`>=${next}`];
    case '>=':
      return [`>=${flat}`];
    case '<':
      return [`<${flat}`];
    case '<=':
      return [`<${next}`];
    case '':
    case '=':
    case '==':
      return [`>=${flat}`, `<${next}`];
    case '!':
    case '!=':
      return [`<${flat}`, `>=${next}`];
    default:
      throw badRange(text, `${quote(operator)} is no comparison`);
  }
}

function flattenWildcard(version: string): string {
  const flat = version.replace('.x.x', '.x').replace('.x', '.0');
  return flat.split('.').length === 2 ? `${flat}.0` : flat;
}

// Empty where the last part is no wildcard: the bound then has no version, which is an error.
function incrementWildcard(version: string, flat: string): string {
  const parts = version.split('.');
  if (parts.at(-1) !== 'x') return '';
  const position = parts.length === 2 ? 0 : 1;
  const numbers = flat.split('.');
  return numbers
    .map((part, index) =>
      index === position && /^\d{1,20}$/.test(part) ? String(BigInt(part) + 1n) : part,
    )
    .join('.');
}

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['', '='],
  ['=', '='],
  ['==', '='],
  ['!', '!='],
  ['!=', '!='],
  ['>', '>'],
  ['>=', '>='],
  ['<', '<'],
  ['<=', '<='],
]);

function parseBound(token: string, text: string): Bound {
  const [symbol, versionText] = splitOperator(token, text);
  const operator = OPERATORS.get(symbol);
  if (operator === undefined) throw badRange(text, `${quote(symbol)} is no comparison`);
  const version = tryParseVersion(versionText);
  if (version === null) throw badRange(text, `${quote(versionText)} is not a version`);
  return { operator, version };
}

function meets(version: Version, bound: Bound): boolean {
  const order = compareVersions(version, bound.version);
  switch (bound.operator) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    default:
      return assertNever(bound.operator);
  }
}

function badRange(text: string, why: string): ToolError {
  return new ToolError('BASE_BAD_RANGE', `${quote(text)} is not a version range: ${why}.`, {
    hint: 'Write it like ">=1.0.0 <1.2.0" or "1.2.x"; spaces mean and, " || " means or.',
  });
}
