import { setV8Flag } from './v8-flags.ts';

/**
 * Keeps the part of the heap where objects are born at the size that it has. By itself it grows with
 * what is allocated, up to 100 MB, and what is made of a catalog is soon garbage: more room for it
 * would only be more memory. `--max-semi-space-size` would be the name for it, but is read at the
 * start of Node only: so this is to be called before anything large is read, a manifest of 50,000 images
 * among it, of which a plan took 450 MB where it was called later, and 222 to 274 where it is not.
 *
 * The rest of the heap is cleared once it has grown by two fifths. By itself it may grow to several times what is
 * alive where the machine has much memory. Measured with `watch` on a catalog of 76 MB: 577 MB at the most without it;
 * 513 MB with three fifths, and no slower; 479 MB with one fifth, and a commit planned a quarter later. Threads started
 * later are held to both.
 */
export function boundMemory(): void {
  setV8Flag('semi-space-growth-factor', 1);
  setV8Flag('heap-growing-percent', 40);
}
