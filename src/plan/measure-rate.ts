import type { CopyRate } from './advice-types.ts';
import type { PassSummary } from './history-types.ts';

const MOST_PASSES = 10;

/** How fast passes copied: all bytes of the newest ones that moved any, by the time that these took. Null where none did. */
export function measureRate(passes: readonly PassSummary[]): CopyRate | null {
  const moved = passes
    .filter(({ bytes, result, count }) => bytes > 0 && count === 1 && result !== 'failed')
    .slice(0, MOST_PASSES);
  const seconds = moved.reduce(
    (sum, { started, finished }) => sum + (Date.parse(finished) - Date.parse(started)) / 1000,
    0,
  );
  const bytes = moved.reduce((sum, pass) => sum + pass.bytes, 0);
  if (seconds <= 0 || bytes === 0) return null;
  return { bytesPerSecond: Math.round(bytes / seconds), from: 'measured', passes: moved.length };
}
