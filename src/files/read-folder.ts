import { listFolder } from './list-folder.ts';
import { readFile } from './read-file.ts';

export interface FolderFile {
  /** Relative to the folder, `/`-separated. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Reads every file that `listFolder` lists; throws the first fault. */
export async function* readFolder(path: string): AsyncIterable<FolderFile> {
  for (const entry of await listFolder(path)) {
    if (entry.fault !== null) throw entry.fault;
    yield { path: entry.path, bytes: await readFile(entry.location) };
  }
}
