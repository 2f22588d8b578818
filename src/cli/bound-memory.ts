import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the part of the heap where objects are born at the size that it has. By itself it grows with
 * what is allocated, up to 100 MB, and what is made of a catalog is soon garbage: more room for it
 * would only be more memory. `--max-semi-space-size` would be the name for it, but is read at the
 * start of Node only.
 */
export function boundMemory(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
