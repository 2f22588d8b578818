import type { HeldLock, Locker } from '../base/locker.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import { formatShard, parseShard, type Shard } from '../plan/shard.ts';
import { acquireAll } from './acquire-all.ts';

/** What a pass writes. */
export interface PassKey {
  /** Name of the mirror, or what else stands for the whole. */
  readonly mirror: string;
  /** Left out for all of it; publishing the indexes takes all of it too. */
  readonly shard: Shard | undefined;
}

/**
 * Takes the lock of a pass at all lockers: shares of one division go side by side, and nothing else beside
 * them. Throws `APPLY_LOCKED` where the whole or this very share is held, and `APPLY_SHARDS_RUNNING` where
 * others' shares are in the way.
 */
export async function acquirePass(
  lockers: readonly Locker[],
  key: PassKey,
  signal: AbortSignal,
): Promise<HeldLock> {
  await assertAlone(lockers, key, signal);
  const held = await acquireAll(lockers, formatKey(key), signal);
  try {
    // Looked at again, now that others see this lock: so of two that exclude each other never both go on.
    await assertAlone(lockers, key, signal);
    return held;
  } catch (error) {
    await held.release();
    throw error;
  }
}

/** The shares of a mirror that are at work now. */
export async function listRunningShards(
  lockers: readonly Locker[],
  mirror: string,
  signal: AbortSignal,
): Promise<readonly Shard[]> {
  const running = await findRunning(lockers, mirror, {
    signal,
    isWanted: ({ shard }) => shard !== undefined,
  });
  return running.flatMap(({ key: { shard } }) => (shard === undefined ? [] : [shard]));
}

async function assertAlone(
  lockers: readonly Locker[],
  own: PassKey,
  signal: AbortSignal,
): Promise<void> {
  function isWanted(key: PassKey): boolean {
    return excludes(own, key);
  }
  if (isShare(own) && lockers.some((locker) => !('listKeys' in locker)))
    throw new ToolError('APPLY_LOCKED', 'The lock that is in use knows no shards.', {
      hint: 'Leave out --shard, or lock by the state folder alone.',
    });
  const [first] = await findRunning(lockers, own.mirror, { signal, isWanted });
  if (first === undefined) return;
  const { key, error } = first;
  if (key.shard === undefined) throw error;
  throw new ToolError(
    'APPLY_SHARDS_RUNNING',
    `Shard ${formatShard(key.shard)} is at work. ${error.message}`,
    {
      cause: error,
      disposition: 'retry',
      hint: error.hint ?? 'Wait until it has ended.',
    },
  );
}

interface Search {
  readonly signal: AbortSignal;
  readonly isWanted: (key: PassKey) => boolean;
}

interface Running {
  readonly key: PassKey;
  /** Who it is. */
  readonly error: ToolError;
}

// Whether a holder lives is the lockers' to judge: what can be taken belonged to a dead one.
async function findRunning(
  lockers: readonly Locker[],
  mirror: string,
  { signal, isWanted }: Search,
): Promise<readonly Running[]> {
  const running: Running[] = [];
  for (const locker of lockers) {
    for (const name of (await locker.listKeys?.(mirror, signal)) ?? []) {
      const key = parseKey(name, mirror);
      if (!isWanted(key)) continue;
      const error = await findHolder(locker, name, signal);
      if (error !== null) running.push({ key, error });
    }
  }
  return running;
}

async function findHolder(
  locker: Locker,
  name: string,
  signal: AbortSignal,
): Promise<ToolError | null> {
  try {
    await (await locker.acquire(name, signal)).release();
    return null;
  } catch (error) {
    if (isToolError(error, 'APPLY_LOCKED')) return error;
    throw error;
  }
}

function excludes(own: PassKey, other: PassKey): boolean {
  if (formatKey(own) === formatKey(other)) return false;
  return !isShare(own) || !isShare(other) || own.shard?.of !== other.shard?.of;
}

function isShare({ shard }: PassKey): boolean {
  return shard !== undefined && shard.part !== 'index';
}

function formatKey(key: PassKey): string {
  const { mirror, shard } = key;
  if (shard === undefined || !isShare(key)) return mirror;
  return `${mirror}/shard-${shard.part}-of-${shard.of}`;
}

function parseKey(name: string, mirror: string): PassKey {
  const [, part, of] = /\/shard-(\d+)-of-(\d+)$/.exec(name) ?? [];
  const shard = part === undefined ? null : parseShard(`${part}/${of}`, undefined);
  return { mirror, shard: shard ?? undefined };
}
