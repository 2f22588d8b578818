import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPace, type Pace, type PacedAnswer } from '../../src/registry/pace.ts';

interface Row {
  readonly name: string;
  readonly answers: readonly PacedAnswer[];
  readonly width: number;
  /** Milliseconds until each of the next three turns, asked for at the time of the last answer. */
  readonly turns: readonly number[];
}

function answersOf(count: number, more: Partial<PacedAnswer> = {}): readonly PacedAnswer[] {
  return Array.from({ length: count }, () => ({ sent: 0, now: 10, verdict: 'fine', ...more }));
}

const REFUSED: PacedAnswer = { sent: 0, now: 10, verdict: 'refused', pause: 2000 };
const SLOW = { sent: 1000, now: 1900 };

const ROWS: readonly Row[] = [
  { name: 'good answers keep the full width', answers: answersOf(3), width: 8, turns: [0, 0, 0] },
  {
    name: 'a refusal halves the width, holds all back, and spaces turns at 7/10 of what was accepted',
    answers: [...answersOf(5), REFUSED],
    width: 4,
    // 3.5 a second, and a little more by each turn.
    turns: [2000, 2286, 2563],
  },
  {
    name: 'refusals of what was sent before the first one do not lower again, and the longest pause holds',
    answers: [...answersOf(5), REFUSED, REFUSED, { ...REFUSED, pause: 3000 }],
    width: 4,
    turns: [3000, 3286, 3563],
  },
  {
    name: 'refusals one after the other come down to one at once, and no lower',
    answers: [1, 2, 3, 4].map((second) => ({
      sent: second * 1000,
      now: second * 1000,
      verdict: 'refused',
    })),
    width: 1,
    turns: [0, 1429, 2600],
  },
  {
    name: 'a refusal without a pause spaces turns all the same',
    answers: [...answersOf(10), { sent: 0, now: 10, verdict: 'refused' }],
    width: 4,
    turns: [0, 143, 284],
  },
  {
    name: 'overload halves the width and spaces nothing',
    answers: [{ sent: 0, now: 10, verdict: 'troubled' }],
    width: 4,
    turns: [0, 0, 0],
  },
  {
    name: 'each full width of good answers adds one',
    answers: [{ sent: 0, now: 10, verdict: 'troubled' }, ...answersOf(5)],
    width: 5,
    turns: [0, 0, 0],
  },
  {
    name: 'times that double and stay halve the width once for what was under way',
    answers: [...answersOf(20, { sent: 0, now: 100 }), ...answersOf(3, SLOW)],
    width: 4,
    turns: [0, 0, 0],
  },
  {
    name: 'times that double below a tenth of a second say nothing',
    answers: [...answersOf(20, { sent: 0, now: 2 }), ...answersOf(20, { sent: 0, now: 60 })],
    width: 8,
    turns: [0, 0, 0],
  },
  {
    name: 'what was slow from the start is usual',
    answers: answersOf(20, SLOW),
    width: 8,
    turns: [0, 0, 0],
  },
];

// Seen to fail: with a width that a refusal does not lower, with `sent < lowered` taken out, and with `recent > SLOW_FLOOR`
// taken out, the rows that say so.
for (const { name, answers, width, turns } of ROWS)
  test(`createPace: ${name}`, () => {
    const pace = createPace(8);
    for (const answer of answers) pace.noteAnswer(answer);
    assert.equal(pace.width(), width);
    const now = answers.at(-1)?.now ?? 0;
    let turn = now;
    assert.deepEqual(
      turns.map(() => Math.round((turn = waitForTurn(pace, turn)) - now)),
      turns,
    );
  });

/** When the turn comes that is asked for then. */
function waitForTurn(pace: Pace, then: number): number {
  let now = then;
  for (let wait = pace.takeTurn(now); wait > 0; wait = pace.takeTurn(now)) now += wait;
  return now;
}

test('createPace lets no turn follow on the heels of one that was taken late', () => {
  const pace = createPace(8);
  for (const answer of [...answersOf(5), REFUSED]) pace.noteAnswer(answer);
  const first = waitForTurn(pace, REFUSED.now);
  const second = waitForTurn(pace, first);
  const late = waitForTurn(pace, second + 10_000);
  assert.equal(late, second + 10_000);
  const space = waitForTurn(pace, late) - late;
  assert.ok(
    space > (second - first) / 2,
    `${space} ms after a late turn, ${second - first} before`,
  );
});

interface Played {
  readonly sent: number;
  readonly refused: number;
  readonly seconds: number;
}

/** Plays so many requests against a registry that takes `limit` in any second and answers after 3 ms. */
function play(requests: number, limit: number): Played {
  const pace = createPace(8);
  const agenda: { readonly at: number; readonly run: (now: number) => void }[] = [];
  const taken: number[] = [];
  const counts = { waiting: requests, active: 0, inLine: 0, sent: 0, refused: 0 };
  let end = 0;
  function begin(now: number): void {
    counts.inLine += 1;
    if (counts.inLine === 1) advance(now);
  }
  function advance(now: number): void {
    const wait = pace.takeTurn(now);
    if (wait > 0) {
      agenda.push({ at: now + wait, run: advance });
      return;
    }
    counts.inLine -= 1;
    send(now);
    if (counts.inLine > 0) advance(now);
  }
  function send(sent: number): void {
    const full = taken.filter((time) => time > sent - 1000).length >= limit;
    counts.sent += 1;
    if (full) counts.refused += 1;
    else taken.push(sent);
    agenda.push({ at: sent + 3, run: (now) => receive({ sent, now, full }) });
  }
  function receive({ sent, now, full }: { sent: number; now: number; full: boolean }): void {
    pace.noteAnswer({ sent, now, verdict: full ? 'refused' : 'fine', pause: 1000 });
    if (full) begin(now);
    else counts.active -= 1;
    fill(now);
    end = now;
  }
  function fill(now: number): void {
    for (; counts.waiting > 0 && counts.active < pace.width(); counts.waiting -= 1) {
      counts.active += 1;
      begin(now);
    }
  }
  fill(0);
  for (let next = agenda.shift(); next !== undefined; next = agenda.shift()) {
    next.run(next.at);
    agenda.sort((a, b) => a.at - b.at);
  }
  assert.equal(taken.length, requests, 'all finish');
  return { sent: counts.sent, refused: counts.refused, seconds: end / 1000 };
}

// Seen to fail: with turns that are not spaced, 107 of 607 were refused at 5 a second.
test('createPace finds what a registry takes: under 5 % are refused, and little time is lost', () => {
  for (const [requests, limit] of [
    [500, 5],
    [2000, 5],
    [2000, 50],
  ] as const) {
    const { sent, refused, seconds } = play(requests, limit);
    assert.ok(refused / sent < 0.05, `${refused} of ${sent} refused at ${limit} a second`);
    assert.ok(seconds < (1.6 * requests) / limit, `${seconds} s at ${limit} a second`);
  }
});

test('createPace goes at full speed again two minutes after the refusals have ended, and says that turns are spaced until then', () => {
  const pace = createPace(8);
  for (const answer of answersOf(5)) pace.noteAnswer(answer);
  assert.equal(pace.isSpaced(), false);
  pace.noteAnswer(REFUSED);
  assert.equal(pace.isSpaced(), true);
  const later = 120_000;
  pace.takeTurn(later);
  assert.equal(pace.isSpaced(), false);
  assert.deepEqual([pace.takeTurn(later), pace.takeTurn(later)], [0, 0]);
  for (let i = 0; i < 40; i += 1) pace.noteAnswer({ sent: later, now: later, verdict: 'fine' });
  assert.equal(pace.width(), 8);
});
