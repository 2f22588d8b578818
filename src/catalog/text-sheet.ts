import { Buffer } from 'node:buffer';

/** Where a text lies on its sheet, bytes. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * Texts as UTF-8, behind each other in memory that is used again: a buffer for each of thousands of
 * texts would cost more than what is done with them.
 */
export interface TextSheet {
  write(this: void, text: string): TextSpan;
  /** The bytes of a text, until something else is written. */
  look(this: void, span: TextSpan): Uint8Array;
  /** A copy of these texts in this order. */
  join(this: void, spans: readonly TextSpan[]): Uint8Array;
  clear(this: void): void;
}

export function createTextSheet(): TextSheet {
  let bytes = Buffer.allocUnsafeSlow(0);
  let used = 0;
  function makeRoom(size: number): void {
    if (used + size <= bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(used + size, bytes.length * 2));
    bytes.copy(larger, 0, 0, used);
    bytes = larger;
  }
  function write(text: string): TextSpan {
    makeRoom(text.length * MOST_BYTES);
    const start = used;
    used += bytes.write(text, start, 'utf8');
    return { start, end: used };
  }
  function join(spans: readonly TextSpan[]): Uint8Array {
    const joined = Buffer.allocUnsafeSlow(spans.reduce((sum, it) => sum + it.end - it.start, 0));
    let at = 0;
    for (const { start, end } of spans) at += bytes.copy(joined, at, start, end);
    return joined;
  }
  return {
    write,
    look: ({ start, end }) => bytes.subarray(start, end),
    join,
    clear: () => {
      used = 0;
    },
  };
}

/** Bytes that one unit of a JavaScript string may take. */
const MOST_BYTES = 3;
