/** How many requests one registry is sent at once, and how fast. All times are milliseconds of one clock. */
export interface Pace {
  /** Requests that may be under way at once, from 1 up. */
  readonly width: () => number;
  /** Takes the turn that has come, and gives 0; else gives the milliseconds until one may have come, and takes none. */
  readonly takeTurn: (now: number) => number;
  readonly noteAnswer: (answer: PacedAnswer) => void;
  /** Whether turns have space between them: from a refusal until the rate no longer matters. */
  readonly isSpaced: () => boolean;
}

export interface PacedAnswer {
  readonly sent: number;
  readonly now: number;
  /** `refused`: 429. `troubled`: another answer that tells of overload. */
  readonly verdict: 'fine' | 'refused' | 'troubled';
  /** After a refusal, for how long nothing more is sent. */
  readonly pause?: number;
}

/** Requests a second; one that is refused at once says nothing of what the registry would take. */
const LEAST_RATE = 1;
/** Beyond this a turn is shorter than a request takes. */
const MOST_RATE = 1_000;
const KEPT_SHARE = 0.7;
/** Of the cubic growth: at 5 requests a second two in a hundred are refused, and two minutes lead back to full speed. */
const GROWTH = 0.001;
/** Slower than this much of what is usual counts as overload; faster answers than the floor never do. */
const SLOW = 2;
const SLOW_FLOOR = 100;

/**
 * Begins with the full width. A refusal halves it, and so does an answer that tells of overload or a
 * time that has doubled; each full width of good answers adds one (AIMD). After a refusal turns are
 * spaced as well: at seven tenths of what was accepted a second, from where the rate grows by CUBIC,
 * slowly around the rate that was refused and fast beyond it, as the clients of AWS do in their
 * adaptive mode. What was sent before the last lowering does not lower again. Silence is left to the
 * breaker: a dead registry is found sooner by many requests than by few.
 */
export function createPace(most: number): Pace {
  const width = createWidth(most);
  const rate = createRate();
  let lowered = Number.NEGATIVE_INFINITY;
  return {
    width: width.read,
    takeTurn: rate.takeTurn,
    isSpaced: rate.isSpaced,
    noteAnswer({ sent, now, verdict, pause = 0 }) {
      const isNews = sent >= lowered;
      if (verdict === 'refused') rate.noteRefused({ now, until: now + pause, isNews });
      else rate.noteAccepted(now);
      const isSlow = verdict !== 'refused' && width.noteLatency(now - sent);
      if (verdict === 'fine' && !isSlow) width.raise();
      else if (isNews) {
        lowered = now;
        width.lower();
      }
    },
  };
}

interface Width {
  readonly read: () => number;
  readonly raise: () => void;
  readonly lower: () => void;
  /** Whether answers come slowly by now. */
  readonly noteLatency: (milliseconds: number) => boolean;
}

function createWidth(most: number): Width {
  let width = most;
  let usual: number | null = null;
  let recent = 0;
  return {
    read: () => Math.floor(width),
    raise() {
      width = Math.min(most, width + 1 / width);
    },
    lower() {
      width = Math.max(1, width / 2);
    },
    noteLatency(milliseconds) {
      usual ??= milliseconds;
      recent += (milliseconds - recent) / 5;
      // What is slow for long becomes usual; what was slow for a while is forgotten sooner.
      usual += (milliseconds - usual) / (milliseconds < usual ? 10 : 50);
      return recent > SLOW_FLOOR && recent > SLOW * usual;
    },
  };
}

interface Rate {
  readonly isSpaced: () => boolean;
  readonly takeTurn: (now: number) => number;
  readonly noteAccepted: (now: number) => void;
  /** Pauses until then; lowers the rate where it is news. */
  readonly noteRefused: (refusal: {
    readonly now: number;
    readonly until: number;
    readonly isNews: boolean;
  }) => void;
}

function createRate(): Rate {
  /** What was refused, requests a second; null for turns without space between them. */
  let refused: number | null = null;
  let since = 0;
  let paused = 0;
  let next = 0;
  const accepted = createCounter();
  function read(now: number): number | null {
    if (refused === null) return null;
    const seconds = Math.max(0, now - since) / 1000;
    const turning = Math.cbrt((refused * (1 - KEPT_SHARE)) / GROWTH);
    const rate = refused + GROWTH * (seconds - turning) ** 3;
    if (rate <= MOST_RATE) return rate;
    refused = null;
    return null;
  }
  return {
    isSpaced: () => refused !== null,
    takeTurn(now) {
      const turn = Math.max(next, paused);
      if (turn > now) return turn - now;
      // Counted from when it is taken, so that turns taken late do not come one right after the other.
      const rate = read(now);
      next = rate === null ? 0 : now + 1000 / rate;
      return 0;
    },
    noteAccepted: accepted.add,
    noteRefused({ now, until, isNews }) {
      if (isNews) {
        const seen = accepted.readSecond(now);
        refused = Math.max(LEAST_RATE, Math.min(read(now) ?? seen, seen));
        next = 0;
      }
      paused = Math.max(paused, until);
      since = paused;
    },
  };
}

interface Counter {
  readonly add: (now: number) => void;
  /** Of the second that ends now, about. */
  readonly readSecond: (now: number) => number;
}

function createCounter(): Counter {
  let second = Number.NEGATIVE_INFINITY;
  let count = 0;
  let before = 0;
  function turn(now: number): void {
    if (now - second < 1000) return;
    before = now - second < 2000 ? count : 0;
    count = 0;
    second = now - second < 2000 ? second + 1000 : now;
  }
  return {
    add(now) {
      turn(now);
      count += 1;
    },
    readSecond(now) {
      turn(now);
      return count + before * (1 - (now - second) / 1000);
    },
  };
}
