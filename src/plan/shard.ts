import { createHash } from 'node:crypto';

/** A part of a plan that one of several workers carries out: a share of the images, or what comes after all shares. */
export interface Shard {
  /** From 1 up to `of`; `index` for publishing the indexes. */
  readonly part: number | 'index';
  readonly of: number;
}

const MOST = 64;

/** Reads `2/3`, `index/3`, or `auto/3`, which takes the zero-based `completion` for the share; null for anything else. */
export function parseShard(text: string, completion: string | undefined): Shard | null {
  const [, name = '', count = ''] = /^(\d+|index|auto)\/(\d+)$/.exec(text) ?? [];
  const of = Number(count);
  if (name === '' || of < 1 || of > MOST) return null;
  if (name === 'index') return { part: name, of };
  const part = name === 'auto' ? readCompletion(completion) : Number(name);
  return part >= 1 && part <= of ? { part, of } : null;
}

function readCompletion(text: string | undefined): number {
  return text === undefined || !/^\d+$/.test(text) ? Number.NaN : Number(text) + 1;
}

/** `2/3`, `index/3`. */
export function formatShard({ part, of }: Shard): string {
  return `${part}/${of}`;
}

/**
 * The share that a repository of production belongs to. It hangs on nothing but these two, so that workers
 * that look at the registries at different times agree.
 */
export function shardOfRepository(repository: string, of: number): Shard {
  const hash = createHash('sha256').update(repository).digest();
  return { part: (hash.readUInt32BE(0) % of) + 1, of };
}
