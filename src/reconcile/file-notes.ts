import { hash } from 'node:crypto';
import { digestOf } from '../base/digest.ts';
import { VERSION } from '../base/version.ts';
import type { ParsedFile } from '../catalog/parse-catalog.ts';
import {
  FILE_NOTES,
  type FileNote,
  noteFile,
  type RecalledFile,
  recallFile,
} from '../catalog/recall-file.ts';
import type { Snapshot, TreeFile } from '../git/port.ts';
import type { TextStream } from '../index/layer-memory.ts';
import type { LayerStore } from '../index/layer-store.ts';

/** Where notes lie from one process to the next; what it does not have is read again. */
export type NoteStore = Pick<LayerStore, 'readNote' | 'writeNote'>;

/** A file of a commit that is known from a note. */
export interface NotedFile extends RecalledFile {
  readonly file: TreeFile;
  /** Whether an earlier process found nothing wrong with the package that it is all of. */
  readonly isSound: boolean;
}

/**
 * Gives those of these files their bytes that hold a package and lack them, package by package as they are taken, all
 * out of one reading.
 */
export function streamNoted(
  files: Iterable<ParsedFile>,
  packages: readonly string[],
  snapshot: Snapshot,
): TextStream {
  const noted = groupNoted(files);
  const left = new Map<string, NotedFile>();
  for (const name of packages)
    for (const file of noted.get(name) ?? [])
      if (!file.isRead()) left.set(keyOfFile(file.file), file);
  const reading = snapshot.readFiles([...left.values()].map(({ file }) => file));
  const entries = reading[Symbol.asyncIterator]();
  async function pull(wanted: readonly NotedFile[]): Promise<void> {
    while (wanted.some(({ file }) => left.has(keyOfFile(file)))) {
      const next = await entries.next();
      if (next.done === true) return;
      const key = keyOfFile(next.value.file);
      left.get(key)?.fill(next.value.bytes);
      left.delete(key);
    }
  }
  let last: Promise<void> = Promise.resolve();
  return {
    take(names) {
      const wanted = [...names].flatMap((name) => noted.get(name) ?? []);
      last = last.then(() => pull(wanted));
      return last;
    },
    release(names) {
      for (const name of names)
        for (const file of noted.get(name) ?? []) if (holdsOnePackage(file)) file.release();
    },
    async close() {
      await entries.return?.();
    },
  };
}

function groupNoted(files: Iterable<ParsedFile>): ReadonlyMap<string, readonly NotedFile[]> {
  const byPackage = new Map<string, NotedFile[]>();
  for (const file of files) {
    if (!isNoted(file)) continue;
    for (const name of new Set(file.blobs.map((blob) => blob.package))) {
      const known = byPackage.get(name);
      if (known === undefined) byPackage.set(name, [file]);
      else known.push(file);
    }
  }
  return byPackage;
}

/** What holds several would be read again for each. */
export function holdsOnePackage({ blobs: [first, ...others] }: ParsedFile): boolean {
  return first !== undefined && others.every((blob) => blob.package === first.package);
}

export function isNoted(file: ParsedFile): file is NotedFile {
  return 'fill' in file;
}

/** Gives the bytes of a file, which has this path in its catalog. */
export interface OpenAt {
  readonly path: string;
  readonly open: () => Uint8Array;
}

/** What the files of one catalog say, for later processes to know without reading them. */
export interface FileNotes {
  /** A file as it was noted; null where it was not. `open` gives its bytes. */
  recall(file: TreeFile, path: string, open: () => Uint8Array): NotedFile | null;
  /** Notes a file that was read, and lets go of its bytes, which `open` gives again; where that would not pay, it stays as it is. */
  note(file: TreeFile, read: ParsedFile, open: OpenAt): ParsedFile;
  /** Keeps what these files say, by `keyOfFile`, and no others; `sound` are those of them with nothing wrong in their package. */
  keep(files: ReadonlyMap<string, ParsedFile>, sound: ReadonlySet<ParsedFile>): Promise<void>;
}

/** Problems and blobs name their file, so the same bytes at another path are another file. */
export function keyOfFile(file: TreeFile): string {
  return `${file.objectId} ${file.path}`;
}

/** A change of a few files writes what stands beside them anew, not what all files say. */
const PARTS = 32;

/**
 * Opens the notes of one catalog of the state repository, of which the store is. Another version of olmirror may see in a
 * file what this one does not, so each has its own.
 */
export async function openFileNotes(store: NoteStore, catalog: string): Promise<FileNotes> {
  const keys = Array.from({ length: PARTS }, (_, part) =>
    digestOf(`${FILE_NOTES} ${VERSION} ${catalog} ${part}`),
  );
  const parts = await Promise.all(keys.map(async (key) => parseNotes(await store.readNote(key))));
  const fresh = new WeakMap<ParsedFile, FileNote>();
  return {
    note(file, read, { path, open }) {
      const note = holdsOnePackage(read) ? noteFile(read) : null;
      if (note === null) return read;
      const noted = { ...recallFile(note, path, open), file, isSound: false };
      fresh.set(noted, note);
      return noted;
    },
    recall(file, path, open) {
      const known = parts[partOf(file.path)]?.get(keyOfFile(file));
      if (known === undefined || known.note === null) return null;
      return { ...recallFile(known.note, path, open), file, isSound: known.isSound };
    },
    async keep(files, sound) {
      const wanted = splitFiles(files);
      for (const [part, key] of keys.entries()) {
        const own = wanted[part] ?? [];
        const noted = parts[part] ?? new Map<string, Known>();
        if (
          own.length === noted.size &&
          own.every(([name, file]) => noted.get(name)?.isSound === sound.has(file))
        )
          continue;
        const notes = new Map(
          own.map(([name, file]) => {
            const note = noted.get(name)?.note ?? fresh.get(file) ?? noteFile(file);
            return [name, { note, isSound: sound.has(file) }] as const;
          }),
        );
        parts[part] = notes;
        await store.writeNote(key, JSON.stringify([...notes]));
      }
    },
  };
}

type Named = readonly [string, ParsedFile];

function splitFiles(files: ReadonlyMap<string, ParsedFile>): readonly (readonly Named[])[] {
  const split: Named[][] = Array.from({ length: PARTS }, () => []);
  for (const named of files) split[partOf(pathOfKey(named[0]))]?.push(named);
  return split;
}

function partOf(path: string): number {
  return hash('sha256', path, 'buffer').readUInt8(0) % PARTS;
}

// As `keyOfFile` wrote it: an object id has no space.
function pathOfKey(key: string): string {
  return key.slice(key.indexOf(' ') + 1);
}

/** What is kept of a file; `note` is null where its text is needed. */
interface Known {
  readonly note: FileNote | null;
  readonly isSound: boolean;
}

type Notes = ReadonlyMap<string, Known>;

function parseNotes(text: string | null): Notes {
  const entries: Iterable<readonly [string, Known]> = text === null ? [] : JSON.parse(text);
  return new Map(entries);
}
