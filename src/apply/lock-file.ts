import { createHash, randomUUID } from 'node:crypto';
import { link, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Holder, parseHolder } from './lock-holder.ts';
import { hasErrorCode, readFileOrNull } from './read-or-null.ts';

/**
 * A lock file changes hands without a moment in which nobody or two hold it: whoever takes over or gives
 * up the lock of a holder first makes the *claim* on it, a file named after the holder's id, which only
 * one can make. A claim whose owner died is claimed in turn.
 */

/** A lock file or a claim, as it was read. */
export interface Held {
  readonly text: string;
  /** Null for a text that names no process. */
  readonly holder: Holder | null;
}

const ASIDE_MILLISECONDS = 60_000;
const BEAT_LENGTH = '2026-01-01T00:00:00.000Z'.length;

/** The text of a lock file: its last field is of one length always, and is written anew in place. */
export function renderLock(holder: Holder, beat: Date): string {
  return JSON.stringify({ ...holder, beat: beat.toISOString() });
}

/** Makes the lock or a claim; false where there is one. Written aside and linked, so that it is never seen half written. */
export async function placeLock(file: string, text: string): Promise<boolean> {
  const aside = `${file}.${randomUUID()}`;
  await writeFile(aside, text, { mode: 0o600 });
  try {
    await link(aside, file);
    return true;
  } catch (error) {
    if (hasErrorCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** The lock, the claim on it, the claim on that, … The last one counts. Empty where nobody holds the lock. */
export async function readChain(file: string): Promise<readonly Held[]> {
  const chain: Held[] = [];
  for (let next = file; ; ) {
    const text = await readFileOrNull(next);
    if (text === null) return chain;
    const held = { text, holder: parseHolder(text) };
    chain.push(held);
    next = nameClaim(file, held);
  }
}

/**
 * Takes over the lock from all of `chain`, the last of which is stale. False where it changed hands
 * meanwhile; nothing has been changed then.
 */
export async function takeOverLock(
  file: string,
  chain: readonly Held[],
  text: string,
): Promise<boolean> {
  const last = chain.at(-1);
  if (last === undefined) return false;
  const claim = nameClaim(file, last);
  if (!(await placeLock(claim, text))) return false;
  const now = await readChain(file);
  const expected = [...chain.map((held) => idOf(held)), idOf(readHeld(text))];
  if (now.map((held) => idOf(held)).join(' ') !== expected.join(' ')) {
    await rm(claim, { force: true });
    return false;
  }
  if (!(await moveClaim(claim, file))) return false;
  for (const held of chain.slice(0, -1)) await rm(nameClaim(file, held), { force: true });
  return true;
}

// Who was held up here for so long that its own claim was claimed finds it gone.
async function moveClaim(claim: string, file: string): Promise<boolean> {
  try {
    await rename(claim, file);
    return true;
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Gives up a lock that this holder still has; `claimant` is the same process under another id. */
export async function removeLock(file: string, own: Holder, claimant: string): Promise<void> {
  const claim = nameClaim(file, { text: '', holder: own });
  try {
    if (!(await placeLock(claim, claimant))) return;
  } catch (error) {
    // A full disk must not keep the lock; a folder that is gone has none.
    if (!hasErrorCode(error, 'ENOSPC') && !hasErrorCode(error, 'ENOENT')) throw error;
  }
  const text = await readFileOrNull(file);
  if (text !== null && parseHolder(text)?.id === own.id) await rm(file, { force: true });
  await rm(claim, { force: true });
}

/** Writes a sign of life into the lock of this holder. Returns who holds it otherwise, or null for nobody. */
export async function beatLock(file: string, own: Holder, beat: Date): Promise<Held | null> {
  const handle = await openOrNull(file);
  if (handle === null) return null;
  try {
    // The file that was read is the one that is written, whatever its name stands for by then.
    const text = await handle.readFile('utf8');
    const held = readHeld(text);
    if (held.holder?.id === own.id) {
      const at = Buffer.byteLength(text) - BEAT_LENGTH - '"}'.length;
      await handle.write(beat.toISOString(), at);
    }
    return held;
  } finally {
    await handle.close();
  }
}

async function openOrNull(file: string): Promise<Awaited<ReturnType<typeof open>> | null> {
  try {
    return await open(file, 'r+');
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Removes what processes left that were killed while they took the lock, and nothing young: that may be of one that tries right now. */
export async function removeAsides(file: string): Promise<void> {
  const folder = dirname(file);
  const own = await stat(file).catch(() => null);
  if (own === null) return;
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((entry) => entry.startsWith(`${basename(file)}.`))) {
    const path = join(folder, name);
    const seen = await stat(path).catch(() => null);
    // Against the file that was just written: a disk in the network has a clock of its own.
    if (seen !== null && own.mtimeMs - seen.mtimeMs > ASIDE_MILLISECONDS)
      await rm(path, { force: true });
  }
}

function readHeld(text: string): Held {
  return { text, holder: parseHolder(text) };
}

function nameClaim(file: string, held: Held): string {
  return `${file}.after-${idOf(held)}`;
}

// An id is read from a file, so it is hashed before it becomes a name.
function idOf({ text, holder }: Held): string {
  return createHash('sha256')
    .update(holder?.id ?? text)
    .digest('hex')
    .slice(0, 32);
}
