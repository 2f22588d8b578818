import { openZone } from '../base/zoned-time.ts';

/** `2026-11-28 13:00 UTC`; with another time zone also `, 22:00 Asia/Seoul`, with its day where that differs. */
export function formatMoment(moment: Date, timeZone = 'UTC'): string {
  const universal = formatMinute(moment.getTime());
  if (timeZone === 'UTC') return `${universal} UTC`;
  const local = formatMinute(openZone(timeZone).wallOf(moment.getTime()));
  const isSameDay = local.slice(0, 10) === universal.slice(0, 10);
  return `${universal} UTC (${isSameDay ? local.slice(11) : local} ${timeZone})`;
}

function formatMinute(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ');
}
