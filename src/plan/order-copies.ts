import { compareBytes } from '../base/text.ts';
import type { CopyStep } from './types.ts';

/** Bytes by digest. */
export type Blobs = Readonly<Record<string, number>>;

/**
 * Bytes from which on a layer is worth waiting for: below, a second upload is over sooner than the wait.
 *
 * @internal
 */
export const LARGE_BLOB = 1_000_000;
/**
 * A copy waits for one that waits for one …, this often at most.
 *
 * @internal
 */
export const LONGEST_CHAIN = 4;

interface Ranked {
  readonly step: CopyStep;
  readonly large: readonly string[];
  readonly size: number;
}

interface Placed extends Ranked {
  /** Copies that bring a large layer of this one. */
  readonly after: readonly string[];
  /** Length of the longest chain of waits that ends here. */
  readonly depth: number;
}

/**
 * Orders copies so that a large layer goes over the wire once: of all images that hold it the smallest
 * is copied first, and the others name that copy in `after`, since a registry can mount what it has in
 * another repository. So a copy waits only for images that are no larger than itself, and through
 * `LONGEST_CHAIN` of them at most; beyond that it may bring a layer a second time.
 *
 * Copies of what is attached come first, then those that others wait for, then the rest; the largest
 * first within each, so that none is left over at the end. Every copy stands behind those in its `after`.
 */
export function orderCopies(
  steps: readonly CopyStep[],
  blobsOf: (step: CopyStep) => Blobs,
): readonly CopyStep[] {
  const ranked = steps.map((step) => rank(step, blobsOf(step))).toSorted(compareLeading);
  const placed = placeAll(ranked);
  const awaited = new Set(placed.flatMap(({ after }) => after));
  return placed
    .toSorted(
      (a, b) =>
        classOf(a, awaited) - classOf(b, awaited) ||
        a.depth - b.depth ||
        weigh(b) - weigh(a) ||
        compareBytes(a.step.id, b.step.id),
    )
    .map(({ step, after }) => (after.length === 0 ? step : { ...step, after }));
}

function rank(step: CopyStep, blobs: Blobs): Ranked {
  const sizes = Object.entries(blobs);
  return {
    step,
    large: sizes.flatMap(([digest, size]) => (size >= LARGE_BLOB ? [digest] : [])),
    size: sizes.reduce((sum, [, size]) => sum + size, 0),
  };
}

// Who comes first brings the layers that both have.
function compareLeading(a: Ranked, b: Ranked): number {
  return (
    Number(isAttached(b)) - Number(isAttached(a)) ||
    a.size - b.size ||
    compareBytes(a.step.id, b.step.id)
  );
}

function placeAll(ranked: readonly Ranked[]): readonly Placed[] {
  const bringers = new Map<string, Placed>();
  return ranked.map((entry) => {
    const leaders = new Set(
      entry.large.flatMap((digest) => {
        const bringer = bringers.get(digest);
        return bringer !== undefined && bringer.depth < LONGEST_CHAIN ? [bringer] : [];
      }),
    );
    const placed = {
      ...entry,
      after: [...leaders].map(({ step }) => step.id).toSorted(compareBytes),
      depth: Math.max(0, ...[...leaders].map(({ depth }) => depth + 1)),
    };
    for (const digest of entry.large) if (!bringers.has(digest)) bringers.set(digest, placed);
    return placed;
  });
}

function classOf(entry: Placed, awaited: ReadonlySet<string>): number {
  if (isAttached(entry)) return 0;
  return awaited.has(entry.step.id) ? 1 : 2;
}

function isAttached({ step }: Ranked): boolean {
  return step.attached !== undefined;
}

// Small images keep the order of their names, which people read.
function weigh({ size }: Ranked): number {
  return size >= LARGE_BLOB ? size : 0;
}
