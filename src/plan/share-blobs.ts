import type { Blobs } from './order-copies.ts';
import type { CopyStep, Step } from './types.ts';

/** Counts a blob that several images share where it moves first, so that the sum is what goes over the wire. */
export function shareBlobs(
  steps: readonly Step[],
  blobsOf: (step: CopyStep) => Blobs,
): readonly Step[] {
  const seen = new Set<string>();
  return steps.map((step) => {
    if (step.kind !== 'copy') return step;
    const fresh = Object.entries(blobsOf(step)).filter(([digest]) => !seen.has(digest));
    for (const [digest] of fresh) seen.add(digest);
    return { ...step, bytes: fresh.reduce((sum, [, size]) => sum + size, 0) };
  });
}
