/**
 * Clocks on the wall of a time zone. What such a clock shows is a number too: the milliseconds since 1970 at which
 * a clock in UTC shows the same, so that days and weekdays of it are counted as in UTC.
 */
export interface Zone {
  /** What the clock shows at a moment, by the second. */
  wallOf(moment: number): number;
  /**
   * The moments at which it shows that: two where it is set back, `first` and `last`. What it never shows, since it is
   * set forward over it, stands for the moment at which that happens.
   */
  momentsOf(wall: number): { readonly first: number; readonly last: number };
}

const DAY = 86_400_000;
const SECOND = 1_000;

/** Whether Node knows a time zone of this name, such as `Asia/Seoul` or `UTC`. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).format(0) !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** A time zone of the IANA database; `isTimeZone` must hold of its name. */
export function openZone(timeZone: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  function wallOf(moment: number): number {
    const fields: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(moment)) fields[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = fields;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }
  function offsetAt(moment: number): number {
    return wallOf(moment) - Math.floor(moment / SECOND) * SECOND;
  }
  return {
    wallOf,
    momentsOf(wall) {
      const [before, after] = [offsetAt(wall - DAY), offsetAt(wall + DAY)];
      const moments = [wall - before, wall - after].filter((moment) => wallOf(moment) === wall);
      if (moments.length > 0) return { first: Math.min(...moments), last: Math.max(...moments) };
      const change = findChange({ from: wall - after, to: wall - before, before }, offsetAt);
      return { first: change, last: change };
    },
  };
}

interface Search {
  readonly from: number;
  readonly to: number;
  /** Offset that still counts at `from`, and no longer at `to`. */
  readonly before: number;
}

function findChange({ from, to, before }: Search, offsetAt: (moment: number) => number): number {
  let [low, high] = [from, to];
  while (high - low > SECOND) {
    const middle = Math.floor((low + high) / 2 / SECOND) * SECOND;
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}
