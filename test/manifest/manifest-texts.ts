import assert from 'node:assert/strict';
import type { Problem } from '../../src/base/problem.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import type { MirrorManifest } from '../../src/manifest/types.ts';

export const HEAD: string =
  'apiVersion: olmirror/v1alpha1\nkind: Mirror\nmetadata: {name: nexus}\nspec:\n';
export const REGISTRIES: string =
  '  registries: {production: {host: "a:1"}, staging: {host: "b:1"}}\n';

export function accept(text: string): MirrorManifest {
  const { manifest, problems } = parseManifest(text, 'mirror.yaml');
  assert.deepEqual(
    problems.filter((problem) => problem.severity === 'error'),
    [],
  );
  assert.ok(manifest);
  // Notes of it are JSON (src/reconcile/read-manifest.ts).
  assert.deepEqual(JSON.parse(JSON.stringify(manifest)), manifest);
  return manifest;
}

export function refuse(text: string): readonly Problem[] {
  const { manifest, problems } = parseManifest(text, 'mirror.yaml');
  assert.equal(manifest, null);
  assert.ok(problems.length > 0);
  for (const problem of problems) assert.ok(problem.hint, problem.message);
  return problems;
}

export function catalogs(...items: readonly string[]): string {
  return `${HEAD}${REGISTRIES}  catalogs:\n${items.map((item) => `    - {${item}}\n`).join('')}`;
}

export const X: string = 'name: x, repository: olm/x, tag: v1';
