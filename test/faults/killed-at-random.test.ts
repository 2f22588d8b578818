import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killPasses } from '../support/killed-passes.ts';

// OLMIRROR_TEST_KILLS=100 takes some ten minutes on two busy cores.
const KILLS = Number(process.env['OLMIRROR_TEST_KILLS'] ?? 25);
const SEED = Number(process.env['OLMIRROR_TEST_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));

test(`a pass of 24 images killed ${KILLS} times always converges, moves no tag twice, and shows no index before its images (OLMIRROR_TEST_SEED=${SEED})`, async (t) => {
  t.diagnostic(`OLMIRROR_TEST_SEED=${SEED}`);
  const seen = await killPasses(t, { seed: SEED, kills: KILLS, images: 24 });
  t.diagnostic(JSON.stringify(seen));
  assert.equal(seen.kills, KILLS);
  assert.ok(
    seen.killedBeforeWrites < KILLS - seen.killedAfterIndex,
    'some were killed while images moved',
  );
});
