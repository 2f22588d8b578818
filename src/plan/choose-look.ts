import { findDayEnd } from './request-budget.ts';

/** An image of which it is to be decided whether a pass asks for it. */
export interface LookCandidate {
  readonly key: string;
  /** Requests at the serving registry that asking takes, about. */
  readonly cost: number;
  /** When it was last found in step, milliseconds since 1970; null where nothing vouches for it. */
  readonly seen: number | null;
  /** When it was last asked for in vain, for one that nothing vouches for; null for never. */
  readonly asked: number | null;
  /** When its blobs were last asked for; null for never. */
  readonly deep: number | null;
}

/** Requests of a day. */
export interface LookBudget {
  readonly perDay: number;
  /** Of today. */
  readonly left: number;
  /** What the source has left of today, which is asked for what the serving registry lacks; null for no limit. */
  readonly sourceLeft: number | null;
  /** What each pass takes besides, for indexes and bases. */
  readonly besides: number;
}

export interface LookTerms {
  readonly now: number;
  /** Milliseconds between passes. */
  readonly interval: number;
  /** Each image is to be asked for at least this often. */
  readonly age: number;
  /** The same of its blobs; null for no such look. */
  readonly deepAge: number | null;
  /** Everything is to be asked for, as far as the budget goes. */
  readonly all: boolean;
  readonly budget: LookBudget | null;
}

export interface LookChoice {
  /** Keys to ask for now; those of `deep` are among them. */
  readonly asked: ReadonlySet<string>;
  readonly deep: ReadonlySet<string>;
  /** How often everything can be asked for within the budget; `age` where it suffices. */
  readonly reachableAge: number;
}

/** Requests of a look at the blobs of an image: its manifest and what images have on average. */
export const DEEP_COST = 8;
const DAY = 86_400_000;
/** Of the age, so that passes that come late or not at all do no harm. */
const TARGET = 7 / 8;

/**
 * Chooses what a pass asks for. First what was never asked for; then of what was seen in time the share that
 * lets each have its turn before it is too old, the oldest first, no more at once than needed; then
 * what was asked for in vain, in turns where the budget is short. What is too old counts as due now.
 * A time in the future vouches for nothing. What one pass takes besides is kept for all passes that
 * are left of the day, up to half of a day's requests.
 */
export function chooseLook(candidates: readonly LookCandidate[], terms: LookTerms): LookChoice {
  const vouched = candidates.filter(({ seen }) => isPast(seen, terms.now));
  const others = candidates.filter(({ seen }) => !isPast(seen, terms.now));
  const scarcity = measureScarcity(candidates, terms);
  const purse = openPurse(terms);
  const asked = new Set<string>();
  const fresh = others.filter((candidate) => candidate.asked === null);
  const tried = others.filter((candidate) => candidate.asked !== null);
  take(fresh, { purse, asked, most: Infinity, source: true });
  const turns = vouched
    .map((candidate) => ({ ...candidate, time: candidate.seen ?? 0 }))
    .toSorted((a, b) => a.time - b.time);
  const target = terms.age * Math.max(TARGET, scarcity);
  const since = scarcity <= 1 ? terms.now - terms.age : 0;
  const late = turns.filter(({ time }) => time < since);
  take(late, { purse, asked, most: Infinity, source: false });
  const inTime = turns.slice(late.length);
  const share = terms.all ? Infinity : findShare(inTime, target, terms);
  const newest = turns.at(-1)?.time ?? 0;
  take(inTime, {
    purse,
    asked,
    most: pace(share, inTime[0], { ...terms, newest }),
    source: false,
  });
  const waiting = tried.toSorted((a, b) => (a.asked ?? 0) - (b.asked ?? 0));
  take(waiting, { purse, asked, most: findRest(purse, share, terms), source: true });
  const deep = chooseDeep(vouched, { terms, scarcity, purse });
  return {
    asked: new Set([...asked, ...deep]),
    deep,
    reachableAge: terms.age * Math.max(1, scarcity),
  };
}

function isPast(time: number | null, now: number): boolean {
  return time !== null && time <= now;
}

/** What may be spent on images in this pass. */
interface Purse {
  left: number;
  sourceLeft: number;
  readonly passes: number;
}

function openPurse({ now, interval, budget }: LookTerms): Purse {
  const dayLeft = findDayEnd(new Date(now).toISOString()).getTime() - now;
  const passes = Math.max(1, Math.ceil(dayLeft / interval));
  if (budget === null) return { left: Infinity, sourceLeft: Infinity, passes };
  const kept = Math.min(budget.besides * passes, budget.perDay / 2);
  return {
    left: Math.floor(Math.max(0, budget.left - kept)),
    sourceLeft: budget.sourceLeft ?? Infinity,
    passes,
  };
}

/** What a day's looks take, of what a day has for them; above 1 the budget does not suffice. */
function measureScarcity(candidates: readonly LookCandidate[], terms: LookTerms): number {
  const { budget, interval, age, deepAge } = terms;
  if (budget === null) return 0;
  const once = candidates.reduce((sum, { cost }) => sum + cost, 0);
  const deep = deepAge === null ? 0 : (candidates.length * (DEEP_COST + 1) * DAY) / deepAge;
  const kept = Math.min((budget.besides * DAY) / interval, budget.perDay / 2);
  return ((once * DAY) / age + deep) / Math.max(1, budget.perDay - kept);
}

interface Taking {
  readonly purse: Purse;
  readonly asked: Set<string>;
  /** Requests to spend, at most; the candidate that reaches it is still taken. */
  readonly most: number;
  /** Staging is asked too. */
  readonly source: boolean;
}

function take(candidates: readonly LookCandidate[], { purse, asked, most, source }: Taking): void {
  let spent = 0;
  for (const { key, cost } of candidates) {
    if (spent >= most || cost > purse.left || (source && purse.sourceLeft < 1)) return;
    spent += cost;
    purse.left -= cost;
    if (source) purse.sourceLeft -= 1;
    asked.add(key);
  }
}

interface Turn {
  readonly cost: number;
  readonly time: number;
}

// The least that, spent by every pass from now on, has each of them asked for before its time is over.
function findShare(
  sorted: readonly Turn[],
  target: number,
  { now, interval }: Pick<LookTerms, 'now' | 'interval'>,
): number {
  let share = 0;
  let sum = 0;
  for (const { cost, time } of sorted) {
    sum += cost;
    const passes = Math.max(1, Math.floor((time + target - now) / interval));
    share = Math.max(share, sum / passes);
  }
  return share;
}

// A pass before its time has the part of a share that its time is of an interval; where less than one has its turn in a pass,
// passes are let go by.
function pace(
  share: number,
  first: Turn | undefined,
  { newest, now, interval }: Pick<LookTerms, 'now' | 'interval'> & { readonly newest: number },
): number {
  if (first === undefined || share === Infinity) return share;
  const passed = (now - newest) / interval;
  if (share < first.cost) return passed < first.cost / share ? 0 : share;
  return share * Math.min(1, passed);
}

// What is left when the turns of the rest of the day are put by, spread over its passes.
function findRest({ left, passes }: Purse, share: number, { all, budget }: LookTerms): number {
  if (all || budget === null) return Infinity;
  return Math.max(0, left - share * (passes - 1)) / passes;
}

interface DeepTerms {
  readonly terms: LookTerms;
  readonly scarcity: number;
  readonly purse: Purse;
}

// What never had such a look takes turns from now on: there is no hurry that would be worth a burst.
function chooseDeep(
  vouched: readonly LookCandidate[],
  { terms, scarcity, purse }: DeepTerms,
): ReadonlySet<string> {
  const deep = new Set<string>();
  const { deepAge, now } = terms;
  if (deepAge === null) return deep;
  const turns = vouched
    .map((candidate) => ({
      ...candidate,
      cost: DEEP_COST + 1,
      time: isPast(candidate.deep, now) ? (candidate.deep ?? now) : now,
      first: isPast(candidate.deep, now) ? 1 : 0,
    }))
    .toSorted((a, b) => a.first - b.first || a.time - b.time);
  const target = deepAge * Math.max(TARGET, scarcity);
  const byTime = turns.toSorted((a, b) => a.time - b.time);
  const share = findShare(byTime, target, terms);
  const newest = turns.reduce(
    (most, { first, time }) => (first === 0 ? most : Math.max(most, time)),
    0,
  );
  const most = terms.all ? share : pace(share, turns[0], { ...terms, newest });
  take(turns, { purse, asked: deep, most, source: false });
  return deep;
}
