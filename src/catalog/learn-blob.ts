import { readFacts } from './blob-facts.ts';
import { hashBlob } from './hash-catalog.ts';
import type { Blob } from './types.ts';

/** Learns everything that judging and merging ask of a blob, so that its text is parsed once. */
export function learnBlob(blob: Blob): void {
  readFacts(blob);
}

/** As `learnBlob`, with the hash of what the blob says. */
export function learnContent(blob: Blob): void {
  learnBlob(blob);
  hashBlob(blob);
}
