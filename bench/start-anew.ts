import { mkdirSync, mkdtempSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Has a registry hold nothing, and olmirror remember nothing save its compiled code, as after many runs. All of it is put
 * aside on the same disk, not deleted: ext4 looks for half a minute whether a new file would take the inode of one that
 * was just deleted, which took a third of the registry's CPU time.
 */
export function startAnew(storage: string, stateHome: string, aside: string): void {
  putAside(storage, aside, '');
  putAside(join(stateHome, 'olmirror'), aside, 'code');
}

function putAside(folder: string, aside: string, kept: string): void {
  mkdirSync(folder, { recursive: true });
  mkdirSync(aside, { recursive: true });
  const to = mkdtempSync(join(aside, 'run-'));
  for (const entry of readdirSync(folder))
    if (entry !== kept) renameSync(join(folder, entry), join(to, entry));
}
