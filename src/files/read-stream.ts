import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { isToolError, ToolError } from '../base/tool-error.ts';
import { toReadError } from './read-failure.ts';

/** Bytes that are read at most; a device never comes to its end. */
const MOST = 512_000_000;

/** Bytes of a pipe or a device, to its end. Throws `FILES_NOT_FOUND` or `FILES_UNREADABLE`. */
export async function readStream(path: string): Promise<Uint8Array> {
  try {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const stream: AsyncIterable<Uint8Array> = createReadStream(path, { highWaterMark: 1_000_000 });
    for await (const chunk of stream) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MOST) throw endless(path);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw isToolError(error) ? error : toReadError(error, path);
  }
}

function endless(path: string): ToolError {
  return new ToolError('FILES_UNREADABLE', `${path} gives more than 512 MB.`, {
    hint: 'Put what is wanted of it into a file, and give that.',
  });
}
