import { formatCount } from '../base/text.ts';
import { openZone } from '../base/zoned-time.ts';

/** `2026-11-28 13:00 UTC`; with another time zone also `, 22:00 Asia/Seoul`, with its day where that differs. */
export function formatMoment(moment: Date, timeZone = 'UTC'): string {
  const universal = formatWall(moment.getTime(), 'minute');
  if (timeZone === 'UTC') return `${universal} UTC`;
  const local = formatWall(openZone(timeZone).wallOf(moment.getTime()), 'minute');
  const isSameDay = local.slice(0, 10) === universal.slice(0, 10);
  return `${universal} UTC (${isSameDay ? local.slice(11) : local} ${timeZone})`;
}

/** `2026-12-31 18:00:05 UTC` of an ISO 8601 time. */
export function formatTime(time: string): string {
  return `${formatWall(Date.parse(time), 'second')} UTC`;
}

const LENGTHS = { minute: 16, second: 19 } as const;

function formatWall(milliseconds: number, to: keyof typeof LENGTHS): string {
  return new Date(milliseconds).toISOString().slice(0, LENGTHS[to]).replace('T', ' ');
}

/** `7 days`: rounded up to the largest unit that fits, so that an age which is proposed suffices. */
export function formatLength(milliseconds: number): string {
  const [name, unit] = UNITS.find(([, length]) => milliseconds >= length) ?? ['second', 1_000];
  return formatCount(Math.ceil(milliseconds / unit), name);
}

const UNITS: readonly (readonly [name: string, milliseconds: number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];
