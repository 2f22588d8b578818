import { isDay } from './day.ts';

/** When an entry of a window holds, on the clock of its time zone. */
export type WindowTimes =
  | {
      readonly kind: 'weekly';
      /** 0 for Sunday. */
      readonly days: readonly number[];
      /** Which of its kind in the month; null for every one. */
      readonly nth: 1 | 2 | 3 | 4 | 'last' | null;
      /** Minutes after the midnight at which the day begins; an end above 1440 lies on the next day. */
      readonly start: number;
      readonly end: number;
    }
  | {
      readonly kind: 'dates';
      /** What the clock shows, as milliseconds of UTC; `to` no longer counts. */
      readonly from: number;
      readonly to: number;
    };

export const WINDOW_FORMS =
  'Write it as "Sat 22:00-04:00", "Mon-Fri 20:00-23:00", "2nd Sat 22:00-04:00", "02:00-04:00", "Sat,Sun", "2026-12-20..2027-01-03" (both days included) or "2026-12-24T12:00..2026-12-27T06:00".';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAY_MINUTES = 1440;
const DAY = 86_400_000;
const NTH = { '1st': 1, '2nd': 2, '3rd': 3, '4th': 4, last: 'last' } as const;

/** The times of `Sat 22:00-04:00` or `2026-12-20..2027-01-03`, or the sentence that says why these are none. */
export function parseWindowTimes(text: string): WindowTimes | string {
  return /^\d{4}-/.test(text) ? parseDates(text) : parseWeekly(text);
}

function parseDates(text: string): WindowTimes | string {
  const [first = '', second = first, ...more] = text.split('..');
  const [from, to] = [readDate(first, 0), readDate(second, DAY)];
  if (more.length > 0 || from === null || to === null) return `"${text}" names no days or times.`;
  if (from >= to) return `"${text}" ends before it begins.`;
  return { kind: 'dates', from, to };
}

// A whole day ends with the next one; a time with itself.
function readDate(text: string, whole: number): number | null {
  const [, date = '', hours, minutes] =
    /^(\d{4}-\d{2}-\d{2})(?:T([01]\d|2[0-3]):([0-5]\d))?$/.exec(text) ?? [];
  if (date === '' || !isDay(date)) return null;
  const day = Date.parse(`${date}T00:00:00Z`);
  if (hours === undefined) return day + whole;
  return day + (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function parseWeekly(text: string): WindowTimes | string {
  const words = text.trim().split(/\s+/);
  const clock = words.find((word) => word.includes(':')) ?? null;
  const hours = clock === null ? WHOLE_DAY : parseHours(clock);
  if (hours === null) return `"${text}" names no hours such as 22:00-04:00.`;
  if (hours.start === hours.end) return `"${text}" begins and ends at the same time.`;
  if (clock === text.trim()) return { kind: 'weekly', days: ALL_DAYS, nth: null, ...hours };
  const days = parseNamed(clock !== null && words.at(-1) === clock ? words.slice(0, -1) : words);
  if (days === null) return `"${text}" names no weekdays such as Sat, Mon-Fri or Sat,Sun.`;
  return { kind: 'weekly', ...days, ...hours };
}

const WHOLE_DAY = { start: 0, end: DAY_MINUTES };
const ALL_DAYS = [0, 1, 2, 3, 4, 5, 6];

type Weekly = WindowTimes & { readonly kind: 'weekly' };

function parseNamed(words: readonly string[]): Pick<Weekly, 'days' | 'nth'> | null {
  const first = words[0]?.toLowerCase() ?? '';
  const nth = isNth(first) ? NTH[first] : null;
  const [names, ...more] = nth === null ? words : words.slice(1);
  const days = names === undefined || more.length > 0 ? null : parseDays(names);
  return days === null ? null : { days, nth };
}

function isNth(word: string): word is keyof typeof NTH {
  return Object.hasOwn(NTH, word);
}

function parseHours(text: string): { readonly start: number; readonly end: number } | null {
  const [first = '', second = '', ...more] = text.split('-');
  const [start, end] = [readClock(first), readClock(second)];
  if (start === null || end === null || start === DAY_MINUTES || more.length > 0) return null;
  return { start, end: end < start ? end + DAY_MINUTES : end };
}

function readClock(text: string): number | null {
  if (text === '24:00') return DAY_MINUTES;
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hours === undefined ? null : Number(hours) * 60 + Number(minutes);
}

function parseDays(names: string): readonly number[] | null {
  const ranges = names.split(',').map(parseRange);
  const days = ranges.flatMap((range) => range ?? []);
  return ranges.includes(null) ? null : [...new Set(days)].toSorted((a, b) => a - b);
}

// `Fri-Mon` goes over the end of the week.
function parseRange(text: string): readonly number[] | null {
  const [first = '', second = first, ...more] = text.toLowerCase().split('-');
  const [from, to] = [DAYS.indexOf(first), DAYS.indexOf(second)];
  if (from === -1 || to === -1 || more.length > 0) return null;
  return ALL_DAYS.filter((day) =>
    from <= to ? from <= day && day <= to : day >= from || day <= to,
  );
}
