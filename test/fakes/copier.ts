import {
  type Copier,
  type CopyRequest,
  NOTHING_PUSHED,
  type PushEnd,
} from '../../src/apply/port.ts';

export interface SpyCopier extends Copier {
  /** Every copy asked for, in order. */
  readonly requests: readonly CopyRequest[];
  /** What each push that was asked for brought through, in order. */
  readonly pushes: readonly (readonly string[])[];
  /** The largest number of copies that ran at once. */
  readonly mostAtOnce: () => number;
}

/** Records copies and passes them on: to a real copier, or to a function that stands in for it. */
export function createSpyCopier(inner: Pick<Copier, 'copy'> & Partial<Copier>): SpyCopier {
  const requests: CopyRequest[] = [];
  const pushes: (readonly string[])[] = [];
  let running = 0;
  let most = 0;
  return {
    requests,
    pushes,
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
    async pushImages(request, signal): Promise<PushEnd> {
      const end = (await inner.pushImages?.(request, signal)) ?? NOTHING_PUSHED;
      pushes.push([...end.pushed]);
      return end;
    },
    forget: () => inner.forget?.() ?? Promise.resolve(),
  };
}
