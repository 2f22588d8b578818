import type { Blob } from './types.ts';

/**
 * The same function, its answer for a blob kept as long as the blob is: what is read out of a large
 * bundle again and again need not be parsed again and again. The answer must be small.
 */
export function perBlob<T extends object | string>(read: (blob: Blob) => T): (blob: Blob) => T {
  const known = new WeakMap<Blob, T>();
  return (blob) => {
    const before = known.get(blob);
    if (before !== undefined) return before;
    const answer = read(blob);
    known.set(blob, answer);
    return answer;
  };
}
