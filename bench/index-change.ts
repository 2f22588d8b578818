// Commits that change one package of a state repository.
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Gives a package in the middle another custom object, and commits that. */
export function commitChange(folder: string, round: number): void {
  const root = join(folder, 'catalogs/big');
  const names = readdirSync(root).toSorted();
  const name = names[Math.floor(names.length / 2)] ?? '';
  const file = join(root, name, 'catalog.json');
  const text = readFileSync(file, 'utf8').replace(/\{\n {4}"schema": "olm\.bench"[^}]*\}\n/, '');
  writeFileSync(file, text);
  appendFileSync(
    file,
    `{\n    "schema": "olm.bench",\n    "package": "${name}",\n    "round": ${round}\n}\n`,
  );
  commitAll(folder);
}

export function commitAll(folder: string): void {
  git(folder, 'add', '--all');
  git(folder, 'commit', '--message=bench');
}

export function git(folder: string, ...args: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  const who = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com'];
  execFileSync('git', ['-C', folder, ...who, ...args], { stdio: 'ignore' });
}
