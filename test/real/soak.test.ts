// The short form of `npm run bench:soak`, which runs 500 passes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureTree, type TreeUse } from '../../scripts/lib/process-tree.ts';
import { deliverOne } from '../support/deliver.ts';
import { createSite } from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWatching } from '../support/watching.ts';

const ROUNDS = 15;
/** The first passes load what later ones have. */
const SETTLED = 3;
/** A file left open by every pass would be 24 more, and 5 MB left by each 120 MB. */
const MORE_FILES = 6;
const MORE_BYTES = 40e6;

test('watch does not grow over 30 passes with a commit every other one', async (t) => {
  const site = await createSite(t);
  await deliverOne(site);
  const watching = startWatching(t, site, { args: ['--interval', '1s'] });
  const uses: TreeUse[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    await site.git('commit', '-q', '--allow-empty', '-m', `round ${round}`);
    const wanted = 2 * round;
    await waitFor(
      `pass ${wanted}`,
      async () => watching.log().split(/sleeps \d+ s/).length > wanted,
    );
    uses.push(measureTree(watching.process.pid ?? 0));
  }
  const [first, last] = [uses[SETTLED - 1], uses.at(-1)];
  assert.ok(first !== undefined && last !== undefined && first.processes >= 2);
  t.diagnostic(`${JSON.stringify(first)} → ${JSON.stringify(last)}`);
  assert.ok(last.openFiles <= first.openFiles + MORE_FILES, 'open files');
  assert.ok(last.bytes <= first.bytes + MORE_BYTES, 'memory');
  watching.process.kill('SIGTERM');
  const { code, stdout } = await watching.ended;
  assert.equal(code, 0);
  assert.doesNotMatch(stdout, /pass failed/);
});
