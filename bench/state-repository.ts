// A state repository of one catalog, "big", whose files lie there already.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Adds a manifest with these registries, as YAML, and makes the folder a repository with one commit. */
export function makeRepository(
  folder: string,
  registries: { readonly production: string; readonly staging: string },
): void {
  writeFileSync(
    join(folder, 'mirror.yaml'),
    `apiVersion: olmirror/v1alpha1
kind: Mirror
metadata: { name: bench }
spec:
  registries:
    production: ${registries.production}
    staging: ${registries.staging}
  catalogs: [{ name: big, repository: olm/big, tag: v1 }]
`,
  );
  git(folder, 'init', '--initial-branch=main');
  commitAll(folder);
}

export function commitAll(folder: string): void {
  git(folder, 'add', '--all');
  git(folder, 'commit', '--message=bench');
}

export function git(folder: string, ...args: readonly string[]): void {
  const who = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com'];
  execFileSync('git', ['-C', folder, ...who, ...args], { stdio: 'ignore' });
}
