import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf } from '../base/digest.ts';
import { ToolError } from '../base/tool-error.ts';
import { type BuiltTop, renderOciLayout } from '../index/render-oci-layout.ts';

const BLOBS = 'blobs/sha256';

/**
 * Reads the layout of a built index once more, right before it is pushed: every blob must have the
 * digest that it is named by, and what names the image must be as it was written. Throws
 * `APPLY_LAYOUT_DAMAGED` with the file that was changed or is missing.
 */
export async function verifyLayout(layout: string, built: BuiltTop): Promise<void> {
  const named = new Map<string, string>();
  for (const [path, content] of renderOciLayout(built))
    if (!path.startsWith(BLOBS) && content instanceof Uint8Array)
      named.set(path, createHash('sha256').update(content).digest('hex'));
  // What of the base lies there is found by looking.
  const ours = [built.digest, ...built.blobs.map(({ digest }) => digest)];
  const hexes = new Set([...ours.map(hexOf), ...(await readdir(join(layout, BLOBS)))]);
  for (const hex of hexes) named.set(`${BLOBS}/${hex}`, hex);
  // One for all: what a stream allocates would be as much garbage as the layers have bytes.
  const buffer = Buffer.allocUnsafeSlow(LARGE_READ);
  for (const [path, expected] of named) {
    const found = await hashFile(join(layout, path), buffer);
    if (found !== expected) throw damaged(built, path, found);
  }
}

/** Layers are megabytes, and each read costs as much as hashing some tenths of one. */
const LARGE_READ = 1 << 20;

/** Null for a file that is not there. */
async function hashFile(path: string, buffer: Buffer): Promise<string | null> {
  const file = await openOrNull(path);
  if (file === null) return null;
  const hash = createHash('sha256');
  try {
    for (let read = await file.read(buffer); read.bytesRead > 0; read = await file.read(buffer))
      hash.update(buffer.subarray(0, read.bytesRead));
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

async function openOrNull(path: string): Promise<FileHandle | null> {
  try {
    return await open(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function damaged(built: BuiltTop, path: string, found: string | null): ToolError {
  const what = found === null ? 'is not there any more' : `has the digest sha256:${found} now`;
  return new ToolError(
    'APPLY_LAYOUT_DAMAGED',
    `The index ${built.digest} was changed on this machine after it was built: ${path} of its layout ${what}. Nothing of it was pushed.`,
    {
      disposition: 'retry',
      side: 'source',
      hint: 'Another program writes to the folder of olmirror, or the disk is failing. Find out which, then apply again: the index is built anew.',
    },
  );
}
