import { compareVersions, tryParseVersion, type Version } from '../base/semver.ts';

/** Whether a version is within. */
export type ExtensionRange = (version: Version) => boolean;

/**
 * Reads the range of a ClusterExtension as OLM v1 does (Masterminds semver v3): spaces and commas mean and, `||`
 * means or; `~`, `^`, hyphens and wildcards, and a prerelease only where the bound has one. Null where it is none:
 * OLM v1 then refuses the extension.
 */
export function tryParseExtensionRange(text: string): ExtensionRange | null {
  const alternatives = text.split('||').map(parseAll);
  const readable = alternatives.filter((bounds) => bounds !== null);
  if (readable.length < alternatives.length) return null;
  return (version) => readable.some((bounds) => bounds.every((bound) => bound(version)));
}

const HYPHEN = /(\S+)\s+-\s+(\S+)/g;
const TOKEN = /^(=|!=|>=|=>|<=|=<|>|<|~>|~|\^)?v?([^=!<>~^v].*)$/;

function parseAll(text: string): readonly ExtensionRange[] | null {
  const tokens = text
    .replace(HYPHEN, '>=$1 <=$2')
    .replace(/([=!<>~^])\s+/g, '$1')
    .split(/[\s,]+/)
    .filter((token) => token !== '');
  const bounds = tokens.map(parseBound);
  const readable = bounds.filter((bound) => bound !== null);
  return tokens.length === 0 || readable.length < bounds.length ? null : readable;
}

/** A version, of which parts may be left open: `*`, `1`, `1.x`, `1.2`. */
interface OpenVersion {
  readonly version: Version;
  /** How many of its numbers are given. */
  readonly given: 0 | 1 | 2 | 3;
}

function parseBound(token: string): ExtensionRange | null {
  const [, operator = '', text = ''] = TOKEN.exec(token) ?? [];
  const partial = parsePartial(text);
  const make = BOUNDS.get(operator);
  if (partial === null || make === undefined) return null;
  const within = make(partial);
  const takesPrerelease = partial.version.prerelease.length > 0;
  return (version) => (takesPrerelease || version.prerelease.length === 0) && within(version);
}

function parsePartial(text: string): OpenVersion | null {
  const [numbers = '', ...rest] = text.split(/(?=[-+])/);
  const parts = numbers.split('.');
  const open = parts.findIndex((part) => /^[xX*]$/.test(part));
  const given = open === -1 ? parts.slice(0, 3) : parts.slice(0, open);
  const isOpen = given.length < 3;
  if (parts.length > 3 || (isOpen && rest.length > 0 && open !== -1)) return null;
  const filled = [...given, '0', '0', '0'].slice(0, 3).join('.');
  const version = tryParseVersion(`${filled}${rest.join('')}`);
  const count = given.length;
  if (version === null || (count !== 0 && count !== 1 && count !== 2 && count !== 3)) return null;
  return { version, given: count };
}

type BoundMaker = (bound: OpenVersion) => ExtensionRange;

const BOUNDS: ReadonlyMap<string, BoundMaker> = new Map<string, BoundMaker>([
  ['', isWithin],
  ['=', isWithin],
  ['!=', not(isWithin)],
  ['>=', isFrom],
  ['=>', isFrom],
  ['<', not(isFrom)],
  ['>', not(isUpTo)],
  ['<=', isUpTo],
  ['=<', isUpTo],
  ['~', isTilde],
  ['~>', isTilde],
  ['^', isCaret],
]);

function not(make: BoundMaker): BoundMaker {
  return (bound) => {
    const within = make(bound);
    return (version) => !within(version);
  };
}

function isWithin(bound: OpenVersion): ExtensionRange {
  const { version: low, given } = bound;
  return given === 3
    ? (version) => compareVersions(version, low) === 0
    : between(low, raise(low, given));
}

function isFrom({ version: low }: OpenVersion): ExtensionRange {
  return (version) => compareVersions(version, low) >= 0;
}

function isUpTo({ version: high, given }: OpenVersion): ExtensionRange {
  if (given === 3) return (version) => compareVersions(version, high) <= 0;
  return between(LOWEST, raise(high, given));
}

function isTilde({ version: low, given }: OpenVersion): ExtensionRange {
  return between(low, raise(low, given === 3 ? 2 : given));
}

function isCaret(bound: OpenVersion): ExtensionRange {
  return between(bound.version, raise(bound.version, findCaret(bound)));
}

// The first number that is not 0 must stay, or the last that is given.
function findCaret({ version, given }: OpenVersion): OpenVersion['given'] {
  if (given === 0) return 0;
  if (version.major > 0n || given === 1) return 1;
  return version.minor > 0n || given === 2 ? 2 : 3;
}

function between(low: Version, next: Version | null): ExtensionRange {
  return (version) =>
    compareVersions(version, low) >= 0 && (next === null || compareVersions(version, next) < 0);
}

const LOWEST: Version = { major: 0n, minor: 0n, patch: 0n, prerelease: ['0'], build: [] };

/** The lowest version in which the number at this place, counted from 1, is one higher; null for no place. */
function raise({ major, minor, patch }: Version, place: OpenVersion['given']): Version | null {
  const plain = { prerelease: [], build: [] };
  if (place === 0) return null;
  if (place === 1) return { ...plain, major: major + 1n, minor: 0n, patch: 0n };
  if (place === 2) return { ...plain, major, minor: minor + 1n, patch: 0n };
  return { ...plain, major, minor, patch: patch + 1n };
}
