import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Digest, digestOf, hexOf, isDigest } from '../base/digest.ts';
import type { ContentReader, ManifestBody } from '../base/oci.ts';
import { ToolError } from '../base/tool-error.ts';

/** A manifest that a layout's `index.json` names. */
export interface LayoutRoot {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly tag: string | null;
}

export interface OpenedLayout {
  /** Takes any repository: a layout holds one. */
  readonly reader: ContentReader;
  /** Folder of the layout, for messages. */
  readonly repository: string;
  /** The tag that was asked for, else the digest of the only root. */
  readonly reference: string;
  readonly roots: readonly LayoutRoot[];
}

const REF_NAME = 'org.opencontainers.image.ref.name';

/**
 * Opens `LAYOUT[:TAG]` as skopeo's `oci:` does, relative to `base`. A layout with several roots
 * needs a tag. Throws `FILES_NOT_FOUND` or `FILES_BAD_LAYOUT`.
 */
export async function openOciLayout(location: string, base = '.'): Promise<OpenedLayout> {
  const { folder, tag } = await splitLocation(location, base);
  const roots = await readRoots(folder);
  const reference = chooseRoot(roots, tag, folder);
  const reader: ContentReader = {
    getManifest: (_, wanted) => getManifest(folder, roots, wanted),
    getBlob: (_, digest) => getBlob(folder, digest),
  };
  return { reader, repository: folder, reference, roots };
}

async function splitLocation(
  location: string,
  base: string,
): Promise<{ readonly folder: string; readonly tag: string | null }> {
  const whole = resolve(base, location);
  const colon = location.lastIndexOf(':');
  if (colon <= 0 || (await exists(join(whole, 'index.json')))) return { folder: whole, tag: null };
  return { folder: resolve(base, location.slice(0, colon)), tag: location.slice(colon + 1) };
}

async function readRoots(folder: string): Promise<readonly LayoutRoot[]> {
  let text: string;
  try {
    text = await readFile(join(folder, 'index.json'), 'utf8');
  } catch (error) {
    throw new ToolError(
      'FILES_NOT_FOUND',
      `There is no OCI layout at ${folder}: it has no index.json.`,
      {
        hint: 'Give the folder that skopeo copy … oci:FOLDER wrote.',
        cause: error,
      },
    );
  }
  const roots = parseRoots(text);
  if (roots !== null && roots.length > 0) return roots;
  throw new ToolError(
    'FILES_BAD_LAYOUT',
    `The index.json of the OCI layout ${folder} names no image.`,
    {
      hint: 'Write the layout again, for example with skopeo copy --all … oci:FOLDER:TAG.',
    },
  );
}

function parseRoots(text: string): readonly LayoutRoot[] | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('manifests' in value)) return null;
    const manifests: unknown = value.manifests;
    return Array.isArray(manifests) ? manifests.flatMap(parseRoot) : null;
  } catch {
    return null;
  }
}

function parseRoot(entry: unknown): readonly LayoutRoot[] {
  if (typeof entry !== 'object' || entry === null || !('digest' in entry)) return [];
  const { digest } = entry;
  if (typeof digest !== 'string' || !isDigest(digest)) return [];
  const mediaType =
    'mediaType' in entry && typeof entry.mediaType === 'string' ? entry.mediaType : '';
  return [{ digest, mediaType, tag: 'annotations' in entry ? findTag(entry.annotations) : null }];
}

function findTag(annotations: unknown): string | null {
  if (typeof annotations !== 'object' || annotations === null) return null;
  const tag: unknown = Object.entries(annotations).find(([name]) => name === REF_NAME)?.[1];
  return typeof tag === 'string' ? tag : null;
}

function chooseRoot(roots: readonly LayoutRoot[], tag: string | null, folder: string): string {
  const tags = roots.map((root) => root.tag ?? root.digest).join(', ');
  if (tag !== null) {
    if (roots.some((root) => root.tag === tag)) return tag;
    throw new ToolError('FILES_NOT_FOUND', `The OCI layout ${folder} has no tag ${tag}.`, {
      hint: `It has: ${tags}.`,
    });
  }
  const [only, ...others] = roots;
  if (only !== undefined && others.length === 0) return only.digest;
  throw new ToolError(
    'FILES_BAD_LAYOUT',
    `The OCI layout ${folder} holds ${roots.length} images.`,
    {
      hint: `Say which one: oci:${folder}:TAG with one of ${tags}.`,
    },
  );
}

async function getManifest(
  folder: string,
  roots: readonly LayoutRoot[],
  reference: string,
): Promise<ManifestBody> {
  const root = roots.find((it) => it.tag === reference || it.digest === reference);
  const digest = root?.digest ?? (isDigest(reference) ? reference : null);
  if (digest === null) throw notThere(folder, reference);
  let bytes: Buffer;
  try {
    bytes = await readFile(blobPath(folder, digest));
  } catch (error) {
    throw notThere(folder, digest, error);
  }
  if (digestOf(bytes) !== digest) throw damaged(folder, digest);
  return { digest, mediaType: root?.mediaType || sniffMediaType(bytes), bytes };
}

function sniffMediaType(bytes: Buffer): string {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    const hasType = typeof value === 'object' && value !== null && 'mediaType' in value;
    return hasType && typeof value.mediaType === 'string' ? value.mediaType : '';
  } catch {
    return '';
  }
}

async function getBlob(folder: string, digest: Digest): Promise<AsyncIterable<Uint8Array>> {
  const path = blobPath(folder, digest);
  try {
    await (await open(path, 'r')).close();
  } catch (error) {
    throw notThere(folder, digest, error);
  }
  return verifyBlob(path, folder, digest);
}

async function* verifyBlob(
  path: string,
  folder: string,
  digest: Digest,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) {
    const piece = Buffer.from(chunk);
    hash.update(piece);
    yield piece;
  }
  if (`sha256:${hash.digest('hex')}` !== digest) throw damaged(folder, digest);
}

function blobPath(folder: string, digest: Digest): string {
  return join(folder, 'blobs', 'sha256', hexOf(digest));
}

function notThere(folder: string, what: string, cause?: unknown): ToolError {
  return new ToolError('FILES_NOT_FOUND', `The OCI layout ${folder} does not hold ${what}.`, {
    hint: 'Write the layout again, for example with skopeo copy --all … oci:FOLDER:TAG.',
    cause,
  });
}

function damaged(folder: string, digest: Digest): ToolError {
  return new ToolError(
    'FILES_BAD_LAYOUT',
    `Blob ${digest} in the OCI layout ${folder} does not match its digest.`,
    {
      hint: 'The file is damaged or cut off: write the layout again.',
      side: 'source',
    },
  );
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close();
    return true;
  } catch {
    return false;
  }
}
