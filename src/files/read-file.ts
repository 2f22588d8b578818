import { Buffer } from 'node:buffer';
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { toReadError } from './read-failure.ts';

/** Bytes of a file. Throws `FILES_NOT_FOUND` or `FILES_UNREADABLE`. */
export async function readFile(path: string): Promise<Uint8Array> {
  try {
    return await readWhole(path);
  } catch (error) {
    throw toReadError(error, path);
  }
}

// In one piece: `readFile` of Node reads pieces of 512 kB, and an answer is awaited for each.
async function readWhole(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const bytes = Buffer.allocUnsafeSlow(size);
    const { bytesRead } = await file.read(bytes, 0, size, 0);
    return bytesRead === size ? bytes : await file.readFile();
  } finally {
    await file.close();
  }
}

/**
 * Reads one file after the other, for a thread that has nothing else to do meanwhile. `read` gives
 * bytes to keep; those of `readBriefly` hold until it is called again, and cost no new memory.
 */
export interface FileReader {
  read(this: void, path: string): Uint8Array;
  readBriefly(this: void, path: string): Uint8Array;
}

export function createFileReader(): FileReader {
  let scratch = Buffer.allocUnsafeSlow(0);
  function readBriefly(path: string): Uint8Array {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      // One byte more, so that a file that grew meanwhile is noticed.
      if (size >= scratch.length) scratch = Buffer.allocUnsafeSlow(size + 1);
      const length = readFully(file, scratch);
      return length > size ? readFileSync(path) : scratch.subarray(0, length);
    } finally {
      closeSync(file);
    }
  }
  return {
    read: (path) => explain(readFileSync, path),
    readBriefly: (path) => explain(readBriefly, path),
  };
}

function readFully(file: number, into: Buffer): number {
  let length = 0;
  for (let read = -1; read !== 0 && length < into.length; length += read)
    read = readSync(file, into, length, into.length - length, null);
  return length;
}

function explain(read: (path: string) => Uint8Array, path: string): Uint8Array {
  try {
    return read(path);
  } catch (error) {
    throw toReadError(error, path);
  }
}
