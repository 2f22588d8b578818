import type { Copier, CopyRequest } from '../../src/apply/port.ts';

export interface SpyCopier extends Copier {
  /** Every copy asked for, in order. */
  readonly requests: readonly CopyRequest[];
  /** The largest number of copies that ran at once. */
  readonly mostAtOnce: () => number;
}

/** Records copies and passes them on: to a real copier, or to a function that stands in for it. */
export function createSpyCopier(inner: Pick<Copier, 'copy'> & Partial<Copier>): SpyCopier {
  const requests: CopyRequest[] = [];
  let running = 0;
  let most = 0;
  return {
    requests,
    mostAtOnce: () => most,
    assertReady: () => Promise.resolve(),
    breaksZstdIndexes: () => inner.breaksZstdIndexes?.() ?? Promise.resolve(false),
    async copy(request, signal): Promise<void> {
      requests.push(request);
      running += 1;
      most = Math.max(most, running);
      try {
        await inner.copy(request, signal);
      } finally {
        running -= 1;
      }
    },
    forget: () => inner.forget?.() ?? Promise.resolve(),
  };
}
