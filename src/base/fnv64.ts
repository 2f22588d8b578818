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
    WINDOW.set(piece);
    current = hash(current, piece.length);
  }
  return BigInt.asUintN(64, current);
}

// A cache of 200 MB is hashed byte by byte, each by a product of 64 bits: numbers of JavaScript have 53, and
// with two of them for a state this was the largest part of building a layer. So the loop is WebAssembly,
// where such a product is one instruction.
interface Exports extends WithMemory {
  /** The state is signed, in and out. */
  readonly hash: (state: bigint, end: number) => bigint;
}

const { hash, memory } = new WebAssembly.Instance<Exports>(openModule(CODE)).exports;
const WINDOW = new Uint8Array(memory.buffer);
