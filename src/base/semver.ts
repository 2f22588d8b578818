import { ToolError } from './tool-error.ts';

/**
 * A version as blang/semver v4 `Parse` reads it (spec "file-based catalogs" §2.1): stricter than
 * node-semver, numbers up to uint64.
 */
export interface Version {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  readonly prerelease: readonly string[];
  readonly build: readonly string[];
}

// No longer than uint64. Dots are looked at later: a repeated group would exhaust the stack.
const NUMBER = '(0|[1-9][0-9]{0,19})';
const IDENTIFIERS = '([0-9A-Za-z.-]+)';
const VERSION = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-${IDENTIFIERS})?(?:\\+${IDENTIFIERS})?$`,
);
const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * Throws `BASE_BAD_VERSION`.
 *
 * @internal
 */
export function parseVersion(text: string): Version {
  const version = tryParseVersion(text);
  if (version !== null) return version;
  throw new ToolError('BASE_BAD_VERSION', `"${text}" is not a version.`, {
    hint: 'Expected major.minor.patch[-prerelease][+build], without a leading v or zeros.',
  });
}

/** Null where `parseVersion` would throw. */
export function tryParseVersion(text: string): Version | null {
  const match = VERSION.exec(text);
  if (match === null) return null;
  const [, major = '', minor = '', patch = '', prerelease, build] = match;
  const numbers = [BigInt(major), BigInt(minor), BigInt(patch)] as const;
  if (numbers.some((number) => number > UINT64_MAX)) return null;
  const identifiers = prerelease?.split('.') ?? [];
  const builds = build?.split('.') ?? [];
  if (builds.includes('') || !identifiers.every(isPrereleasePart)) return null;
  return {
    major: numbers[0],
    minor: numbers[1],
    patch: numbers[2],
    prerelease: identifiers,
    build: builds,
  };
}

function isPrereleasePart(part: string): boolean {
  if (!isNumeric(part)) return part !== '';
  if (part.length > 1 && part.startsWith('0')) return false;
  return part.length <= 20 && BigInt(part) <= UINT64_MAX;
}

/** The text that `parseVersion` reads. */
export function formatVersion({ major, minor, patch, prerelease, build }: Version): string {
  const [pre, meta] = [prerelease.join('.'), build.join('.')];
  return `${major}.${minor}.${patch}${pre === '' ? '' : `-${pre}`}${meta === '' ? '' : `+${meta}`}`;
}

/** Standard precedence; build metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  return (
    compareNumbers(a.major, b.major) ||
    compareNumbers(a.minor, b.minor) ||
    compareNumbers(a.patch, b.patch) ||
    comparePrerelease(a.prerelease, b.prerelease)
  );
}

function comparePrerelease(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0)
    return Math.sign(b.length - a.length) * (a.length === b.length ? 0 : 1);
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const order = compareIdentifiers(a[i] ?? '', b[i] ?? '');
    if (order !== 0) return order;
  }
  return Math.sign(a.length - b.length);
}

function compareIdentifiers(a: string, b: string): number {
  if (a === b) return 0;
  const numericA = isNumeric(a);
  const numericB = isNumeric(b);
  if (numericA && numericB) return compareNumbers(BigInt(a), BigInt(b));
  if (numericA !== numericB) return numericA ? -1 : 1;
  return a < b ? -1 : 1;
}

function compareNumbers(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function isNumeric(text: string): boolean {
  return /^[0-9]+$/.test(text);
}
