import { readV8Flag, setV8Flag } from './v8-flags.ts';

/** Percent of what is alive by which the heap may grow before it is cleared. */
const GROWTH = 'heap-growing-percent';
const BOUNDED = 40;
const WHILE_BUILDING = 200;

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
  setV8Flag(GROWTH, BOUNDED);
}

/**
 * Lets the heap grow to three times what is alive meanwhile, for work that keeps little alive and makes much: V8 counts
 * buffers as growth, too, and marking all that is alive for each few megabytes of them took a fifth of the time of a build.
 */
export async function loosenMemory<T>(work: () => Promise<T>): Promise<T> {
  if (atWork === 0) usual = readV8Flag(GROWTH);
  atWork += 1;
  setV8Flag(GROWTH, WHILE_BUILDING);
  try {
    return await work();
  } finally {
    atWork -= 1;
    if (atWork === 0) setV8Flag(GROWTH, usual);
  }
}

let atWork = 0;
let usual: number | boolean = BOUNDED;
