// One pass after the other in one process, as `watch` makes them: what a commit of one package costs
// from the commit to the moved tag and to the end of the pass, which backs the state repository up, and a
// pass that finds nothing to do. Prints three rows. Arguments: the state repository, and how often.

import type { PassEvent } from '../src/base/events.ts';
import { keepThread } from '../src/cli/catalog-pool.ts';
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
const thread = keepThread();
const prepare = await wiring.createPreparer(git, { thread });
const applier = await wiring.createApplier({ copyTimeoutMilliseconds: 600_000 });
const options = {
  manifestFile: 'mirror.yaml',
  indexOnly: true,
  rebuild: false,
  verify: null,
  keepsBudget: false,
};

interface Spent {
  readonly seconds: number;
  readonly cpu: number;
}

const moves: Spent[] = [];
let begun = start();
await pass();
moves.pop();
const changed: Spent[] = [];
const unchanged: Spent[] = [];
for (let round = 1; round <= Number(runs); round += 1) {
  commitChange(folder, 1_000 + round);
  changed.push(await measurePass(2));
  unchanged.push(await measurePass(0));
}
await thread.stop();
await wiring.close();
printRow('one package changed: commit to moved tag, as `watch`', 1, moves);
printRow('the same, to the end of the pass, state repository backed up', 1, changed);
printRow('nothing changed: a pass, as `watch`', 0, unchanged);

async function measurePass(expected: number): Promise<Spent> {
  begun = start();
  const { steps, outcomes } = await pass();
  if (steps.done !== expected) throw new Error(JSON.stringify({ steps, outcomes }, null, 2));
  return spend();
}

function start(): { readonly at: number; readonly used: NodeJS.CpuUsage } {
  return { at: performance.now(), used: process.cpuUsage() };
}

function spend(): Spent {
  const { user, system } = process.cpuUsage(begun.used);
  return { seconds: (performance.now() - begun.at) / 1e3, cpu: (user + system) / 1e6 };
}

function note(event: PassEvent): void {
  if (event.kind === 'step-finished' && event.id.startsWith('index ')) moves.push(spend());
}

function printRow(name: string, layers: number, passes: readonly Spent[]): void {
  const seconds = medianOf(passes.map((spent) => spent.seconds)).toFixed(2);
  const cpu = medianOf(passes.map((spent) => spent.cpu)).toFixed(2);
  const peak = (process.resourceUsage().maxRSS / 1e3).toFixed(0);
  console.log(`| ${name} | ${seconds} | ${cpu} | ${layers} | ${peak} |`);
}

async function pass(): Promise<PassReport> {
  const prepared = await prepare(await git.openCommit('HEAD'), options);
  const { findAccess } = wiring;
  const clock = systemClock;
  const deps = { git, applier, concurrency: 4, findAccess, clock, emit: note, signal };
  return runPass(prepared, prepared.plan, deps);
}

function nothing(): void {
  // What is said along the way is no part of what is measured.
}
