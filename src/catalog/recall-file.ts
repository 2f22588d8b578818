import { type BlobFacts, hasFaults, knowFacts, readContentFacts } from './blob-facts.ts';
import { type BlobHead, blobOfText, findTextSpan, recallBlob, type TextSpan } from './blob-text.ts';
import { createLineIndex } from './line-index.ts';
import { type ParsedFile, parseCatalogFile } from './parse-catalog.ts';
import type { Blob } from './types.ts';

/**
 * What a file says, without what its blobs are in full, as plain data for JSON: enough to judge it,
 * to list its images and to tell what of it changed.
 */
export type FileNote = readonly BlobNote[];

interface BlobNote extends BlobHead, BlobFacts {
  /** Where its text stands in the file; left out for YAML. */
  readonly span?: TextSpan;
}

/**
 * Part of what notes are kept by, beside the version of olmirror. To be raised with every change of what is read out of a
 * file, of `BlobFacts`, of how they are found out, or of what is wrong with a package (`validatePackage`).
 */
export const FILE_NOTES = 'file notes 4';

/** What to keep of a file; null where something is wrong with it, since faults need its text. */
export function noteFile({ blobs, problems }: ParsedFile): FileNote | null {
  const notes = blobs.map(noteBlob);
  return problems.length > 0 || notes.some(hasFaults) ? null : notes;
}

function noteBlob(blob: Blob): BlobNote {
  const { schema, package: pkg, name } = blob;
  const span = findTextSpan(blob);
  const head = { schema, package: pkg, name };
  return { ...head, ...(span === null ? {} : { span }), ...readContentFacts(blob) };
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
  let read: OpenedFile | null = null;
  function fill(bytes: Uint8Array): void {
    read = openFile(note, path, bytes);
  }
  function release(): void {
    read = null;
  }
  const blobs = note.map((known, place) => {
    const blob = recallBlob(known, {
      file: path,
      span: known.span ?? null,
      open: () => {
        if (read === null) fill(open());
        return read?.(place) ?? assertNoted(path);
      },
    });
    knowFacts(blob, known);
    return blob;
  });
  return { blobs, problems: [], isRead: () => read !== null, fill, release };
}

/** Gives the blob at a place in the file. */
type OpenedFile = (place: number) => Blob | undefined;

function openFile(note: FileNote, path: string, bytes: Uint8Array): OpenedFile {
  const spans = note.map(({ span }) => span);
  const lines = createLineIndex(bytes);
  const opened = new Map<number, Blob>();
  let parsed: readonly Blob[] | null = null;
  return (place) => {
    const [head, span] = [note[place], spans[place]];
    if (head === undefined || span === undefined) {
      parsed ??= parseCatalogFile({ path, bytes }).blobs;
      return parsed[place];
    }
    if (span.end > bytes.length) return undefined;
    const text = { bytes, ...span };
    const blob =
      opened.get(place) ??
      blobOfText(head, text, { file: path, findLine: () => lines.lineAt(span.start) });
    opened.set(place, blob);
    return blob;
  };
}

function assertNoted(path: string): never {
  throw new Error(`The file ${path} is not the one that was noted.`);
}
