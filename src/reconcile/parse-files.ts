import { freeBytes } from '../base/own-bytes.ts';
import { isIgnoreFile, selectFiles } from '../catalog/ignore.ts';
import { type LearnBlob, type ParsedFile, parseCatalogFile } from '../catalog/parse-catalog.ts';
import type { CatalogFile } from '../catalog/types.ts';
import type { Snapshot, TreeFile } from '../git/port.ts';
import { type FileNotes, isNoted, keyOfFile, type NotedFile } from './file-notes.ts';

/** What is known of files beside their bytes. */
export interface FileCache {
  readonly parsed: ReadonlyMap<string, ParsedFile>;
  readonly used: Map<string, ParsedFile>;
  /** What earlier processes noted; null where there is none to ask. */
  readonly notes: FileNotes | null;
  /** Files that hold on to their bytes. */
  readonly texts: NotedFile[];
  readonly learn: LearnBlob;
}

type CatalogBytes = Pick<Snapshot, 'readFiles' | 'readFileNow'>;

/** The files of a catalog's folder that are not ignored, parsed before, noted by an earlier process, or read. */
export async function parseFiles(
  snapshot: CatalogBytes,
  source: { readonly files: readonly TreeFile[]; readonly folder: string },
  cache: FileCache,
): Promise<readonly ParsedFile[]> {
  function inFolder(file: TreeFile): string {
    return file.path.slice(source.folder.length + 1);
  }
  const ignoreFiles = await collectFiles(snapshot, source.files.filter(isIgnoreFile), inFolder);
  const names = source.files.map((file) => ({ path: inFolder(file), file }));
  const wanted = selectFiles(names, ignoreFiles).map(({ file }) => file);
  for (const file of wanted) {
    keepParsed(file, cache);
    if (!cache.used.has(keyOfFile(file))) recallNoted(file, inFolder(file), { snapshot, cache });
  }
  const unread = wanted.filter((entry) => !cache.used.has(keyOfFile(entry)));
  const areFew = unread.length <= FEW && unread.length < wanted.length;
  for await (const { file, bytes } of snapshot.readFiles(unread)) {
    const path = inFolder(file);
    const read = parseCatalogFile({ path, bytes }, cache.learn);
    const kept = areFew && bytes.length <= SMALL ? bytes : null;
    const noted = noteRead(file, read, { path, snapshot, cache, kept });
    cache.used.set(keyOfFile(file), noted);
    // It holds on to none of them then. V8 marks all that is alive the more often the more of them wait for it.
    if (noted !== read && kept === null) freeBytes(bytes);
  }
  return wanted.flatMap((file) => cache.used.get(keyOfFile(file)) ?? []);
}

/** Files that a commit changed, and bytes of one: of no more the texts stay until the index has them, or the next reading. */
const FEW = 8;
const SMALL = 4_000_000;

interface Noting {
  /** In the catalog's folder. */
  readonly path: string;
  readonly snapshot: CatalogBytes;
  readonly cache: FileCache;
  readonly kept: Uint8Array | null;
}

// A catalog of 100 MB is read for what is learned of it: its texts are needed of few packages, or of one after the other.
function noteRead(
  file: TreeFile,
  read: ParsedFile,
  { path, snapshot: { readFileNow }, cache: { notes, texts }, kept }: Noting,
): ParsedFile {
  if (readFileNow === undefined || notes === null) return read;
  const noted = notes.note(file, read, { path, open: () => readFileNow(file) });
  if (kept !== null && isNoted(noted)) {
    noted.fill(kept);
    texts.push(noted);
  }
  return noted;
}

function recallNoted(
  file: TreeFile,
  path: string,
  { snapshot, cache }: Omit<Noting, 'path' | 'kept'>,
): void {
  const { readFileNow } = snapshot;
  if (readFileNow === undefined) return;
  const noted = cache.notes?.recall(file, path, () => readFileNow(file)) ?? null;
  if (noted !== null) cache.used.set(keyOfFile(file), noted);
}

async function collectFiles(
  snapshot: CatalogBytes,
  files: readonly TreeFile[],
  inFolder: (file: TreeFile) => string,
): Promise<readonly CatalogFile[]> {
  const found: CatalogFile[] = [];
  for await (const { file, bytes } of snapshot.readFiles(files))
    found.push({ path: inFolder(file), bytes });
  return found;
}

/** Goes on with a file as it was parsed before. */
export function keepParsed(file: TreeFile, cache: FileCache): void {
  const known = cache.parsed.get(keyOfFile(file));
  if (known !== undefined) cache.used.set(keyOfFile(file), known);
}
