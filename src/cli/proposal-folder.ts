import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describeSelf, findHolder, parseHolder } from '../apply/lock-holder.ts';
import { readFileOrNull } from '../apply/read-or-null.ts';
import { writeFileAtomic } from '../files/write-atomic.ts';
import type { ProposalDesk } from '../git/proposal-types.ts';
import { systemClock } from './system-clock.ts';

/** A folder whose holder cannot be seen from here is left alone for so long. */
const UNSEEN_MILLISECONDS = 86_400_000;
const HOLDER = 'holder.json';
const TREE = 'tree';

/** Runs something with a folder for a branch's files, and removes it; before that, what killed runs left. */
export async function withProposalFolder<T>(
  stateFolder: string,
  desk: ProposalDesk,
  run: (folder: string) => Promise<T>,
): Promise<T> {
  const place = join(stateFolder, 'branches');
  await removeLeftovers(place, desk);
  const own = join(place, randomUUID());
  await mkdir(own, { recursive: true, mode: 0o700 });
  const since = systemClock.now().toISOString();
  const holder = await describeSelf({ host: hostname(), since, staleMilliseconds: null });
  await writeFileAtomic(join(own, HOLDER), JSON.stringify(holder));
  try {
    return await run(join(own, TREE));
  } finally {
    await remove(own, desk);
  }
}

async function removeLeftovers(place: string, desk: ProposalDesk): Promise<void> {
  const names = await readdir(place).catch(() => []);
  for (const name of names) {
    const folder = join(place, name);
    const holder = parseHolder((await readFileOrNull(join(folder, HOLDER))) ?? '');
    const state = holder === null ? 'unseen' : await findHolder(holder, hostname());
    const begun = (await stat(folder).catch(() => null))?.mtimeMs ?? 0;
    const isOld = systemClock.now().getTime() - begun > UNSEEN_MILLISECONDS;
    if (state === 'gone' || (state === 'unseen' && isOld)) await remove(folder, desk);
  }
}

async function remove(folder: string, desk: ProposalDesk): Promise<void> {
  await desk.remove(join(folder, TREE));
  await rm(folder, { recursive: true, force: true });
}
