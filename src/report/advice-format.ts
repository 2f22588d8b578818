import { formatBytes } from '../base/text.ts';
import type { Amount } from '../plan/advice-types.ts';
import type { AdviceWords } from './advice-words.ts';

/** Bytes for people; what is not known is never shown as a number. */
export function formatAmount({ bytes, doubts }: Amount, words: AdviceWords): string {
  if (bytes === null) return words.unknown;
  return doubts.length === 0 ? formatBytes(bytes) : words.atLeast(formatBytes(bytes));
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** A span for people: `3 hours`, in the largest unit of which there are two or more. */
export function formatSpan(seconds: number, words: AdviceWords): string {
  const [unit, length] = UNITS.find(([, size]) => seconds >= 2 * size) ?? UNITS[3];
  return words.span(unit, Math.round(seconds / length));
}
