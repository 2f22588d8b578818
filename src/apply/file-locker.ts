import { randomUUID } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { keepHeld, lockLost } from '../base/keep-held.ts';
import { formatLockName, type HeldLock, type Locker, type LockerOptions } from '../base/locker.ts';
import { capitalize } from '../base/text.ts';
import { messageOf, ToolError } from '../base/tool-error.ts';
import { boundWatch, interruptedBefore, watchHolder } from '../base/watch-holder.ts';
import {
  beatLock,
  type Held,
  placeLock,
  readChain,
  removeAsides,
  removeLock,
  renderLock,
  takeOverLock,
} from './lock-file.ts';
import { describeSelf, findHolder, type Holder } from './lock-holder.ts';

export interface FileLockerOptions extends LockerOptions {
  readonly folder: string;
}

const LOOKS = 20;

/**
 * Locks in a state folder, which may be shared by machines. A holder that can be seen from here (same
 * host, boot and table of processes) is judged by its process; any other by the time in its file, which
 * only has to change, whatever its clock says.
 */
export function createFileLocker(options: FileLockerOptions): Locker {
  return {
    async acquire(key, signal) {
      const file = join(options.folder, nameLockFile(key));
      const own = await describeSelf({
        host: options.host,
        since: options.clock.now().toISOString(),
        staleMilliseconds: options.timing.staleMilliseconds,
      });
      await makeFolder(options.folder);
      for (;;) {
        if (signal.aborted) throw interruptedBefore(`the lock ${file}`);
        const since = options.elapsed();
        const text = renderLock(own, options.clock.now());
        const chain = await readChain(file);
        if (chain.length > 0) await assertStale({ file, chain, signal }, options);
        if (await takeLock(file, chain, text)) return holdLock({ file, own, since }, options);
      }
    },
    async listKeys(mirror) {
      const names = await readdir(options.folder).catch((): string[] => []);
      return names.toSorted().flatMap((name) => readKey(name, mirror));
    },
  };
}

async function takeLock(file: string, chain: readonly Held[], text: string): Promise<boolean> {
  try {
    return await (chain.length === 0 ? placeLock(file, text) : takeOverLock(file, chain, text));
  } catch (error) {
    throw unusable(dirname(file), error);
  }
}

/** One lock per folder for whole mirrors, which share what lies there, and one for each shard. */
function nameLockFile(key: string): string {
  const [, ...shard] = key.split('/');
  return shard.length === 0 ? 'apply.lock' : `apply-${formatLockName(shard.join('-'))}.lock`;
}

function readKey(name: string, mirror: string): readonly string[] {
  if (name === 'apply.lock') return [mirror];
  const [, shard] = /^apply-(shard-\d+-of-\d+)\.lock$/.exec(name) ?? [];
  return shard === undefined ? [] : [`${mirror}/${shard}`];
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw unusable(folder, error);
  }
}

interface Seen {
  readonly file: string;
  readonly chain: readonly Held[];
  readonly signal: AbortSignal;
}

async function assertStale(seen: Seen, options: FileLockerOptions): Promise<void> {
  const { file, chain } = seen;
  const holder = chain.at(-1)?.holder ?? null;
  // Never written by us: it can belong to nobody.
  if (holder === null) return;
  const state = await findHolder(holder, options.host);
  if (state === 'gone') return;
  if (state === 'running' || holder.staleMilliseconds === null) throw locked(file, holder);
  await watchSilent({ ...seen, holder }, options);
}

// A sign of life within the time refuses at once; silence over all of it is death.
async function watchSilent(
  { file, chain, signal, holder }: Seen & { readonly holder: Holder },
  { clock, onWait }: FileLockerOptions,
): Promise<void> {
  const milliseconds = boundWatch(holder.staleMilliseconds ?? Number.POSITIVE_INFINITY);
  const before = chain.map(({ text }) => text).join('\n');
  onWait?.(
    `The lock ${file} is of process ${holder.pid} on ${holder.host}; it is taken over if that gives no sign of life for ${Math.ceil(milliseconds / 1000)} s.`,
  );
  const name = `the lock ${file}`;
  await watchHolder({ name, milliseconds, looks: LOOKS, clock, signal }, async () => {
    const now = await readChain(file);
    const isSilent = now.map(({ text }) => text).join('\n') === before;
    if (now.length > 0 && !isSilent) throw locked(file, now.at(-1)?.holder ?? null);
    return now.length === 0;
  });
}

interface Taken {
  readonly file: string;
  readonly own: Holder;
  /** When it was asked for, by `elapsed`. */
  readonly since: number;
}

async function holdLock(taken: Taken, options: FileLockerOptions): Promise<HeldLock> {
  const { file, own } = taken;
  const { clock } = options;
  await removeAsides(file);
  return keepHeld({
    ...options,
    name: `The lock ${file}`,
    since: taken.since,
    // To look costs nothing here, so each write rests on a look of its own.
    freshMilliseconds: 0,
    async renew() {
      const held = await beatLock(file, own, clock.now());
      if (held?.holder?.id !== own.id) throw robbed(file, held);
    },
    release: () => removeLock(file, own, renderLock({ ...own, id: randomUUID() }, clock.now())),
  });
}

function robbed(file: string, held: Held | null): ToolError {
  if (held === null) return lockLost(`The lock ${file} was removed while this pass held it.`);
  const who = held.holder === null ? 'another process' : nameHolder(held.holder);
  return lockLost(
    `The lock ${file} was taken over by ${who}, since this process gave no sign of life for too long.`,
  );
}

function locked(file: string, holder: Holder | null): ToolError {
  const who =
    holder === null
      ? 'Another process'
      : `${capitalize(nameHolder(holder))} (since ${holder.since})`;
  const isSilent = holder !== null && holder.staleMilliseconds === null;
  return new ToolError('APPLY_LOCKED', `${who} is applying; the lock is ${file}.`, {
    disposition: 'retry',
    hint: isSilent
      ? 'Wait until it has ended. It is of an older olmirror, which gives no signs of life: if that machine is gone for good, delete the lock file.'
      : 'Wait until it has ended; the lock of one that died is taken over by itself.',
  });
}

function nameHolder({ pid, host }: Holder): string {
  return `process ${pid} on ${host}`;
}

function unusable(folder: string, error: unknown): ToolError {
  return new ToolError(
    'APPLY_JOURNAL',
    `The state folder ${folder} cannot be used: ${messageOf(error)}. Nothing was written to a registry.`,
    {
      cause: error,
      disposition: 'retry',
      hint: 'Make room, or give the folder to the user who runs olmirror; XDG_STATE_HOME names another.',
    },
  );
}
