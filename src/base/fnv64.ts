import { openModule, type WithMemory } from './assembled-module.ts';
import { CODE } from './fnv64-code.ts';

/** The state before the first byte. */
export const FNV64_START = 0xcbf29ce484222325n;
export const FNV64_PRIME = 0x100000001b3n;

/** Bytes that are handed over at a time: one page of WebAssembly's memory. */
const PAGE = 65_536;

/**
 * Goes on with FNV-1a of 64 bits, from the state that earlier bytes left; the last state is the
 * hash. Bytes come in whatever pieces.
 */
export function hashFnv64(state: bigint, bytes: Uint8Array): bigint {
  let current = state;
  for (let at = 0; at < bytes.length; at += PAGE) {
    const piece = bytes.length <= PAGE ? bytes : bytes.subarray(at, at + PAGE);
    MEMORY.set(piece);
    current = hash(current, piece.length);
  }
  return BigInt.asUintN(64, current);
}

/** What one hash goes over. */
export interface Fnv64Chain {
  /** That earlier bytes left. */
  readonly state: bigint;
  readonly pieces: readonly Uint8Array[];
  /** Bytes of all pieces. */
  readonly length: number;
  /** One of the pieces, whose bytes are set when the lowest byte of the state before it is known. */
  readonly late?: { readonly piece: Uint8Array; readonly fill: (low: number) => void };
}

/** The last states of several hashes, in their order, as `hashFnv64` gives each. Four at a time take little longer than one. */
export function hashFnv64Chains(chains: readonly Fnv64Chain[]): readonly bigint[] {
  const ends = chains.map(({ state }) => state);
  // The longest first, so that none is left alone at the end.
  const waiting = [...chains.entries()].toSorted(([, a], [, b]) => b.length - a.length).values();
  const lanes = LANES.map((slot) => openLane(slot));
  function goOn(lane: Lane): void {
    while (!load(lane)) {
      if (lane.chain !== null) ends[lane.place] = STATES[lane.slot] ?? 0n;
      const { value } = waiting.next();
      if (value === undefined) {
        lane.chain = null;
        return;
      }
      begin(lane, value);
    }
  }
  for (const lane of lanes) goOn(lane);
  for (;;) {
    const working = lanes.filter(({ chain }) => chain !== null);
    if (working.length === 0) return ends;
    const count = Math.min(...working.map(({ at, end }) => end - at));
    const [first = 0, ...others] = lanes.map(({ at }) => at);
    hashFour(count, first, others[0] ?? 0, others[1] ?? 0, others[2] ?? 0);
    for (const lane of working) {
      lane.at += count;
      if (lane.at === lane.end) goOn(lane);
    }
  }
}

/** Where the bytes of one hash lie. */
interface Lane {
  readonly slot: number;
  /** Null where it has nothing to do: what it hashes meanwhile is nobody's. */
  chain: Fnv64Chain | null;
  /** Of the chain among the others. */
  place: number;
  /** The next piece, and how much of it was loaded. */
  next: number;
  loaded: number;
  /** In memory, of what is loaded and not hashed. */
  at: number;
  end: number;
}

function openLane(slot: number): Lane {
  const at = startOf(slot);
  return { slot, chain: null, place: 0, next: 0, loaded: 0, at, end: at };
}

function begin(lane: Lane, [place, chain]: readonly [number, Fnv64Chain]): void {
  STATES[lane.slot] = chain.state;
  Object.assign(lane, { chain, place, next: 0, loaded: 0 });
}

/** Loads further bytes where all were hashed; false where there are no more. */
function load(lane: Lane): boolean {
  const { slot, chain } = lane;
  const start = startOf(slot);
  lane.at = start;
  lane.end = start;
  const stop = start + WINDOW;
  while (lane.end < stop) {
    const piece = chain?.pieces[lane.next];
    if (piece === undefined) break;
    if (piece === chain?.late?.piece && lane.loaded === 0) {
      // What stands before it is hashed first.
      if (lane.end > start) break;
      chain.late.fill(Number((STATES[slot] ?? 0n) & 0xffn));
    }
    const part = piece.subarray(lane.loaded, lane.loaded + stop - lane.end);
    MEMORY.set(part, lane.end);
    lane.end += part.length;
    lane.loaded += part.length;
    if (lane.loaded < piece.length) break;
    lane.next += 1;
    lane.loaded = 0;
  }
  return lane.end > start;
}

const LANES: readonly number[] = [0, 1, 2, 3];
/** Bytes that one of them loads at a time. */
const WINDOW: number = PAGE / LANES.length;

function startOf(slot: number): number {
  return PAGE + slot * WINDOW;
}

// A cache of 200 MB is hashed byte by byte, each by a product of 64 bits: numbers of JavaScript have 53, and
// with two of them for a state this was the largest part of building a layer. So the loop is WebAssembly,
// where such a product is one instruction.
interface Exports extends WithMemory {
  /** The state is signed, in and out. */
  readonly hash: (state: bigint, end: number) => bigint;
  readonly hashFour: (count: number, ...at: readonly [number, number, number, number]) => void;
}

const { hash, hashFour, memory } = new WebAssembly.Instance<Exports>(openModule(CODE)).exports;
const MEMORY = new Uint8Array(memory.buffer);
const STATES = new BigUint64Array(memory.buffer, 2 * PAGE, LANES.length);
