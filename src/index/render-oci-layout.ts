import { hexOf } from '../base/digest.ts';
import type { BuiltIndex } from './build-index.ts';

/** Bytes to write, or a file that has them already. */
export type LayoutFile = Uint8Array | { readonly file: string };

/** What names an image, and what was made for it. */
export type BuiltTop = Pick<BuiltIndex, 'mediaType' | 'digest' | 'manifest' | 'blobs'>;

/**
 * Renders a built index as the files of an OCI layout, by path. Layers of the base image are not
 * among them: whoever writes the layout puts `builtIndex.baseLayers` beside, at `formatBlobPath`.
 */
export function renderOciLayout(built: BuiltTop): ReadonlyMap<string, LayoutFile> {
  const top = { mediaType: built.mediaType, digest: built.digest, size: built.manifest.length };
  const files = new Map<string, LayoutFile>([
    ['oci-layout', Buffer.from(JSON.stringify({ imageLayoutVersion: '1.0.0' }))],
    ['index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [top] }))],
    [formatBlobPath(built.digest), built.manifest],
  ]);
  for (const { digest, bytes, file } of built.blobs) {
    if (bytes !== null) files.set(formatBlobPath(digest), bytes);
    else if (file !== null) files.set(formatBlobPath(digest), { file });
    else throw new Error(`The bytes of ${digest} were not asked for.`);
  }
  return files;
}

/** Where a blob lies in an OCI layout. */
export function formatBlobPath(digest: BuiltIndex['digest']): string {
  return `blobs/sha256/${hexOf(digest)}`;
}
