import type { Digest } from '../base/digest.ts';
import {
  type BundleFacts,
  type ChannelEntry,
  type DeprecationEntry,
  readBlobDefault,
  readBundleFacts,
  readDeprecations,
  readEntries,
} from './blob-fields.ts';
import { isRendered, recallBlob } from './blob-text.ts';
import { hashBlob } from './hash-catalog.ts';
import { type ParsedFile, parseCatalogFile } from './parse-catalog.ts';
import type { Blob } from './types.ts';
import { noteSoundShape, validateShape } from './validate-shapes.ts';

/**
 * What a file says, without what its blobs are in full, as plain data for JSON: enough to judge it,
 * to list its images and to tell what of it changed.
 */
export type FileNote = readonly BlobNote[];

interface BlobNote {
  readonly schema: string;
  readonly package: string;
  readonly name: string;
  readonly hash: Digest;
  /** The text in the file is the rendering. */
  readonly rendered: boolean;
  readonly defaultChannel?: string;
  readonly entries?: readonly ChannelEntry[];
  readonly bundle?: BundleFacts;
  readonly deprecations?: readonly DeprecationEntry[];
}

/**
 * Part of what notes are kept by. To be raised with every change of what is read out of a file, of
 * `hashBlob`, or of what `validateShape` refuses.
 */
export const FILE_NOTES = 'file notes 1';

/** What to keep of a file; null where something is wrong with it, since faults need its text. */
export function noteFile({ blobs, problems }: ParsedFile): FileNote | null {
  if (problems.length > 0 || blobs.some(hasFault)) return null;
  return blobs.map((blob) => ({
    schema: blob.schema,
    package: blob.package,
    name: blob.name,
    hash: hashBlob(blob),
    rendered: isRendered(blob),
    ...readFacts(blob),
  }));
}

/** A file that is known from a note. */
export interface RecalledFile extends ParsedFile {
  /** Whether its bytes were needed and given. */
  readonly isRead: () => boolean;
  /** Takes the bytes that will be needed, so that they are not asked for one file at a time. */
  readonly fill: (bytes: Uint8Array) => void;
}

/** The file of a note. `open` gives its bytes, once, when more is asked of it than the note has. */
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
    const { schema, package: pkg, name, rendered } = known;
    const blob = recallBlob({ schema, package: pkg, name, file: path }, rendered, () =>
      readBlob(place),
    );
    hashBlob.know(blob, known.hash);
    if (schema.startsWith('olm.')) noteSoundShape(blob);
    noteFacts(blob, known);
    return blob;
  });
  return { blobs, problems: [], isRead: () => read !== null, fill };
}

function hasFault(blob: Blob): boolean {
  return blob.schema.startsWith('olm.') && validateShape(blob).length > 0;
}

function readFacts(blob: Blob): Partial<BlobNote> {
  switch (blob.schema) {
    case 'olm.package':
      return { defaultChannel: readBlobDefault(blob) };
    case 'olm.channel':
      return { entries: readEntries(blob) };
    case 'olm.bundle':
      return { bundle: readBundleFacts(blob) };
    case 'olm.deprecations':
      return { deprecations: readDeprecations(blob) };
    default:
      return {};
  }
}

function noteFacts(blob: Blob, known: BlobNote): void {
  const { defaultChannel, entries, bundle, deprecations } = known;
  if (defaultChannel !== undefined) readBlobDefault.know(blob, defaultChannel);
  if (entries !== undefined) readEntries.know(blob, entries);
  if (bundle !== undefined) readBundleFacts.know(blob, bundle);
  if (deprecations !== undefined) readDeprecations.know(blob, deprecations);
}
