import { openZone, type Zone } from '../base/zoned-time.ts';
import type { Window, WindowEntry } from '../manifest/types.ts';
import type { WindowTimes } from '../manifest/window-times.ts';

export interface WindowState {
  readonly open: boolean;
  /** When it opens or closes next; null where that is not within a year. */
  readonly until: Date | null;
}

interface Span {
  readonly effect: WindowEntry['effect'];
  /** Milliseconds since 1970; `to` no longer counts. */
  readonly from: number;
  readonly to: number;
}

const DAY = 86_400_000;
const MINUTE = 60_000;
/** Days that are looked at together: a week, and one for what goes over midnight. */
const STRETCH = 8 * DAY;
const FARTHEST = 50;

/**
 * Whether a window is open now. Deny wins; several allows unite; where nothing is allowed by name, all is that is not
 * denied. A window lasts from the first moment at which the clock of its time zone shows its beginning to the last at
 * which it shows its end: one in the hour that is missing in spring does not come about, one in the doubled hour is
 * open in both.
 */
export function judgeWindow(window: Window, now: Date): WindowState {
  if (window === 'always') return { open: true, until: null };
  const entries = window.map((entry) => ({ entry, zone: openZone(entry.timeZone) }));
  const onlyDenies = window.every(({ effect }) => effect === 'deny');
  const moment = now.getTime();
  const open = isOpen(listSpans(entries, moment, moment), moment, onlyDenies);
  for (let count = 0; count < FARTHEST; count += 1) {
    const from = moment + count * STRETCH;
    const spans = listSpans(entries, from, from + STRETCH);
    const change = listEdges(spans)
      .filter((edge) => edge > moment)
      .find((edge) => edge <= from + STRETCH && isOpen(spans, edge, onlyDenies) !== open);
    if (change !== undefined) return { open, until: new Date(change) };
  }
  return { open, until: null };
}

function isOpen(spans: readonly Span[], moment: number, onlyDenies: boolean): boolean {
  const counting = spans.filter(({ from, to }) => from <= moment && moment < to);
  if (counting.some(({ effect }) => effect === 'deny')) return false;
  return onlyDenies || counting.length > 0;
}

function listEdges(spans: readonly Span[]): readonly number[] {
  return [...new Set(spans.flatMap(({ from, to }) => [from, to]))].toSorted((a, b) => a - b);
}

interface OpenedEntry {
  readonly entry: WindowEntry;
  readonly zone: Zone;
}

// Every span that touches the time between two moments.
function listSpans(entries: readonly OpenedEntry[], from: number, to: number): readonly Span[] {
  return entries
    .flatMap(({ entry, zone }) => {
      const walls = listWalls(entry.times, zone.wallOf(from) - 2 * DAY, zone.wallOf(to) + DAY);
      return walls.map((wall) => ({
        effect: entry.effect,
        from: zone.momentsOf(wall.from).first,
        to: zone.momentsOf(wall.to).last,
      }));
    })
    .filter((span) => span.from < span.to && span.to >= from && span.from <= to);
}

function listWalls(
  times: WindowTimes,
  from: number,
  to: number,
): readonly Pick<Span, 'from' | 'to'>[] {
  if (times.kind === 'dates') return [times];
  const walls: Pick<Span, 'from' | 'to'>[] = [];
  for (let day = Math.floor(from / DAY) * DAY; day <= to; day += DAY)
    if (isDayOf(times, new Date(day)))
      walls.push({ from: day + times.start * MINUTE, to: day + times.end * MINUTE });
  return walls;
}

function isDayOf({ days, nth }: WindowTimes & { readonly kind: 'weekly' }, day: Date): boolean {
  if (!days.includes(day.getUTCDay())) return false;
  if (nth === null) return true;
  if (nth !== 'last') return Math.ceil(day.getUTCDate() / 7) === nth;
  return new Date(day.getTime() + 7 * DAY).getUTCMonth() !== day.getUTCMonth();
}
