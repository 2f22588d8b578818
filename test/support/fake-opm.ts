import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FAKE = join(import.meta.dirname, '../fixtures/opm/fake-opm.ts');

/** A program `opm` in a folder of its own, that serves as opm does but for one lie. */
export async function writeFakeOpm(folder: string, lie = ''): Promise<string> {
  const path = join(folder, 'opm');
  await mkdir(folder, { recursive: true });
  const script = `#!/bin/sh\nOPM_LIE='${lie}' exec '${process.execPath}' '${FAKE}' "$@"\n`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  return path;
}
