import { createHash } from 'node:crypto';

/**
 * With the layers of a base image and two of our own this stays below the 120 layers that container
 * engines mount; a real catalog has up to 300 packages.
 */
const GROUPS = 64;

/**
 * Which layer holds what lies in a folder of the catalog: a function of the folder's name alone, so
 * that no package moves to another layer when others come or go. Empty for files in no folder.
 */
export function findGroup(path: string): string {
  const slash = path.indexOf('/');
  if (slash === -1) return '';
  const first = createHash('sha256').update(path.slice(0, slash)).digest().readUInt32BE(0);
  return String(first % GROUPS).padStart(2, '0');
}

/** Files by the layer they belong to, the layers in a fixed order; those in no folder come last. */
export function groupFiles<T extends { readonly path: string }>(
  files: readonly T[],
): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const file of files) {
    const group = findGroup(file.path);
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [file]);
    else known.push(file);
  }
  const names = [...groups.keys()].toSorted(compareGroups);
  return names.map((name) => groups.get(name) ?? []);
}

function compareGroups(a: string, b: string): number {
  if (a === '' || b === '') return b.length - a.length;
  return a < b ? -1 : 1;
}
