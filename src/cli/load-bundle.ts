import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, Script } from 'node:vm';
import { crc32 } from 'node:zlib';
import { findCommand } from './find-command.ts';
import { resetV8Flags, setV8Flag } from './v8-flags.ts';

/** Runs after which what V8 has compiled is kept: the first ones teach what a command uses, more would change little. */
export const LESSONS = 3;
/** Behind the code that is kept: a checksum of it, and after how many runs it was written. */
const TRAILER = 8;

/** Exit codes of commands that did what was asked (design §9). */
const DONE: ReadonlySet<number> = new Set([0, 2]);

type Exports = Readonly<Record<string, unknown>>;

/**
 * Loads a bundle that the build has made of this program, one function of CommonJS (`scripts/build.mjs`), with what V8
 * compiled of it when the same command ran before. Node keeps only what it compiles while a module is loaded
 * (https://nodejs.org/api/module.html#module-compile-cache), not the functions that are called after, which are a
 * third of the CPU time of a short command. `use`: the command, or another name for what is run of it.
 */
export function loadBundle(url: URL, use: string): Exports {
  const file = fileURLToPath(url);
  const keep = openKeep(file, use);
  const known = keep === null ? null : readKept(keep);
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: file,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(known === null ? {} : { cachedData: known.code }),
  });
  const lessons = known?.lessons ?? 0;
  // Refused for other settings of V8, with which Node was started: left for who starts it without.
  if (keep !== null && script.cachedDataRejected !== true && lessons < LESSONS)
    keepAtExit(script, keep, lessons + 1);
  const module: { readonly exports: Exports } = { exports: {} };
  const run: (...given: readonly unknown[]) => void = script.runInThisContext();
  run(module.exports, createRequire(file), module, file, dirname(file));
  return module.exports;
}

interface Keep {
  readonly folder: string;
  /** Of the file; the beginning is the same for every version of the program and of Node. */
  readonly beginning: string;
  readonly end: string;
}

/** Where it is kept; null for nowhere. The name says all that another code or another Node would change. */
function openKeep(file: string, use: string): Keep | null {
  const { NODE_COMPILE_CACHE: folder, NODE_DISABLE_COMPILE_CACHE: refused } = process.env;
  if (folder === undefined || refused !== undefined || !/^[a-z][a-z-]{0,30}$/.test(use))
    return null;
  const { size, mtimeMs } = statSync(file);
  const parts = [size, Math.trunc(mtimeMs), process.version, process.arch];
  return { folder, beginning: `${basename(file)}-${use}-`, end: parts.join('-') };
}

interface Kept {
  readonly code: Buffer;
  readonly lessons: number;
}

function readKept({ folder, beginning, end }: Keep): Kept | null {
  try {
    const bytes = readFileSync(join(folder, beginning + end));
    const length = bytes.length - TRAILER;
    const code = bytes.subarray(0, length);
    return crc32(code) === bytes.readUInt32LE(length)
      ? { code, lessons: bytes.readUInt32LE(length + 4) }
      : null;
  } catch {
    return null;
  }
}

function keepAtExit(script: Script, keep: Keep, lessons: number): void {
  // Else what ran at the start is forgotten where a run is long.
  setV8Flag('flush-bytecode', false);
  process.once('exit', (code) => {
    if (!DONE.has(code)) return;
    // V8 takes code only with the settings that it was written with: at a start these are its own.
    resetV8Flags();
    try {
      writeKept(script.createCachedData(), lessons, keep);
    } catch {
      // It costs a moment of the next run only.
    }
  });
}

function writeKept(code: Buffer, lessons: number, { folder, beginning, end }: Keep): void {
  const trailer = Buffer.alloc(TRAILER);
  trailer.writeUInt32LE(crc32(code));
  trailer.writeUInt32LE(lessons, 4);
  const half = join(folder, `${beginning}${end}.${process.pid}`);
  writeFileSync(half, Buffer.concat([code, trailer]), { mode: 0o600 });
  renameSync(half, join(folder, beginning + end));
  for (const name of readdirSync(folder))
    if (isOlder(name, { beginning, end })) rmSync(join(folder, name), { force: true });
}

// Of another version of the program or of Node, or left by a process that was killed.
function isOlder(name: string, { beginning, end }: Pick<Keep, 'beginning' | 'end'>): boolean {
  const its = name.slice(beginning.length);
  return name.startsWith(beginning) && /^\d/.test(its) && its !== end;
}

/** By what name code is kept that runs for these arguments; empty for none. */
export function findUse(argv: readonly string[]): string {
  return argv.includes('--help') || argv.includes('-h') ? 'help' : (findCommand(argv) ?? '');
}
