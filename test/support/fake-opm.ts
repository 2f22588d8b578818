import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const FAKE = join(import.meta.dirname, '../fixtures/opm/fake-opm.ts');

interface FakeOptions {
  /** A script starts it and waits for it, instead of becoming it. */
  readonly child?: boolean;
}

/**
 * A program `opm` in a folder of its own, that serves as opm does but for one lie, and writes its
 * process id into `pid` beside.
 */
export async function writeFakeOpm(
  folder: string,
  lie = '',
  { child = false }: FakeOptions = {},
): Promise<string> {
  const path = join(folder, 'opm');
  await mkdir(folder, { recursive: true });
  const start = `OPM_LIE='${lie}' ${child ? '' : 'exec '}'${process.execPath}' '${FAKE}' "$@"`;
  const script = ['#!/bin/sh', `echo $$ > '${join(folder, 'pid')}'`, start, 'exit $?', ''];
  await writeFile(path, script.join('\n'));
  await chmod(path, 0o755);
  return path;
}

/** How many processes of a stand-in are there, which is a group of its own. */
export async function countProcesses(opm: string): Promise<number> {
  const group = (await readFile(join(dirname(opm), 'pid'), 'utf8')).trim();
  const lines = execFileSync('ps', ['-eo', 'pgid=,stat='], { encoding: 'utf8' }).split('\n');
  // What is dead and waits for its parent to ask is gone.
  return lines.filter((line) => new RegExp(`^ *${group} +[^Z]`).test(line)).length;
}
