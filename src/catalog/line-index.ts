/** Tells lines and columns in a text; the lines are counted when the first is asked for. */
export interface LineIndex {
  /** 1-based line of a byte offset. */
  lineAt(this: void, offset: number): number;
}

const NEWLINE = 0x0a;

export function createLineIndex(bytes: Uint8Array): LineIndex {
  let starts: Uint32Array | null = null;
  return {
    lineAt(offset) {
      starts ??= findLineStarts(bytes);
      return countUpTo(starts, offset);
    },
  };
}

function findLineStarts(bytes: Uint8Array): Uint32Array {
  const starts = [0];
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1))
    starts.push(at + 1);
  return Uint32Array.from(starts);
}

/** How many of the sorted numbers are not above the limit. */
function countUpTo(sorted: Uint32Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many line breaks stand in a part of a text; only that part is looked at. */
export function countNewlines(text: string, from: number, to: number): number {
  const part = text.slice(from, to);
  let count = 0;
  for (let at = part.indexOf('\n'); at !== -1; at = part.indexOf('\n', at + 1)) count += 1;
  return count;
}
