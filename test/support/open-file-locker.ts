import { hostname } from 'node:os';
import { createFileLocker, type FileLockerOptions } from '../../src/apply/file-locker.ts';
import { buildLockTiming, type Locker } from '../../src/base/locker.ts';
import { systemClock } from '../../src/cli/system-clock.ts';

/** The file locker as commands use it, with times that a test can wait for. */
export function openFileLocker(folder: string, more: Partial<FileLockerOptions> = {}): Locker {
  return createFileLocker({
    folder,
    host: hostname(),
    clock: systemClock,
    elapsed: () => performance.now(),
    timing: buildLockTiming(30_000),
    ...more,
  });
}
