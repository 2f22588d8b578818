import { hexOf } from '../base/digest.ts';
import type { BuiltIndex } from './build-index.ts';

/**
 * Renders a built index as the files of an OCI layout, by path. Layers of the base image are not
 * among them: whoever writes the layout puts `builtIndex.baseLayers` beside, at `blobPath`.
 */
export function renderOciLayout(
  built: Pick<BuiltIndex, 'mediaType' | 'digest' | 'manifest' | 'blobs'>,
): ReadonlyMap<string, Uint8Array> {
  const top = { mediaType: built.mediaType, digest: built.digest, size: built.manifest.length };
  const files = new Map<string, Uint8Array>([
    ['oci-layout', Buffer.from(JSON.stringify({ imageLayoutVersion: '1.0.0' }))],
    ['index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [top] }))],
    [formatBlobPath(built.digest), built.manifest],
  ]);
  for (const blob of built.blobs) files.set(formatBlobPath(blob.digest), blob.bytes);
  return files;
}

/** Where a blob lies in an OCI layout. */
export function formatBlobPath(digest: BuiltIndex['digest']): string {
  return `blobs/sha256/${hexOf(digest)}`;
}
