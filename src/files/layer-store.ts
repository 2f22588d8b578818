import { createHash, hash, randomBytes } from 'node:crypto';
import {
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, hexOf } from '../base/digest.ts';

/** Layers and notes on disk, each checked when it is read; what is damaged is not there. */
export interface DiskLayerStore {
  readNote(key: Digest): Promise<string | null>;
  writeNote(key: Digest, text: string): Promise<void>;
  /** The file with these bytes. */
  findBlob(digest: Digest): Promise<string | null>;
  /** Bytes at these places of it, unchecked; null where it does not reach so far. */
  readRanges(digest: Digest, ranges: readonly ByteRange[]): Promise<readonly Uint8Array[] | null>;
  /** Null where the disk does not take them. */
  writeBlob(digest: Digest, bytes: Uint8Array): Promise<string | null>;
}

interface ByteRange {
  readonly offset: number;
  readonly size: number;
}

export interface LayerStoreOptions {
  /** Made when something is written. */
  readonly folder: string;
  /** What was not used for longest goes first; what this process used stays. */
  readonly maxBytes: number;
}

/**
 * Keeps layers in a folder for later processes. Losing any of it costs time only, so nothing here
 * throws for what the disk does, and nothing is synced: a note carries its checksum, a blob is called
 * by its own.
 */
export function createLayerStore({ folder, maxBytes }: LayerStoreOptions): DiskLayerStore {
  const used = new Set<string>();
  let size: number | null = null;
  async function keep(path: string, bytes: Uint8Array | string): Promise<boolean> {
    used.add(path);
    if (!(await writeWhole(path, bytes))) return false;
    size = size === null ? await measure(folder) : size + bytes.length;
    if (size > maxBytes) size = await shrink(folder, { maxBytes, used });
    return true;
  }
  async function use(path: string, isWhole: boolean): Promise<boolean> {
    if (isWhole) {
      used.add(path);
      const now = new Date();
      await attempt(() => utimes(path, now, now));
    } else await attempt(() => rm(path, { force: true }));
    return isWhole;
  }
  return {
    async readNote(key) {
      const path = join(folder, 'notes', hexOf(key));
      const file = await attempt(() => readFile(path, 'utf8'));
      if (file === null) return null;
      const text = file.slice(CHECKSUM + 1);
      return (await use(path, file === sealNote(key, text))) ? text : null;
    },
    async writeNote(key, text) {
      await keep(join(folder, 'notes', hexOf(key)), sealNote(key, text));
    },
    async findBlob(digest) {
      const path = join(folder, 'blobs', hexOf(digest));
      const found = await attempt(() => hashFile(path));
      if (found === null) return null;
      return (await use(path, found === hexOf(digest))) ? path : null;
    },
    readRanges(digest, ranges) {
      return attempt(() => readRanges(join(folder, 'blobs', hexOf(digest)), ranges));
    },
    async writeBlob(digest, bytes) {
      const path = join(folder, 'blobs', hexOf(digest));
      return (await keep(path, bytes)) ? path : null;
    },
  };
}

const CHECKSUM = 64;

// With its key, so that a note under another's name is none.
function sealNote(key: Digest, text: string): string {
  return `${hash('sha256', `${key}\n${text}`)}\n${text}`;
}

async function hashFile(path: string): Promise<string> {
  const file = await open(path);
  try {
    const sum = createHash('sha256');
    const buffer = Buffer.allocUnsafeSlow(1 << 18);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return sum.digest('hex');
      sum.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

async function readRanges(
  path: string,
  ranges: readonly ByteRange[],
): Promise<readonly Uint8Array[] | null> {
  const file = await open(path);
  try {
    const found: Uint8Array[] = [];
    for (const { offset, size } of ranges) {
      // With memory of their own, another thread can be given them.
      const bytes = Buffer.allocUnsafeSlow(size);
      if ((await file.read(bytes, 0, size, offset)).bytesRead < size) return null;
      found.push(bytes);
    }
    return found;
  } finally {
    await file.close();
  }
}

async function writeWhole(path: string, bytes: Uint8Array | string): Promise<boolean> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}${UNFINISHED}`;
  const done = await attempt(async () => {
    await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
    await writeFile(temporary, bytes);
    await rename(temporary, path);
    return true;
  });
  if (done === null) await attempt(() => rm(temporary, { force: true }));
  return done === true;
}

const UNFINISHED = '.tmp';

interface StoredFile {
  readonly path: string;
  readonly size: number;
  readonly time: number;
}

async function listStored(folder: string): Promise<readonly StoredFile[]> {
  const files: StoredFile[] = [];
  for (const part of ['notes', 'blobs'])
    for (const name of (await attempt(() => readdir(join(folder, part)))) ?? []) {
      const path = join(folder, part, name);
      const found = await attempt(() => stat(path));
      if (found !== null) files.push({ path, size: found.size, time: found.mtimeMs });
    }
  return files;
}

async function measure(folder: string): Promise<number> {
  return (await listStored(folder)).reduce((sum, file) => sum + file.size, 0);
}

/** Removes files until a quarter of the room is free; returns the size that is left. */
async function shrink(
  folder: string,
  { maxBytes, used }: { readonly maxBytes: number; readonly used: ReadonlySet<string> },
): Promise<number> {
  const files = await listStored(folder);
  let size = files.reduce((sum, file) => sum + file.size, 0);
  for (const file of files.toSorted((a, b) => a.time - b.time)) {
    if (size <= maxBytes * KEPT) break;
    if (used.has(file.path)) continue;
    await attempt(() => rm(file.path, { force: true }));
    size -= file.size;
  }
  return size;
}

const KEPT = 0.75;

async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch {
    return null;
  }
}
