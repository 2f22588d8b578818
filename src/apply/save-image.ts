import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, hexOf, isDigest } from '../base/digest.ts';
import {
  type ContentReader,
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
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
  async function read(reference: Digest): Promise<ReadManifest> {
    const body = await reader.getManifest(repository, reference);
    return { ...body, value: parseManifestBody(body) };
  }
  const root = await read(digest);
  const isIndex = isIndexManifest(root.mediaType, root.value);
  const entries = isIndex ? root.value.manifests.map(readDigest) : [];
  if (entries.includes(null)) return false;
  const children: ReadManifest[] = [];
  for (const child of entries.filter((entry) => entry !== null)) children.push(await read(child));
  const blobs = (isIndex ? children : [root]).flatMap(({ value }) => listManifestBlobs(value));
  if (![root, ...children].every(saysItsType) || children.some(isNested)) return false;
  const byDigest = new Map(blobs.map((blob) => [blob.digest, blob]));
  if (!blobs.every(isHeld) || sumSizes(byDigest.values()) > mostBytes) return false;
  await writeImageFolder(folder, { manifest: root.bytes, children });
  for (const blob of byDigest.keys())
    await saveBlob(await reader.getBlob(repository, blob), join(folder, hexOf(blob)));
  return true;
}

/** Makes the folder of an image as skopeo's `dir:` has it, all but its blobs, which lie there under their hex digests. */
export async function writeImageFolder(
  folder: string,
  {
    manifest,
    children = [],
  }: {
    readonly manifest: Uint8Array;
    readonly children?: readonly Pick<ManifestBody, 'digest' | 'bytes'>[];
  },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'version'), 'Directory Transport Version: 1.1\n');
  await writeFile(join(folder, 'manifest.json'), manifest);
  for (const { digest, bytes } of children)
    await writeFile(join(folder, `${hexOf(digest)}.manifest.json`), bytes);
}

interface ReadManifest extends ManifestBody {
  readonly value: ImageIndex | ImageManifest;
}

/** Of an entry of an index, which may be anything; null where it names none. */
function readDigest(entry: unknown): Digest | null {
  const digest: unknown = typeof entry === 'object' && entry ? Reflect.get(entry, 'digest') : null;
  return typeof digest === 'string' && isDigest(digest) ? digest : null;
}

function isNested({ mediaType, value }: ReadManifest): boolean {
  return isIndexManifest(mediaType, value);
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
function saysItsType({ mediaType, value }: ReadManifest): boolean {
  const said: unknown = Reflect.get(value, 'mediaType');
  if (said !== undefined) return said === mediaType && SAID_TYPES.has(said);
  if ('config' in value) {
    const [config] = listManifestBlobs({ config: value.config });
    return mediaType === OCI_MANIFEST && config?.mediaType === OCI_CONFIG;
  }
  return mediaType === OCI_INDEX && 'manifests' in value && value.manifests.length > 0;
}
