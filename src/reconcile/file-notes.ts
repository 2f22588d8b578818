import { digestOf } from '../base/digest.ts';
import type { ParsedFile } from '../catalog/parse-catalog.ts';
import { FILE_NOTES, type FileNote, noteFile, recallFile } from '../catalog/recall-file.ts';
import type { TreeFile } from '../git/port.ts';
import type { LayerStore } from '../index/layer-store.ts';

/** Where notes lie from one process to the next; what it does not have is read again. */
export type NoteStore = Pick<LayerStore, 'readNote' | 'writeNote'>;

/** What the files of one catalog say, for later processes to know without reading them. */
export interface FileNotes {
  /** A file as it was noted; null where it was not. `open` gives its bytes. */
  recall(file: TreeFile, path: string, open: () => Uint8Array): ParsedFile | null;
  /** Keeps what these files say, by `keyOfFile`, and no others. */
  keep(files: ReadonlyMap<string, ParsedFile>): Promise<void>;
}

/** Problems and blobs name their file, so the same bytes at another path are another file. */
export function keyOfFile(file: TreeFile): string {
  return `${file.objectId} ${file.path}`;
}

/** Opens the notes of one catalog of the state repository, of which the store is. */
export async function openFileNotes(store: NoteStore, catalog: string): Promise<FileNotes> {
  const key = digestOf(`${FILE_NOTES} ${catalog}`);
  let noted = parseNotes(await store.readNote(key));
  return {
    recall(file, path, open) {
      const note = noted.get(keyOfFile(file)) ?? null;
      return note === null ? null : recallFile(note, path, open);
    },
    async keep(files) {
      if (files.size === noted.size && [...files.keys()].every((name) => noted.has(name))) return;
      noted = new Map([...files].map(([name, file]) => [name, noteFile(file)]));
      await store.writeNote(key, JSON.stringify([...noted]));
    },
  };
}

type Notes = ReadonlyMap<string, FileNote | null>;

function parseNotes(text: string | null): Notes {
  const entries: Iterable<readonly [string, FileNote | null]> =
    text === null ? [] : JSON.parse(text);
  return new Map(entries);
}
