import { compareVersions, formatVersion, type Version } from '../base/semver.ts';
import type { Installed, OlmWalk } from './olm-walk.ts';

/**
 * Lists the parts of a `skipRange` from which OLM got to the head by `old` and does not by `fresh`,
 * as ranges: of versions that no name stands for. One that is `known` by name is judged by its name.
 */
export function listBrokenRanges(
  old: OlmWalk,
  fresh: OlmWalk,
  known: readonly Installed[],
): readonly string[] {
  const named = known.flatMap(({ version }) => (version === null ? [] : [version]));
  const ranges: { from: Piece; to: Piece }[] = [];
  let open = false;
  for (const piece of listPieces([old, fresh])) {
    const installed = { name: '', version: piece.sample };
    const lost = old.countHops(installed) !== null && fresh.countHops(installed) === null;
    const last = ranges.at(-1);
    if (lost && open && last !== undefined) last.to = piece;
    else if (lost) ranges.push({ from: piece, to: piece });
    open = lost;
  }
  return ranges
    .filter(({ from, to }) => !isOneOf(from, to, named))
    .map(({ from, to }) => formatPieces(from, to));
}

/** One version, or all between two: within a piece no range of either side begins or ends. */
interface Piece {
  readonly from: Version;
  /** Null for the one version `from`; undefined for everything above it. */
  readonly below: Version | null | undefined;
  readonly sample: Version;
}

function isOneOf(from: Piece, to: Piece, known: readonly Version[]): boolean {
  return from === to && from.below === null && known.some((version) => isSame(version, from.from));
}

function isSame(a: Version, b: Version): boolean {
  return compareVersions(a, b) === 0;
}

const LOWEST: Version = { major: 0n, minor: 0n, patch: 0n, prerelease: ['0'], build: [] };

function listPieces(walks: readonly OlmWalk[]): readonly Piece[] {
  const bounds = walks
    .flatMap((walk) => walk.offered)
    .flatMap(({ range }) => range?.alternatives.flat() ?? [])
    .map((bound): Version => ({ ...bound.version, build: [] }))
    .toSorted(compareVersions);
  const edges = bounds.filter((version, i) => {
    const previous = bounds[i - 1];
    return previous === undefined || !isSame(previous, version);
  });
  const starts = edges.some((version) => isSame(version, LOWEST)) ? edges : [LOWEST, ...edges];
  return starts.flatMap((from, i): readonly Piece[] => [
    { from, below: null, sample: from },
    { from, below: starts[i + 1], sample: justAbove(from) },
  ]);
}

/** The lowest version above this one. */
function justAbove(version: Version): Version {
  return version.prerelease.length > 0
    ? { ...version, prerelease: [...version.prerelease, '0'], build: [] }
    : { ...version, patch: version.patch + 1n, prerelease: ['0'], build: [] };
}

function formatPieces(from: Piece, to: Piece): string {
  const start = `${from.below === null ? '>=' : '>'}${formatVersion(from.from)}`;
  if (to.below === undefined) return start;
  if (from === to && from.below === null) return formatVersion(from.from);
  const end = `${to.below === null ? '<=' : '<'}${formatVersion(to.below ?? to.from)}`;
  return from.from === LOWEST ? end : `${start} ${end}`;
}
