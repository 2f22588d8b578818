import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTemporaryFailure } from './write-failure.ts';

/**
 * Works with a folder of its own among the temporary files, named after `prefix`, which is gone
 * afterwards, also where this process exits before. Throws `FILES_UNWRITABLE`.
 */
export async function withTemporaryFolder<T>(
  prefix: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), prefix)).catch((error: unknown) => {
    throw buildTemporaryFailure(tmpdir(), error);
  });
  function remove(): void {
    rmSync(folder, { recursive: true, force: true });
  }
  process.on('exit', remove);
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    process.off('exit', remove);
  }
}
