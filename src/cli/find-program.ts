import { access, constants } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';

/** Absolute path of a program that is in one of the folders of a search path; null where none has it. */
export async function findProgram(name: string, searchPath: string): Promise<string | null> {
  for (const folder of searchPath.split(delimiter)) {
    const path = resolve(join(folder === '' ? '.' : folder, name));
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return null;
}
