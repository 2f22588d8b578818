// A review of one changed package among 300, offline: the whole command, as CI runs it in a fresh clone.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIG_MANIFEST, type PackageText, renamePackage } from './make-inputs.ts';

const PACKAGES = 300;
const RUNS = 5;
const CLI = join(import.meta.dirname, '../dist/olmirror.js');

/** Prints the seconds that `olmirror plan --from HEAD~1 --offline` takes, and what the process without work takes. */
export function measureReview(packages: readonly PackageText[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'olmirror-review-'));
  try {
    const size = writeRepository(folder, packages);
    const [help, review] = [['--version'], ['plan', '--from', 'HEAD~1', '--offline']].map((args) =>
      takeMedian(() => runCli(folder, args)),
    );
    console.log(
      `\nA review of one changed package of ${PACKAGES} (${(size / 1e6).toFixed(0)} MB), median of ${RUNS}:\n`,
    );
    console.log('| command | s |\n|---|---|');
    console.log(`| \`olmirror --version\` | ${help?.toFixed(2)} |`);
    console.log(`| \`olmirror plan --from HEAD~1 --offline\` | ${review?.toFixed(2)} |`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeRepository(folder: string, packages: readonly PackageText[]): number {
  git(folder, 'init', '-q');
  writeFileSync(join(folder, 'mirror.yaml'), BIG_MANIFEST);
  let size = 0;
  for (let index = 0; index < PACKAGES; index += 1) {
    const source = packages[index % packages.length];
    if (source === undefined) throw new Error('There are no packages.');
    const { name, json } = renamePackage(source, Math.floor(index / packages.length));
    mkdirSync(join(folder, 'catalogs/big', name), { recursive: true });
    writeFileSync(join(folder, 'catalogs/big', name, 'catalog.json'), json);
    size += json.length;
    if (index !== PACKAGES - 1) continue;
    commit(folder, 'base');
    const changed = json.replace('"description": "', '"description": "Changed. ');
    writeFileSync(join(folder, 'catalogs/big', name, 'catalog.json'), changed);
    commit(folder, 'change');
  }
  return size;
}

function commit(folder: string, message: string): void {
  git(folder, 'add', '-A');
  git(
    folder,
    '-c',
    'user.name=bench',
    '-c',
    'user.email=bench@example.com',
    'commit',
    '-qm',
    message,
  );
}

function git(folder: string, ...args: readonly string[]): void {
  execFileSync('git', args, { cwd: folder });
}

function runCli(folder: string, args: readonly string[]): void {
  try {
    execFileSync(process.execPath, [CLI, ...args], { cwd: folder, stdio: 'pipe' });
  } catch (error) {
    // Exit code 2: something changes.
    if (!(error instanceof Error && 'status' in error && error.status === 2)) throw error;
  }
}

function takeMedian(work: () => void): number {
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    work();
    return (performance.now() - start) / 1000;
  });
  return times.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
}
