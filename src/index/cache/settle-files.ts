// One changed package changes every state of the hash behind its files, so that the digest would ask
// for the bytes of all packages after it. But what bytes do to the hash hangs on the lowest byte of
// the state alone (digest-part.ts). Where the files of every package start and end with that byte 0,
// what they do to the digest follows from that package only, and is remembered in a few bytes.
import { FNV64_PRIME, FNV64_START, type Fnv64Chain, hashFnv64Chains } from '../../base/fnv64.ts';
import { joinPieces, piecesOf, sumLengths } from '../../catalog/cache/pieced-file.ts';
import type { CatalogFile } from '../../catalog/types.ts';
import { BLOCK, renderBody } from '../tar-writer.ts';
import { hashEntry } from './cache-digest.ts';
import { renderGoEntry, renderGoHeader } from './go-tar.ts';
import { listParents, rootEntry, type TreeModes } from './tree-entries.ts';

/** Lowest byte of the hash at the start and the end of settled files. */
export const SETTLED = 0;

/** White space of this length leads from any lowest byte to any other. */
const TRAILER = 8;

/**
 * Gives the same files with white space behind the JSON of the last one, so that hashing them from
 * a settled state ends in a settled state; returns what is to be hashed for that, by `hashParts`, which sets the white
 * space. No reader of JSON minds it. The files lie in one folder and come in the order of the walk.
 */
export function* settleFiles(
  files: Iterable<CatalogFile>,
  mode: number,
): Generator<CatalogFile, Fnv64Chain, undefined> {
  const chain = openChain(BigInt(SETTLED));
  let last: CatalogFile | null = null;
  for (const file of files) {
    if (last !== null) {
      chain.addFile(last, mode);
      yield last;
    }
    last = file;
  }
  if (last === null) return chain.close();
  const settled = settleFile(last, SETTLED);
  chain.addFile(settled.file, mode);
  yield settled.file;
  return chain.close(settled.late);
}

/**
 * As `settleFiles`, for one file of the catalog folder with the folders above it, which no other file
 * lies in. It starts and ends with the lowest byte that the root of that folder leaves.
 */
export function settleConfig(
  file: CatalogFile,
  modes: TreeModes,
): { readonly file: CatalogFile; readonly chain: Fnv64Chain } {
  const target = Number(startConfigs(modes) & 0xffn);
  const chain = openChain(BigInt(target));
  for (const path of listParents(file.path))
    chain.add(renderGoEntry({ type: 'directory', path, mode: modes.directory }));
  const settled = settleFile(file, target);
  chain.addFile(settled.file, modes.file);
  return { file: settled.file, chain: chain.close(settled.late) };
}

/** The hash where the files of the catalog folder begin. */
export function startConfigs(modes: TreeModes): bigint {
  return hashEntry(FNV64_START, rootEntry(modes));
}

/** A file of one byte that leads from any state to a settled one, which is given too. */
export function settleState(
  state: bigint,
  path: string,
  mode: number,
): { readonly file: CatalogFile; readonly state: bigint } {
  const piece = new Uint8Array(1);
  const file = { path, bytes: piece };
  const chain = openChain(state);
  chain.addFile(file, mode);
  // The zeros behind a file's content leave a lowest byte of 0 as it is.
  function fill(low: number): void {
    piece[0] = low;
  }
  const [end = state] = hashFnv64Chains([chain.close({ piece, fill })]);
  return { file, state: end };
}

/** Collects what one hash goes over. */
interface OpenChain {
  add(this: void, pieces: Iterable<Uint8Array>): void;
  addFile(this: void, file: CatalogFile, mode: number): void;
  close(this: void, late?: Fnv64Chain['late']): Fnv64Chain;
}

function openChain(state: bigint): OpenChain {
  const pieces: Uint8Array[] = [];
  function add(more: Iterable<Uint8Array>): void {
    for (const piece of more) pieces.push(piece);
  }
  return {
    add,
    addFile(file, mode) {
      const content = piecesOf(file);
      add(renderGoHeader({ type: 'file', path: file.path, mode }, sumLengths(content)));
      add(renderBody(content));
    },
    close: (late) => ({
      state,
      pieces,
      length: sumLengths(pieces),
      ...(late === undefined ? {} : { late }),
    }),
  };
}

interface SettledFile {
  readonly file: CatalogFile;
  readonly late: Exclude<Fnv64Chain['late'], undefined>;
}

function settleFile(file: CatalogFile, target: number): SettledFile {
  const piece = Buffer.alloc(TRAILER);
  const pieces = [...piecesOf(file), piece];
  const end = undoZeros(target, -sumLengths(pieces) & (BLOCK - 1));
  function fill(low: number): void {
    fillSpaces(piece, low, end);
  }
  return { file: joinPieces(file.path, pieces), late: { piece, fill } };
}

function fillSpaces(trailer: Uint8Array, low: number, target: number): void {
  let current = low;
  for (const [index, next] of findWays(target).entries()) {
    const space = next[current] ?? 0;
    trailer[index] = space;
    current = stepLow(current, space);
  }
}

function stepLow(low: number, byte: number): number {
  return ((low ^ byte) * Number(FNV64_PRIME & 0xffn)) & 0xff;
}

/** The lowest byte that this many zeros, which fill a file's last block, lead to the target. */
function undoZeros(target: number, zeros: number): number {
  let low = target;
  for (let rest = zeros; rest > 0; rest -= 1) low = (low * INVERSE) & 0xff;
  return low;
}

/** Inverse of the lowest byte of the prime, modulo 256. */
const INVERSE: number = Array.from({ length: 256 }, (_, factor) => stepLow(factor, 0)).indexOf(1);

const SPACES: readonly number[] = [0x20, 0x0a, 0x0d, 0x09];

const WAYS = new Map<number, readonly Uint8Array[]>();

/** For each place in the trailer the white space that leads on from every lowest byte to the target. */
function findWays(target: number): readonly Uint8Array[] {
  const known = WAYS.get(target);
  if (known !== undefined) return known;
  const ways: Uint8Array[] = [];
  let ends: ReadonlySet<number> = new Set([target]);
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
  WAYS.set(target, ways);
  return ways;
}
