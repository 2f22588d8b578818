// What merging asks of the files of two catalogs, as plain data: threads learn it side by side, and
// the one that merges makes blobs of it without reading the texts again.
import { Buffer } from 'node:buffer';
import type { Problem } from '../base/problem.ts';
import { type BlobFacts, hasFaults, knowFacts, readContentFacts, readFacts } from './blob-facts.ts';
import {
  type BlobHead,
  type BlobText,
  blobOfText,
  foldBlob,
  forgetValue,
  hasSameBytes,
  printText,
  type TextPlace,
} from './blob-text.ts';
import type { BlobPlace } from './build-blob.ts';
import { learnBlob, learnContent } from './learn-blob.ts';
import { createLineIndex } from './line-index.ts';
import type { LearnBlob, ParsedFile } from './parse-catalog.ts';
import type { Blob, CatalogFile } from './types.ts';
import { walkBlobs } from './walk-blobs.ts';

interface LearnedBlob extends BlobHead {
  readonly text: BlobText;
  /** Null where it is to be counted in the bytes in which the text lies. */
  readonly line: number | null;
  readonly facts: BlobFacts;
}

/** One file, learned. Texts and facts may be those of another file of the same call. */
export interface LearnedFile {
  readonly path: string;
  readonly problems: readonly Problem[];
  readonly blobs: readonly LearnedBlob[];
  /** Where the texts lie that are its own. */
  readonly bytes: Uint8Array;
}

/**
 * Learns the files of a delivery, and those of ours that lie at the same places. A text of ours that
 * the delivery has too is not read: it is the delivery's from then on. Ours need not keep their
 * bytes after they were taken from the iterable; of the delivery's the bytes are kept.
 */
export function learnFiles(
  delivered: readonly CatalogFile[],
  ours: Iterable<CatalogFile>,
): readonly LearnedFile[] {
  const learned = delivered.map(learnDelivered);
  const recall = createRecall(learned.flatMap(({ blobs }) => blobs));
  for (const file of ours) learned.push(learnOurs(file, recall));
  return learned;
}

/** The blobs of a learned file, and its faults. */
export function reviveFile({ path, problems, blobs, bytes }: LearnedFile): ParsedFile {
  const lines = createLineIndex(bytes);
  return { problems, blobs: blobs.map(revive) };
  function revive({ text, line, facts, ...head }: LearnedBlob): Blob {
    const place = { file: path, findLine: () => line ?? lines.lineAt(text.start) };
    const blob = blobOfText(head, text, place);
    knowFacts(blob, facts);
    return blob;
  }
}

interface Found extends BlobHead {
  readonly text: BlobText;
  readonly place: BlobPlace;
  readonly facts: BlobFacts;
  /** The text is another file's. */
  readonly shared: boolean;
}

interface FoundFile extends Pick<LearnedFile, 'path' | 'problems'> {
  readonly found: readonly Found[];
}

type Recall = (text: TextPlace) => LearnedBlob | undefined;

function learnDelivered(file: CatalogFile): LearnedFile {
  const { path, problems, found } = findBlobs(file, {
    learn: learnContent,
    readFacts: readContentFacts,
  });
  return found.every(({ text }) => text.bytes === file.bytes)
    ? { path, problems, blobs: found.map((blob) => settle(blob)), bytes: file.bytes }
    : packTexts({ path, problems, found });
}

function learnOurs(file: CatalogFile, recall: Recall): LearnedFile {
  return packTexts(findBlobs(file, { learn: learnBlob, readFacts, recall }));
}

interface Learning {
  readonly learn: LearnBlob;
  readonly readFacts: (blob: Blob) => BlobFacts;
  readonly recall?: Recall;
}

function findBlobs(file: CatalogFile, { learn, readFacts: factsOf, recall }: Learning): FoundFile {
  const found: Found[] = [];
  function take(text: TextPlace, place: BlobPlace): boolean {
    const known = recall?.(text);
    if (known !== undefined) found.push({ ...known, place, shared: true });
    return known !== undefined;
  }
  const problems = walkBlobs(
    file,
    ({ blob, text, place }) => {
      const own = text ?? printText(blob.value);
      const folded = foldBlob(blob, own, place);
      learn(folded);
      forgetValue(folded);
      const { schema, package: pkg, name } = blob;
      const head = { schema, package: pkg, name };
      found.push({ ...head, text: own, place, facts: factsOf(folded), shared: false });
    },
    take,
  );
  return { path: file.path, problems, found };
}

/** Finds the blob of a text. One with faults is found by nobody, since they name its place. */
function createRecall(blobs: readonly LearnedBlob[]): Recall {
  const bySize = new Map<number, LearnedBlob[]>();
  for (const blob of blobs) {
    if (hasFaults(blob.facts)) continue;
    const size = blob.text.end - blob.text.start;
    const others = bySize.get(size);
    if (others === undefined) bySize.set(size, [blob]);
    else others.push(blob);
  }
  return (text) => bySize.get(text.end - text.start)?.find((blob) => hasSameBytes(blob.text, text));
}

/** Puts the texts that are a file's own behind each other, so that nothing holds on to the file. */
function packTexts({ path, problems, found }: FoundFile): LearnedFile {
  const own = found.filter(({ shared }) => !shared);
  const bytes = Buffer.allocUnsafeSlow(own.reduce((sum, { text }) => sum + sizeOf(text), 0));
  let end = 0;
  const blobs = found.map((blob) => {
    const line = blob.place.findLine();
    if (blob.shared) return { ...settle(blob), line };
    const start = end;
    end += sizeOf(blob.text);
    bytes.set(blob.text.bytes.subarray(blob.text.start, blob.text.end), start);
    return { ...settle(blob), line, text: { ...blob.text, bytes, start, end } };
  });
  return { path, problems, blobs, bytes };
}

function settle({ schema, package: pkg, name, text, facts }: Found): LearnedBlob {
  return { schema, package: pkg, name, text, line: null, facts };
}

function sizeOf({ start, end }: TextPlace): number {
  return end - start;
}
