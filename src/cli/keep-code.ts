import { mkdirSync } from 'node:fs';
import module from 'node:module';
import { findCodeFolder } from './state-folder.ts';

/**
 * Lets V8 keep what it compiles of this program, and of the processes and threads that it starts, for the next start
 * (`load-bundle.ts`). Where the folder cannot be written nothing is kept and nothing is said: it costs a moment only.
 */
export function keepCode(): void {
  const { NODE_COMPILE_CACHE: chosen, NODE_DISABLE_COMPILE_CACHE: refused } = process.env;
  if (chosen !== undefined || refused !== undefined) return;
  const folder = findCodeFolder();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    return;
  }
  const { status } = module.enableCompileCache(folder);
  if (status === module.constants.compileCacheStatus.ENABLED)
    process.env['NODE_COMPILE_CACHE'] = folder;
}

/** Tells a process that is started where it is kept. */
export function nameCodeFolder(): Readonly<Record<string, string>> {
  const { NODE_COMPILE_CACHE: folder } = process.env;
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}
