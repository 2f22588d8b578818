import { readBlobDefault, readBundleFacts, readDeprecations, readEntries } from './blob-fields.ts';
import { hashBlob } from './hash-catalog.ts';
import type { Blob } from './types.ts';
import { validateShape } from './validate-shapes.ts';

/** Learns everything that judging and merging ask of a blob, so that its text is parsed once. */
export function learnBlob(blob: Blob): void {
  if (blob.schema === 'olm.package') readBlobDefault(blob);
  if (blob.schema === 'olm.bundle') readBundleFacts(blob);
  if (blob.schema === 'olm.channel') readEntries(blob);
  if (blob.schema === 'olm.deprecations') readDeprecations(blob);
  if (blob.schema.startsWith('olm.')) validateShape(blob);
}

/** As `learnBlob`, with the hash of what the blob says. */
export function learnContent(blob: Blob): void {
  learnBlob(blob);
  hashBlob(blob);
}
