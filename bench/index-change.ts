// Commits that change one package of a state repository.
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commitAll } from './state-repository.ts';

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
