import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FAKE = join(import.meta.dirname, '../fixtures/opm/fake-opm.ts');

/**
 * A program `opm` in a folder of its own, that serves as opm does but for one lie, and writes its
 * process id into `pid` beside. `child` lets a script start it that waits for it.
 */
export async function writeFakeOpm(
  folder: string,
  lie = '',
  { child = false }: { readonly child?: boolean } = {},
): Promise<string> {
  const path = join(folder, 'opm');
  await mkdir(folder, { recursive: true });
  const start = `OPM_LIE='${lie}' ${child ? '' : 'exec '}'${process.execPath}' '${FAKE}' "$@"`;
  const script = ['#!/bin/sh', `echo $$ > '${join(folder, 'pid')}'`, start, 'exit $?', ''];
  await writeFile(path, script.join('\n'));
  await chmod(path, 0o755);
  return path;
}
