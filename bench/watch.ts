// What the reconciler costs while it runs: a pass in which nothing changed, a commit that changes one
// package of a large catalog, and nothing at all.
// Arguments: --size MB (default 74), --runs N (default 5), --idle SECONDS (default 60),
// --all (every pass asks for every image).
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startRegistry } from '../scripts/lib/start-registry.ts';
import { commitChange } from './index-change.ts';
import { type PackageText, readPackages, writeCopies } from './make-inputs.ts';
import { medianOf } from './measure.ts';
import { playRegistry } from './played-registry.ts';
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
  },
});
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
  const pid = startWatch(lines);
  const first = await untilPass(lines, 0);
  console.log(
    `${made.packages} packages, ${(made.bytes / 1e6).toFixed(0)} MB of catalog, ${readWanted(first)} items; Node ${process.version}\n`,
  );
  console.log('| work | seconds (fastest–slowest) | requests | MB after it | peak MB so far |');
  console.log('|---|---|---|---|---|');
  await measurePasses(lines, pid);
  await measureCommits(lines, pid);
  await measureIdle(pid);
  for (const child of started) child.kill('SIGTERM');
  await sleep(2_000);
  const again: Line[] = [];
  const next = startWatch(again);
  await untilPass(again, 0);
  await untilPass(again, again.length);
  console.log('\nStarted again, nothing changed:\n');
  console.log('| work | seconds (fastest–slowest) | requests | MB after it | peak MB so far |');
  console.log('|---|---|---|---|---|');
  await measurePasses(again, next);
}

function readLarge(): readonly PackageText[] {
  const root = join(DATA, 'large/v4.17');
  return ['community-operators', 'redhat-operators'].flatMap((name) =>
    readPackages(join(root, name)),
  );
}

function writeState(): void {
  const spec = `  reconcile: { interval: 5s, proofAge: ${values.all ? '1s' : '7d'} }
  catalogs: [{ name: big, repository: olm/big, tag: v1 }]`;
  const production = `{ host: "${played.host}", insecure: true }`;
  const staging = `{ host: "${played.host}", pathPrefix: staging, insecure: true }`;
  makeRepository(folder, { production, staging }, spec);
}

function startWatch(lines: Line[]): number {
  const child = spawn(
    process.execPath,
    [CLI, '-C', folder, 'watch', '--log-format', 'json', '--verbose'],
    {
      env: { ...process.env, XDG_STATE_HOME: join(work, 'xdg') },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
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

async function measureCommits(lines: readonly Line[], pid: number): Promise<void> {
  const planned: number[] = [];
  const whole: number[] = [];
  let requests = 0;
  for (let run = 1; run <= Number(values.runs); run += 1) {
    await untilPass(lines, lines.length);
    commitChange(folder, 1_000 + run);
    const end = await untilChange(lines);
    const start = findStart(lines, end);
    const plan = lines.find(
      ({ at, fields }) => at >= start.at && String(fields['msg']) === 'apply-started',
    );
    if (plan === undefined) throw new Error('A commit led to no step.');
    planned.push((plan.at - start.at) / 1e3);
    whole.push((end.at - start.at) / 1e3);
    requests = Number(end.fields['requests']);
  }
  printRow('one package changed: commit to plan', { seconds: planned, requests, pid });
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

async function measureIdle(pid: number): Promise<void> {
  const seconds = Number(values.idle);
  const before = readTicks(pid);
  await sleep(seconds * 1e3);
  const ticks = readTicks(pid) - before;
  console.log(
    `\nOver ${seconds} s: ${(ticks / seconds).toFixed(2)} % of a processor, passes every 5 s included; ${readMemory(pid, 'VmRSS')} MB, ${countFiles(pid)} open files`,
  );
}

interface Row {
  readonly seconds: readonly number[];
  readonly requests: number;
  readonly pid: number;
}

function printRow(name: string, { seconds, requests, pid }: Row): void {
  const range = `${Math.min(...seconds).toFixed(2)}–${Math.max(...seconds).toFixed(2)}`;
  console.log(
    `| ${name} | ${medianOf(seconds).toFixed(2)} (${range}) | ${requests} | ${readMemory(pid, 'VmRSS')} | ${readMemory(pid, 'VmHWM')} |`,
  );
}

function readMemory(pid: number, field: 'VmRSS' | 'VmHWM'): string {
  const match = new RegExp(`${field}:\\s+(\\d+) kB`).exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  );
  return ((Number(match?.[1] ?? 0) * 1024) / 1e6).toFixed(0);
}

function readTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return fields.slice(11, 13).reduce((sum, field) => sum + Number(field), 0);
}

function countFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
