import { textField } from './blob-fields.ts';
import { readCsvMetadata } from './csv-metadata.ts';
import type { Blob } from './types.ts';

/** Milliseconds of the CSV's `createdAt`; null where there is none, or none that has one meaning. */
export function readCreatedAt(bundle: Blob): number | null {
  return parseCreatedAt(textField(readCsvMetadata(bundle)?.['annotations'], 'createdAt'));
}

const CLOCK = String.raw`(?:(?:T|,?\s+)(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?`;
const ZONE = String.raw`\s*(Z|UTC|[+-]\d\d:?\d\d)?`;
const YEAR_FIRST = new RegExp(String.raw`^(\d{4})[-/](\d{1,2})[-/](\d{1,2})${CLOCK}${ZONE}$`);
const NAMED_MONTH = new RegExp(
  String.raw`^(\d{1,2}) ([A-Z][a-z]{2})[a-z]* (\d{4})${CLOCK}${ZONE}$`,
);
const YEAR_LAST = new RegExp(String.raw`^(\d{1,2})/(\d{1,2})/(\d{4})${CLOCK}${ZONE}$`);
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/**
 * Milliseconds of a time as operators write it: ISO 8601 with its omissions, `2024/07/01`,
 * `09 Jul 2024, 19:40`, `05/16/2024`. Without a zone it is UTC, so that the machine's does not
 * count. Null for anything else, `03/04/2024` among it: nobody knows which one is the month.
 *
 * @internal
 */
export function parseCreatedAt(text: string): number | null {
  const trimmed = text.trim();
  const iso = YEAR_FIRST.exec(trimmed);
  if (iso !== null) return toTime({ year: iso[1], month: Number(iso[2]), day: iso[3] }, iso);
  const named = NAMED_MONTH.exec(trimmed);
  if (named !== null) {
    const month = MONTHS.indexOf(named[2] ?? '') + 1;
    return toTime({ year: named[3], month, day: named[1] }, named);
  }
  const last = YEAR_LAST.exec(trimmed);
  if (last === null) return null;
  const [first, second] = [Number(last[1]), Number(last[2])];
  if (first !== second && first <= 12 && second <= 12) return null;
  const [month, day] = first > 12 ? [second, last[1]] : [first, last[2]];
  return toTime({ year: last[3], month, day }, last);
}

interface CalendarDay {
  readonly year: string | undefined;
  readonly month: number;
  readonly day: string | undefined;
}

function toTime({ year, month, day }: CalendarDay, match: RegExpExecArray): number | null {
  const [hours = '0', minutes = '0', seconds = '0', fraction = '0', zone = 'Z'] = match.slice(4);
  const midnight = Date.UTC(Number(year), month - 1, Number(day));
  const date = new Date(midnight);
  // 31 February would silently become a day in March.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== Number(day)) return null;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 60) return null;
  const clock = (Number(hours) * 60 + Number(minutes)) * 60 + Number(`${seconds}.${fraction}`);
  return midnight + Math.round(clock * 1000) - readOffset(zone);
}

function readOffset(zone: string): number {
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === '-' ? -minutes : minutes) * 60_000;
}
