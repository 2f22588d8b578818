import { formatShard, parseShard, type Shard } from '../plan/shard.ts';

/** What a lock is for: `manifest` for all of it, `manifest/shard-2-of-3` for a shard. */
export type LockKey = 'manifest' | `manifest/shard-${number}-of-${number}`;

export const WHOLE = 'manifest';

/** Publishing the indexes takes the whole manifest. */
export function keyOfShard(shard: Shard | undefined): LockKey {
  if (shard === undefined || shard.part === 'index') return WHOLE;
  return `manifest/shard-${shard.part}-of-${shard.of}`;
}

/** Whether one may not be held beside the other: shards of one division go side by side, no others. */
export function excludesKey(one: LockKey, other: LockKey): boolean {
  const [a, b] = [shardOfKey(one), shardOfKey(other)];
  return a === null || b === null || a.of !== b.of || a.part === b.part;
}

/** For people: `shard 2/3`. */
export function nameKey(key: LockKey): string {
  const shard = shardOfKey(key);
  return shard === null ? 'all of it' : `shard ${formatShard(shard)}`;
}

/** Name of the lock's file in a state folder. */
export function fileOfKey(key: LockKey): string {
  return key === WHOLE ? 'apply.lock' : `apply.${key.slice('manifest/'.length)}.lock`;
}

/** Null for a file that is no lock. */
export function keyOfFile(name: string): LockKey | null {
  if (name === 'apply.lock') return WHOLE;
  const [, part, of] = /^apply\.shard-(\d+)-of-(\d+)\.lock$/.exec(name) ?? [];
  return part === undefined ? null : keyOfShard({ part: Number(part), of: Number(of) });
}

function shardOfKey(key: LockKey): Shard | null {
  const [, part, of] = /^manifest\/shard-(\d+)-of-(\d+)$/.exec(key) ?? [];
  return part === undefined ? null : parseShard(`${part}/${of}`, undefined);
}
