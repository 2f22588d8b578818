import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, hexOf, isDigest } from '../base/digest.ts';
import {
  type ContentReader,
  type Descriptor,
  isIndexManifest,
  listManifestBlobs,
  MANIFEST_MEDIA_TYPES,
  type ManifestBody,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
  parseManifestBody,
} from '../base/oci.ts';

export interface SaveOptions {
  readonly mostBytes: number;
  /** Writes a blob, whose bytes were held to its digest, to a file. */
  readonly saveBlob: (blob: AsyncIterable<Uint8Array>, path: string) => Promise<void>;
}

/**
 * Writes an image into a folder that is not there yet, as skopeo's `dir:` has it, with all its platforms. False, and nothing
 * is written, where it is larger than `mostBytes`, or where the folder would not say all of it: `dir:` keeps no media types
 * and knows no index within an index. Throws what reading and writing throws.
 */
export async function saveImage(
  reader: ContentReader,
  image: { readonly repository: string; readonly digest: Digest },
  { folder, mostBytes, saveBlob }: SaveOptions & { readonly folder: string },
): Promise<boolean> {
  const { repository, digest } = image;
  const root = await reader.getManifest(repository, digest);
  const value = parseManifestBody(root);
  const isIndex = isIndexManifest(root.mediaType, value);
  const entries = isIndex ? value.manifests.map(readDigest) : [];
  if (entries.includes(null)) return false;
  const children: ManifestBody[] = [];
  for (const child of entries.filter((entry) => entry !== null))
    children.push(await reader.getManifest(repository, child));
  const blobs = new Map(
    (isIndex ? children : [root]).flatMap(listBlobs).map((blob) => [blob.digest, blob]),
  );
  if (![root, ...children].every(saysItsType) || children.some(isNested)) return false;
  if (![...blobs.values()].every(isHeld) || sumSizes(blobs.values()) > mostBytes) return false;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'version'), 'Directory Transport Version: 1.1\n');
  await writeFile(join(folder, 'manifest.json'), root.bytes);
  for (const child of children)
    await writeFile(join(folder, `${hexOf(child.digest)}.manifest.json`), child.bytes);
  for (const blob of blobs.keys())
    await saveBlob(await reader.getBlob(repository, blob), join(folder, hexOf(blob)));
  return true;
}

/** Of an entry of an index, which may be anything; null where it names none. */
function readDigest(entry: unknown): Digest | null {
  const digest: unknown = typeof entry === 'object' && entry ? Reflect.get(entry, 'digest') : null;
  return typeof digest === 'string' && isDigest(digest) ? digest : null;
}

function listBlobs(body: ManifestBody): readonly Descriptor[] {
  return listManifestBlobs(parseManifestBody(body));
}

function isNested(child: ManifestBody): boolean {
  return isIndexManifest(child.mediaType, parseManifestBody(child));
}

/** Whether the registry holds its bytes, rather than saying where they are. */
function isHeld(blob: Descriptor): boolean {
  return Reflect.get(blob, 'urls') === undefined;
}

function sumSizes(blobs: Iterable<Descriptor>): number {
  return [...blobs].reduce((sum, { size }) => sum + size, 0);
}

const SAID_TYPES: ReadonlySet<unknown> = new Set(MANIFEST_MEDIA_TYPES.slice(0, 4));

/** Whether skopeo guesses its media type right (containers/image, internal/manifest, `GuessMIMEType`), where that is beyond doubt. */
function saysItsType(body: ManifestBody): boolean {
  const { mediaType } = body;
  const value = parseManifestBody(body);
  const said: unknown = Reflect.get(value, 'mediaType');
  if (said !== undefined) return said === mediaType && SAID_TYPES.has(said);
  if ('config' in value) {
    const [config] = listManifestBlobs({ config: value.config });
    return mediaType === OCI_MANIFEST && config?.mediaType === OCI_CONFIG;
  }
  return mediaType === OCI_INDEX && 'manifests' in value && value.manifests.length > 0;
}
