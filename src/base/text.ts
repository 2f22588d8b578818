/**
 * Orders two strings by their UTF-8 bytes, as Go sorts them. Code-unit order agrees except where
 * surrogates meet characters above them.
 */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  if (BEYOND.test(a) && BEYOND.test(b)) return compareUnits(a, b);
  return a < b ? -1 : 1;
}

/** Sorted by the UTF-8 bytes of a text; what is alike stays in its order. */
export function sortByBytes<T>(items: readonly T[], textOf: (item: T) => string): readonly T[] {
  // Of tens of thousands each comparison would look at both texts whole.
  if (items.some((item) => BEYOND.test(textOf(item))))
    return items.toSorted((a, b) => compareBytes(textOf(a), textOf(b)));
  return items.toSorted((a, b) => {
    const [x, y] = [textOf(a), textOf(b)];
    return x < y ? -1 : Number(x > y);
  });
}

/** A surrogate, or a character above them. */
const BEYOND = /[\uD800-\uFFFF]/;

function compareUnits(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return fixSurrogate(x) - fixSurrogate(y);
  }
  return a.length - b.length;
}

// Moves surrogates (U+10000 and above) behind U+E000–U+FFFF, where their UTF-8 bytes stand.
function fixSurrogate(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Orders names as people count: runs of digits by their value, so that `v1.10.0` follows `v1.9.0`. */
export function compareNatural(a: string, b: string): number {
  const [first, second] = [a.match(RUNS) ?? [], b.match(RUNS) ?? []];
  for (const [i, run] of first.entries()) {
    const other = second[i];
    if (other === undefined) return 1;
    const order = compareRuns(run, other);
    if (order !== 0) return order;
  }
  return first.length - second.length || compareBytes(a, b);
}

const RUNS = /\d+|\D+/g;

function compareRuns(a: string, b: string): number {
  if (!/^\d/.test(a) || !/^\d/.test(b)) return compareBytes(a, b);
  const [first, second] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return first.length - second.length || compareBytes(first, second);
}

/** Longest text of somebody else that a message repeats. */
const LONGEST = 300;
const MOST_NAMES = 100;

/** The text, or its beginning where it is too long for a message that may come often. */
export function shorten(text: string): string {
  return text.length <= LONGEST
    ? text
    : `${clip(text, LONGEST)} (${formatCount(text.length, 'character')})`;
}

/** The text, or its beginning and `…` where it is longer than that; never half of a character. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  return `${text.slice(0, isHalf ? most - 1 : most)}…`;
}

/** The text in quotes, shortened. */
export function quote(text: string): string {
  return `"${shorten(text)}"`;
}

/** A list for a message; of very many only the first, and how many more there are. */
export function joinNames(names: readonly string[], separator = ', '): string {
  const shown = names.slice(0, MOST_NAMES).map(shorten).join(separator);
  const rest = names.length - MOST_NAMES;
  return rest > 0 ? `${shown}${separator}… (${formatCount(rest, 'more', 'more')})` : shown;
}

/** `1 image`, `2 images`. */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatNumber(count)} ${count === 1 ? noun : plural}`;
}

/** A whole number for people: `5,210`. */
export function formatNumber(count: number): string {
  return `${count}`.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A commit id as people are told of it; `the working tree` for `working-tree`. */
export function formatRevision(revision: string): string {
  return revision === 'working-tree' ? 'the working tree' : `commit ${shortRevision(revision)}`;
}

/** A commit id where the word stands beside it. */
export function shortRevision(revision: string): string {
  return revision === 'working-tree' ? revision : revision.slice(0, 12);
}

/** Bytes for people, decimal units: `1.2 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** The candidate nearest to `word` by edit distance, if it is near enough to be meant. */
export function findNearest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + cost));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** With its first letter large. */
export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
