import { Buffer } from 'node:buffer';

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
    current = goOn(current, piece.length);
  }
  return BigInt.asUintN(64, current);
}

// A cache of 200 MB is hashed byte by byte, each by a product of 64 bits: numbers of JavaScript have 53, and
// with two of them for a state this was the largest part of building a layer. So the loop is WebAssembly,
// where such a product is one instruction.
//
//   (memory (export "m") 1)
//   (func (export "f") (param $state i64) (param $end i32) (result i64) (local $at i32) …)
const MODULE = [
  '0061736d 01000000',
  // Types: one, (i64, i32) → i64. Functions: one, of that type. Memory: one page.
  '01 07 01 60 02 7e7f 01 7e',
  '03 02 01 00',
  '05 03 01 00 01',
  // Exports: the memory as "m", the function as "f".
  '07 09 02 01 6d 02 00 01 66 00 00',
  // Code: one body of 46 bytes, with one local i32 beside its parameters.
  '0a 30 01 2e 01 01 7f',
  // block loop; at >= end: leave the block.
  '0240 0340 2002 2001 4f 0d01',
  // state = (state ^ memory[at]) * FNV64_PRIME
  '2000 2002 310000 85 42 b38380808020 7e 2100',
  // at = at + 1; again. end end.
  '2002 4101 6a 2102 0c00 0b 0b',
  // state; end.
  '2000 0b',
]
  .join('')
  .replaceAll(' ', '');

interface Exports {
  readonly m: { readonly buffer: ArrayBuffer };
  /** The state is signed, in and out. */
  readonly f: (state: bigint, end: number) => bigint;
}

const { m, f: goOn } = new WebAssembly.Instance<Exports>(
  new WebAssembly.Module(Uint8Array.from(Buffer.from(MODULE, 'hex'))),
).exports;
const WINDOW = new Uint8Array(m.buffer);
