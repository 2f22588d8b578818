import { type BlobFacts, hasFaults, knowFacts, readContentFacts } from './blob-facts.ts';
import { type BlobHead, recallBlob } from './blob-text.ts';
import { type ParsedFile, parseCatalogFile } from './parse-catalog.ts';
import type { Blob } from './types.ts';

/**
 * What a file says, without what its blobs are in full, as plain data for JSON: enough to judge it,
 * to list its images and to tell what of it changed.
 */
export type FileNote = readonly BlobNote[];

interface BlobNote extends BlobHead, BlobFacts {}

/**
 * Part of what notes are kept by. To be raised with every change of what is read out of a file, of
 * `BlobFacts`, or of how they are found out.
 */
export const FILE_NOTES = 'file notes 3';

/** What to keep of a file; null where something is wrong with it, since faults need its text. */
export function noteFile({ blobs, problems }: ParsedFile): FileNote | null {
  const notes = blobs.map((blob) => ({
    schema: blob.schema,
    package: blob.package,
    name: blob.name,
    ...readContentFacts(blob),
  }));
  return problems.length > 0 || notes.some(hasFaults) ? null : notes;
}

/** A file that is known from a note. */
export interface RecalledFile extends ParsedFile {
  /** Whether its bytes were needed and given. */
  readonly isRead: () => boolean;
  /** Takes the bytes that will be needed, so that they are not asked for one file at a time. */
  readonly fill: (bytes: Uint8Array) => void;
  /** Lets the bytes go that it was given or asked for; they are asked for anew where they are needed again. */
  readonly release: () => void;
}

/** The file of a note. `open` gives its bytes when more is asked of it than the note has. */
export function recallFile(note: FileNote, path: string, open: () => Uint8Array): RecalledFile {
  let read: readonly Blob[] | null = null;
  function fill(bytes: Uint8Array): void {
    read = parseCatalogFile({ path, bytes }).blobs;
  }
  function readBlob(place: number): Blob {
    if (read === null) fill(open());
    const blob = read?.[place];
    if (blob === undefined) throw new Error(`The file ${path} is not the one that was noted.`);
    return blob;
  }
  const blobs = note.map((known, place) => {
    const blob = recallBlob(known, path, () => readBlob(place));
    knowFacts(blob, known);
    return blob;
  });
  function release(): void {
    read = null;
  }
  return { blobs, problems: [], isRead: () => read !== null, fill, release };
}
