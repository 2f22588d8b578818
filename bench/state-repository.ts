// State repositories to measure with; what else they hold lies there already.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ONE_CATALOG = '  catalogs: [{ name: big, repository: olm/big, tag: v1 }]';

/**
 * Adds a manifest with these registries, as YAML, and makes the folder a repository with one commit. What
 * is wanted is one catalog, "big", unless `wanted` says otherwise.
 */
export function makeRepository(
  folder: string,
  registries: { readonly production: string; readonly staging: string },
  wanted: string = ONE_CATALOG,
): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'mirror.yaml'),
    `apiVersion: olmirror/v1alpha1
kind: Mirror
metadata: { name: bench }
spec:
  registries:
    production: ${registries.production}
    staging: ${registries.staging}
${wanted}
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
