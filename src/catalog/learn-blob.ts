import { readBundleFacts, readEntries } from './blob-fields.ts';
import { hashBlob } from './hash-catalog.ts';
import type { Blob } from './types.ts';
import { validateShape } from './validate-shapes.ts';

/**
 * Learns everything that judging, hashing and merging ask of a blob, so that its text is parsed
 * once and not again for each of them.
 */
export function learnBlob(blob: Blob): void {
  hashBlob(blob);
  if (blob.schema === 'olm.bundle') readBundleFacts(blob);
  if (blob.schema === 'olm.channel') readEntries(blob);
  if (blob.schema.startsWith('olm.')) validateShape(blob);
}
