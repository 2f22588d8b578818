// One changed package changes every state of the hash behind its files, so that the digest would ask
// for the bytes of all packages after it. But what bytes do to the hash hangs on the lowest byte of
// the state alone (digest-part.ts). Where the files of every package start and end with that byte 0,
// what they do to the digest follows from that package only, and is remembered in a few bytes.
import { FNV64_PRIME, hashFnv64 } from '../../base/fnv64.ts';
import { joinPieces, piecesOf, sumLengths } from '../../catalog/cache/pieced-file.ts';
import type { CatalogFile } from '../../catalog/types.ts';
import { renderBody } from '../tar-writer.ts';
import type { DigestPart } from './digest-part.ts';
import { renderGoHeader } from './go-tar.ts';

/** Lowest byte of the hash at the start and the end of settled files. */
export const SETTLED = 0;

/** White space of this length leads from any lowest byte to any other. */
const TRAILER = 8;

/**
 * Gives the same files with white space behind the JSON of the last one, so that hashing them from
 * a settled state ends in a settled state; returns what they do to the hash. No reader of JSON minds
 * white space. The files lie in one folder and come in the order of the walk; two are in memory at
 * a time.
 */
export function* settleFiles(
  files: Iterable<CatalogFile>,
  mode: number,
): Generator<CatalogFile, DigestPart, undefined> {
  let hash: EntryHash = { state: BigInt(SETTLED), bytes: 0 };
  let last: CatalogFile | null = null;
  for (const file of files) {
    if (last !== null) {
      hash = hashFile(hash, last, { mode });
      yield last;
    }
    last = file;
  }
  if (last !== null) {
    const trailer = Buffer.alloc(TRAILER);
    const settled = joinPieces(last.path, [...piecesOf(last), trailer]);
    hash = hashFile(hash, settled, { mode, fill: { piece: trailer, with: fillSpaces } });
    yield settled;
  }
  return { from: SETTLED, bytes: hash.bytes, sum: hash.state.toString(16) };
}

/** A file of one byte that leads from any state to a settled one, which is given too. */
export function settleState(
  state: bigint,
  path: string,
  mode: number,
): { readonly file: CatalogFile; readonly state: bigint } {
  const file = { path, bytes: new Uint8Array(1) };
  const fill = { piece: file.bytes, with: fillByte };
  const hash = hashFile({ state, bytes: 0 }, file, { mode, fill });
  return { file, state: hash.state };
}

interface EntryHash {
  readonly state: bigint;
  readonly bytes: number;
}

interface FileOptions {
  readonly mode: number;
  /** Its bytes are set when the state before them is known. */
  readonly fill?: {
    readonly piece: Uint8Array;
    readonly with: (low: number, bytes: Uint8Array) => void;
  };
}

function hashFile(hash: EntryHash, file: CatalogFile, { mode, fill }: FileOptions): EntryHash {
  let { state, bytes } = hash;
  const pieces = piecesOf(file);
  const header = renderGoHeader({ type: 'file', path: file.path, mode }, sumLengths(pieces));
  for (const chunk of [...header, ...renderBody(pieces)]) {
    if (chunk === fill?.piece) fill.with(Number(state & 0xffn), chunk);
    state = hashFnv64(state, chunk);
    bytes += chunk.length;
  }
  return { state, bytes };
}

// The zeros behind a file's content leave a lowest byte of 0 as it is.
function fillByte(low: number, bytes: Uint8Array): void {
  bytes[0] = low;
}

function fillSpaces(low: number, bytes: Uint8Array): void {
  let current = low;
  for (const [index, next] of WAYS.entries()) {
    const space = next[current] ?? 0;
    bytes[index] = space;
    current = stepLow(current, space);
  }
}

function stepLow(low: number, byte: number): number {
  return ((low ^ byte) * Number(FNV64_PRIME & 0xffn)) & 0xff;
}

const SPACES: readonly number[] = [0x20, 0x0a, 0x0d, 0x09];

/** For each place in the trailer the white space that leads on from every lowest byte. */
const WAYS: readonly Uint8Array[] = findWays();

function findWays(): readonly Uint8Array[] {
  const ways: Uint8Array[] = [];
  let ends: ReadonlySet<number> = new Set([SETTLED]);
  while (ways.length < TRAILER) {
    const next = new Uint8Array(256);
    const starts = new Set<number>();
    for (let low = 0; low < 256; low += 1) {
      const space = SPACES.find((candidate) => ends.has(stepLow(low, candidate)));
      if (space === undefined) continue;
      next[low] = space;
      starts.add(low);
    }
    ways.unshift(next);
    ends = starts;
  }
  return ways;
}
