// What the reconciler costs while it runs: a pass in which nothing changed, a commit that changes one
// package of a large catalog, and nothing at all.
// Arguments: --size MB (default 74), --runs N (default 5), --idle SECONDS (default 60),
// --all (every pass asks for every image), --profile FOLDER (CPU profiles of the started processes).
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { playRegistry } from '../scripts/lib/played-registry.ts';
import { measureTree, readResident, readTicks, watchPeak } from '../scripts/lib/process-tree.ts';
import { startRegistry } from '../scripts/lib/start-registry.ts';
import { commitChange } from './index-change.ts';
import { type PackageText, readPackages, writeCopies } from './make-inputs.ts';
import { medianOf } from './measure.ts';
import { makeRepository } from './state-repository.ts';

const ROOT = resolve(import.meta.dirname, '..');
const DATA = resolve(ROOT, process.env['OLMIRROR_TEST_DATA'] ?? '../shared', 'data');
const CLI = join(ROOT, 'dist/olmirror.js');

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '74' },
    runs: { type: 'string', default: '5' },
    idle: { type: 'string', default: '60' },
    all: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});
const PROFILING =
  values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(values.profile)}`];
if (!existsSync(DATA))
  throw new Error(`There are no real catalogs in ${DATA}; set OLMIRROR_TEST_DATA.`);
if (!existsSync(CLI)) throw new Error('There is no dist/: run `npm run build` first.');

/** One line of the log, with when it came. */
interface Line {
  readonly at: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

const work = mkdtempSync(join(tmpdir(), 'olmirror-bench-'));
const folder = join(work, 'state');
const registry = await startRegistry({ folder: join(work, 'registry') });
const played = await playRegistry(registry.host);
const started: ChildProcess[] = [];
let changes = 0;
try {
  await main();
} finally {
  for (const child of started) child.kill('SIGKILL');
  played.stop();
  await registry.stop();
  rmSync(work, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const made = writeCopies(readLarge(), Number(values.size) * 1e6, {
    json: join(folder, 'catalogs/big'),
  });
  writeState();
  const lines: Line[] = [];
  const pid = startWatch(lines, '5s');
  const readPeak = watchPeak(pid);
  const first = await untilPass(lines, 0);
  console.log(
    `${made.packages} packages, ${(made.bytes / 1e6).toFixed(0)} MB of catalog, ${readWanted(first)} items; Node ${process.version}\n`,
  );
  console.log('| work | seconds (fastest–slowest) | requests | MB after it, all processes |');
  console.log('|---|---|---|---|');
  await measurePasses(lines, pid);
  await measureCommits(lines, pid, 'one package changed: commit to plan');
  const peak = readPeak();
  console.log(`\nAt most ${toMegabytes(peak.bytes)} MB in ${peak.processes} processes.`);
  for (const child of started) child.kill('SIGTERM');
  await untilLine(lines, /^stopped/);
  await measureRest();
}

/** Passes so far from each other that the process of passes has ended between them. */
async function measureRest(): Promise<void> {
  const lines: Line[] = [];
  const pid = startWatch(lines, '10m', { OLMIRROR_PASS_LINGER_MS: '500' });
  await untilPass(lines, 0);
  await untilAlone(pid);
  console.log('\nStarted again; at rest between commits:\n');
  console.log('| work | seconds (fastest–slowest) | requests | MB after it, all processes |');
  console.log('|---|---|---|---|');
  await measureCommits(lines, pid, 'one package changed: commit to plan, after a rest');
  await untilAlone(pid);
  const seconds = Number(values.idle);
  const before = readTicks(pid);
  await sleep(seconds * 1e3);
  const ticks = readTicks(pid) - before;
  const { openFiles } = measureTree(pid);
  console.log(
    `\nAt rest over ${seconds} s: ${(ticks / seconds).toFixed(2)} % of a processor, ${toMegabytes(readResident(pid))} MB resident, ${openFiles} open files`,
  );
}

async function untilAlone(pid: number): Promise<void> {
  while (measureTree(pid).processes > 1) await sleep(100);
}

async function untilLine(lines: readonly Line[], pattern: RegExp): Promise<void> {
  while (!lines.some(({ fields }) => pattern.test(String(fields['msg'])))) await sleep(20);
}

function readLarge(): readonly PackageText[] {
  const root = join(DATA, 'large/v4.17');
  return ['community-operators', 'redhat-operators'].flatMap((name) =>
    readPackages(join(root, name)),
  );
}

function writeState(): void {
  const spec = `  reconcile: { proofAge: ${values.all ? '1s' : '7d'} }
  catalogs: [{ name: big, repository: olm/big, tag: v1 }]`;
  const production = `{ host: "${played.host}", insecure: true }`;
  const staging = `{ host: "${played.host}", pathPrefix: staging, insecure: true }`;
  makeRepository(folder, { production, staging }, spec);
}

function startWatch(
  lines: Line[],
  interval: string,
  environment: Readonly<Record<string, string>> = {},
): number {
  const options = ['--interval', interval, '--log-format', 'json', '--verbose'];
  const child = spawn(process.execPath, [...PROFILING, CLI, '-C', folder, 'watch', ...options], {
    env: { ...process.env, XDG_STATE_HOME: join(work, 'xdg'), ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (text) => {
    const fields: Line['fields'] = JSON.parse(text);
    lines.push({ at: Date.parse(String(fields['time'])), fields });
  });
  started.push(child);
  return child.pid ?? 0;
}

async function untilPass(lines: readonly Line[], from: number): Promise<Line> {
  for (;;) {
    const found = lines
      .slice(from)
      .find(({ fields }) => String(fields['msg']).startsWith('pass done'));
    if (found !== undefined) return found;
    const failed = lines
      .slice(from)
      .find(({ fields }) => /pass failed/.test(String(fields['msg'])));
    if (failed !== undefined) throw new Error(String(failed.fields['msg']));
    await sleep(20);
  }
}

function indexOf(lines: readonly Line[], line: Line): number {
  return lines.indexOf(line);
}

function readWanted({ fields }: Line): number {
  return Number(/wanted (\d+)/.exec(String(fields['msg']))?.[1] ?? 0);
}

async function measurePasses(lines: readonly Line[], pid: number): Promise<void> {
  const seconds: number[] = [];
  let requests = 0;
  for (let run = 0; run < Number(values.runs); run += 1) {
    const end = await untilPass(lines, lines.length);
    seconds.push((end.at - findStart(lines, end).at) / 1e3);
    requests = Number(end.fields['requests']);
  }
  printRow('nothing changed: a pass', { seconds, requests, pid });
}

async function measureCommits(lines: readonly Line[], pid: number, name: string): Promise<void> {
  const planned: number[] = [];
  const whole: number[] = [];
  let requests = 0;
  for (let run = 1; run <= Number(values.runs); run += 1) {
    await (name.endsWith('rest') ? untilAlone(pid) : untilPass(lines, lines.length));
    changes += 1;
    commitChange(folder, 1_000 + changes);
    const end = await untilChange(lines);
    const start = findStart(lines, end);
    const plan = lines.find(
      ({ at, fields }) => at >= start.at && fields['kind'] === 'plan-finished',
    );
    if (plan === undefined) throw new Error('A commit led to no step.');
    planned.push((plan.at - start.at) / 1e3);
    whole.push((end.at - start.at) / 1e3);
    requests = Number(end.fields['requests']);
  }
  printRow(name, { seconds: planned, requests, pid });
  printRow('the same to the moved tag', { seconds: whole, requests, pid });
}

async function untilChange(lines: readonly Line[]): Promise<Line> {
  let from = lines.length;
  for (;;) {
    const end = await untilPass(lines, from);
    if (!/no changes/.test(String(end.fields['msg']))) return end;
    from = indexOf(lines, end) + 1;
  }
}

function findStart(lines: readonly Line[], end: Line): Line {
  const start = lines
    .slice(0, indexOf(lines, end))
    .findLast(({ fields }) => String(fields['msg']).startsWith('pass ('));
  if (start === undefined) throw new Error('A pass ended that did not begin.');
  return start;
}

interface Row {
  readonly seconds: readonly number[];
  readonly requests: number;
  readonly pid: number;
}

function printRow(name: string, { seconds, requests, pid }: Row): void {
  const range = `${Math.min(...seconds).toFixed(2)}–${Math.max(...seconds).toFixed(2)}`;
  console.log(
    `| ${name} | ${medianOf(seconds).toFixed(2)} (${range}) | ${requests} | ${toMegabytes(measureTree(pid).bytes)} |`,
  );
}

function toMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
