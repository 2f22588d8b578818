import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  chooseLook,
  type LookBudget,
  type LookCandidate,
  type LookTerms,
} from '../../src/plan/choose-look.ts';
import { checkLaw } from '../support/check-law.ts';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const START = Date.parse('2026-11-27T00:00:00Z');
const TERMS: LookTerms = {
  now: START,
  interval: 10 * MINUTE,
  age: 7 * DAY,
  deepAge: null,
  all: false,
  budget: null,
};

function list(count: number, known: Partial<LookCandidate> = {}): LookCandidate[] {
  return Array.from({ length: count }, (_, i) => ({
    key: `image${i}`,
    cost: 1,
    seen: null,
    asked: null,
    deep: null,
    ...known,
  }));
}

function budget(perDay: number, changes: Partial<LookBudget> = {}): LookBudget {
  return { perDay, left: perDay, sourceLeft: null, besides: 2, ...changes };
}

interface World {
  readonly terms: LookTerms;
  readonly images: LookCandidate[];
  readonly perDay: number | null;
  /** Requests by UTC day. */
  readonly spent: Map<number, number>;
}

/** One pass over a registry that holds everything; gives the keys it asked for. */
function runPass(world: World, now: number): ReadonlySet<string> {
  const { terms, images, perDay, spent } = world;
  const day = Math.floor(now / DAY);
  const soFar = spent.get(day) ?? 0;
  const { asked, deep } = chooseLook(images, {
    ...terms,
    now,
    budget: perDay === null ? null : budget(perDay, { left: perDay - soFar }),
  });
  let requests = 2;
  for (const [i, image] of images.entries()) {
    if (!asked.has(image.key)) continue;
    requests += image.cost + (deep.has(image.key) ? 8 : 0);
    images[i] = { ...image, seen: now, deep: deep.has(image.key) ? now : image.deep };
  }
  spent.set(day, soFar + requests);
  return asked;
}

const anyCourse = fc.record({
  images: fc.integer({ min: 1, max: 60 }),
  interval: fc.integer({ min: 5, max: 120 }).map((minutes) => minutes * MINUTE),
  intervals: fc.integer({ min: 60, max: 200 }),
  costs: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 5 }),
  /** Of each pass: late by so many tenths of the interval, or left out. */
  delays: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 20, maxLength: 40 }),
  ages: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 60 }),
});

// Seen to fail: with TARGET at 1.1 images were older than the age.
test('chooseLook lets every image have its turn within the age, in whatever jitter, missed passes and ages it begins', (t) => {
  checkLaw(
    t,
    fc.property(anyCourse, ({ images: count, interval, intervals, costs, delays, ages }) => {
      const age = interval * intervals;
      const images = list(count).map((image, i) => ({
        ...image,
        cost: costs[i % costs.length] ?? 1,
        // Of any age that was still good at the start.
        seen: START - ((ages[i % ages.length] ?? 0) * age * 0.8) / 100,
      }));
      const world: World = {
        terms: { ...TERMS, interval, age },
        images,
        perDay: null,
        spent: new Map(),
      };
      let now = START;
      for (let pass = 0; pass < 2 * intervals; pass += 1) {
        const delay = delays[pass % delays.length] ?? 0;
        // Above 10 tenths three passes are left out; never two gaps in a row, which the list's length sees to.
        now += interval * (delay > 10 && pass % 5 === 0 ? 4 : 0.9 + delay / 50);
        for (const { key, seen } of world.images)
          assert.ok(
            seen !== null && now - seen <= age,
            `${key} is ${(now - (seen ?? 0)) / age} ages old after ${pass} passes`,
          );
        runPass(world, now);
      }
    }),
    200,
  );
});

// Seen to fail: with what is left of the day taken for the whole day's requests.
test('chooseLook never goes beyond the requests of a day, however scarce, and spreads them over it', (t) => {
  checkLaw(
    t,
    fc.property(
      fc.record({
        count: fc.integer({ min: 1, max: 400 }),
        perDay: fc.integer({ min: 600, max: 3_000 }),
        age: fc.integer({ min: 1, max: 10 }).map((days) => days * DAY),
        deepAge: fc.option(fc.integer({ min: 2, max: 60 }).map((days) => days * DAY)),
      }),
      ({ count, perDay, age, deepAge }) => {
        const world: World = {
          terms: { ...TERMS, age, deepAge },
          images: list(count),
          perDay,
          spent: new Map(),
        };
        for (let now = START; now < START + 2 * DAY; now += TERMS.interval) runPass(world, now);
        for (const [day, requests] of world.spent)
          assert.ok(requests <= perDay, `${requests} of ${perDay} on ${day}`);
        assert.ok(world.images.some(({ seen }) => seen !== null));
      },
    ),
    40,
  );
});

test('chooseLook asks for no more at once than the age needs, the oldest first', () => {
  const world: World = {
    terms: TERMS,
    images: list(2_000),
    perDay: 20_000,
    spent: new Map(),
  };
  assert.equal(runPass(world, START).size, 2_000, 'what was never seen is asked for at once');
  const sizes: number[] = [];
  for (let pass = 1; pass <= 1_000; pass += 1) {
    const ages = new Map(world.images.map(({ key, seen }) => [key, seen ?? 0]));
    const asked = runPass(world, START + pass * TERMS.interval);
    const youngest = Math.max(...[...asked].map((key) => ages.get(key) ?? 0));
    const left = [...ages].filter(([key]) => !asked.has(key)).map(([, seen]) => seen);
    assert.ok(youngest <= Math.min(...left));
    sizes.push(asked.size);
  }
  // 2,000 in seven eighths of a week of passes are 2.3 a pass; every 10 minutes all would be 288,000 requests a day.
  assert.deepEqual([Math.min(...sizes), Math.max(...sizes)], [3, 3]);
});

test('chooseLook lets passes go by where a few images have time enough', () => {
  const world: World = { terms: TERMS, images: list(5), perDay: null, spent: new Map() };
  let asked = 0;
  for (let now = START; now < START + 7 * DAY; now += TERMS.interval)
    asked += runPass(world, now).size;
  assert.ok(asked >= 10 && asked <= 15, `${asked} in a week`);
});

// Seen to fail: with `seen !== null` alone a time in the future put an image off until that time.
test('chooseLook believes no time in the future, and asks at once for what is too old', () => {
  const images = [
    ...list(1, { key: 'future', seen: START + DAY }),
    ...list(1, { key: 'old', seen: START - 8 * DAY }),
    ...list(1, { key: 'fresh', seen: START - MINUTE }),
  ];
  assert.deepEqual([...chooseLook(images, TERMS).asked], ['future', 'old']);
  const back = { ...TERMS, now: START - 30 * DAY };
  assert.equal(chooseLook(images, back).asked.size, 3, 'after the clock went back');
});

test('chooseLook says how often everything can be asked for where the budget does not suffice, and goes on in turns', () => {
  const terms = { ...TERMS, budget: budget(576) };
  const { asked, reachableAge } = chooseLook(list(4_032), terms);
  assert.deepEqual([asked.size, reachableAge / DAY], [288, 14]);
  assert.equal(chooseLook(list(100), terms).reachableAge, TERMS.age);
});

test('chooseLook comes back to what was asked for in vain at every pass, in turns where the budget is short', () => {
  const images = [
    ...list(10, { seen: START - DAY }),
    ...list(300, { asked: START - MINUTE }).map((image, i) => ({
      ...image,
      key: `lost${i}`,
      asked: START - i,
    })),
  ];
  assert.equal([...chooseLook(images, TERMS).asked].filter((key) => /lost/.test(key)).length, 300);
  const scarce = chooseLook(images, { ...TERMS, budget: budget(3_168) }).asked;
  const lost = [...scarce].filter((key) => key.startsWith('lost'));
  assert.ok(lost.length > 10 && lost.length < 30, `${lost.length}`);
  assert.equal(lost[0], 'lost299', 'the one that was asked for first');
  const none = chooseLook(images, { ...TERMS, budget: budget(3_168, { sourceLeft: 0 }) }).asked;
  assert.equal([...none].filter((key) => key.startsWith('lost')).length, 0);
});

test('chooseLook gives looks at blobs turns of their own, without a burst', () => {
  const world: World = {
    terms: { ...TERMS, interval: 60 * MINUTE, deepAge: 30 * DAY },
    images: list(500, { seen: START - MINUTE }),
    perDay: null,
    spent: new Map(),
  };
  const first = chooseLook(world.images, world.terms);
  assert.equal(first.deep.size, 1);
  for (let now = START; now < START + 30 * DAY; now += world.terms.interval) runPass(world, now);
  assert.ok(world.images.every(({ deep }) => deep !== null));
});
