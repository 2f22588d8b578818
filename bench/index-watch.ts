// One pass after the other in one process, as `watch` makes them: what a commit of one package costs
// from the commit to the moved tag. Prints one row. Argument: the state repository.

import { systemClock } from '../src/cli/system-clock.ts';
import { createWiring } from '../src/cli/wire.ts';
import type { PassReport } from '../src/plan/report-types.ts';
import { runPass } from '../src/reconcile/run-pass.ts';
import { commitChange } from './index-change.ts';
import { medianOf } from './measure.ts';

const [folder = '.', runs = '3'] = process.argv.slice(2);
const { signal } = new AbortController();
const silent = { say: nothing, warn: nothing, result: nothing, quiet: true, verbose: false };
const wiring = createWiring({
  folder,
  manifestFile: 'mirror.yaml',
  console: silent,
  progress: { emit: nothing, clear: nothing },
  signal,
});
const git = await wiring.openGit();
const prepare = await wiring.createPreparer(git);
const applier = await wiring.createApplier(600_000);
const options = { manifestFile: 'mirror.yaml', indexOnly: true, rebuild: false };

await pass();
const seconds: number[] = [];
const cpu: number[] = [];
for (let round = 1; round <= Number(runs); round += 1) {
  commitChange(folder, 1_000 + round);
  const [start, used] = [performance.now(), process.cpuUsage()];
  const { steps, outcomes } = await pass();
  if (steps.done !== 2) throw new Error(JSON.stringify({ steps, outcomes }, null, 2));
  const { user, system } = process.cpuUsage(used);
  seconds.push((performance.now() - start) / 1e3);
  cpu.push((user + system) / 1e6);
}
await wiring.close();
const peak = process.resourceUsage().maxRSS / 1e3;
console.log(
  `| one package changed: commit to moved tag, as \`watch\` | ${medianOf(seconds).toFixed(2)} | ${medianOf(cpu).toFixed(2)} | 1 | ${peak.toFixed(0)} |`,
);

async function pass(): Promise<PassReport> {
  const prepared = await prepare(await git.openCommit('HEAD'), options);
  const { findAccess } = wiring;
  const clock = systemClock;
  const deps = { applier, concurrency: 4, findAccess, clock, emit: nothing, signal };
  return runPass(prepared, prepared.plan, deps);
}

function nothing(): void {
  // What is said along the way is no part of what is measured.
}
