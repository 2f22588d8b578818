import { constants } from 'node:buffer';
import { execa, execaSync } from 'execa';
import { messageOf, ToolError } from '../base/tool-error.ts';
import { createByteReader } from './byte-reader.ts';
import type { GitPlace } from './run-git.ts';

/**
 * Streams the bytes of blobs in the order asked for, out of one `git cat-file --batch`, which
 * simple-git cannot stream. No working tree is needed. Throws `GIT_FAILED` where an object is missing.
 */
export async function* readBlobs(
  place: GitPlace,
  objectIds: readonly string[],
): AsyncGenerator<Uint8Array> {
  if (objectIds.length === 0) return;
  const child = execa('git', ['cat-file', '--batch', '--buffer'], {
    cwd: place.folder,
    env: { ...place.environment },
    extendEnv: false,
    input: `${objectIds.join('\n')}\n`,
    stdout: 'pipe',
    encoding: 'buffer',
    buffer: { stdout: false },
    reject: false,
  });
  const reader = createByteReader(child.stdout);
  try {
    for (const objectId of objectIds) {
      const header = await reader.readLine();
      const [, type, size] = header.split(' ');
      if (type !== 'blob') throw missing(place, objectId, header);
      yield await reader.readBytes(Number(size));
      await reader.readBytes(1);
    }
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(
      'GIT_FAILED',
      `git cat-file failed in ${place.folder}: ${messageOf(error)}.`,
      { disposition: 'retry', cause: error },
    );
  } finally {
    // A reader that stops early leaves bytes in the stream, and execa waits for its end.
    child.stdout.destroy();
    child.kill();
    await child;
  }
}

/** The bytes of one blob; this thread waits for them. Throws `GIT_FAILED` where it is missing. */
export function readBlobNow(place: GitPlace, objectId: string): Uint8Array {
  const { failed, stdout, stderr } = execaSync('git', ['cat-file', 'blob', objectId], {
    cwd: place.folder,
    env: { ...place.environment },
    extendEnv: false,
    encoding: 'buffer',
    stripFinalNewline: false,
    maxBuffer: constants.MAX_LENGTH,
    reject: false,
  });
  if (failed) throw missing(place, objectId, Buffer.from(stderr).toString().trim());
  return stdout;
}

function missing(place: GitPlace, objectId: string, answer: string): ToolError {
  return new ToolError(
    'GIT_FAILED',
    `The repository ${place.folder} does not give the file with object id ${objectId}: ${answer || 'no answer'}.`,
    {
      hint: 'The repository may be damaged: run git fsck.',
    },
  );
}
