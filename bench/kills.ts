// Kills a pass of many images at random moments, again and again, as test/faults/killed-at-random.test.ts does with 24.
//   npm run bench:kills -- [--kills 100] [--images 240] [--seed N]
import { parseArgs } from 'node:util';
import { killPasses } from '../test/support/killed-passes.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    images: { type: 'string', default: '240' },
    seed: { type: 'string', default: String(Math.trunc(Math.random() * 2 ** 31)) },
  },
});
const ends: (() => unknown)[] = [];
console.log(`--seed ${values.seed}`);
const started = performance.now();
try {
  const seen = await killPasses(
    { after: (end) => ends.push(end) },
    { seed: Number(values.seed), kills: Number(values.kills), images: Number(values.images) },
  );
  const { kills, rounds, requests, reached } = seen;
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(
    `${kills} kills in ${rounds} rounds, ${seconds} s; a pass that nobody kills sends ${requests} requests.`,
  );
  console.log(
    `Killed before anything was written: ${reached.nothing}, among the images: ${reached.images}, with the index: ${reached.index}.`,
  );
  console.log('Each round converged; no tag had two contents, no index came before its images.');
} finally {
  for (const end of ends.toReversed()) await end();
}
