import { stat } from 'node:fs/promises';
import { basename, posix, resolve } from 'node:path';
import { type Digest, digestOf } from '../base/digest.ts';
import type { Problem } from '../base/problem.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import type { CatalogFile } from '../catalog/types.ts';
import { readFile } from '../files/read-file.ts';
import { readStream } from '../files/read-stream.ts';
import type { GitPort } from '../git/port.ts';
import { type IndexContent, readIndexCatalog } from '../index/read-index.ts';
import type { CatalogEntry, RoleName } from '../manifest/types.ts';
import { locateFolderContent, readFolderContent } from './catalog-sources.ts';
import type { FileSource } from './file-source.ts';
import {
  type ImagePlace,
  type LocateContext,
  locateImage,
  locateLayout,
  locateRole,
} from './locate-image.ts';
import { isImageName, isRole } from './source-name.ts';

/** A catalog as it came from a SOURCE. */
export interface SourceContent {
  /** As the user would name it. */
  readonly name: string;
  /** Role whose registry it was read from; null for a local source or another registry. */
  readonly role: RoleName | null;
  /** Nothing was asked of a registry, and nothing further may be (design §9). */
  readonly local: boolean;
  readonly files: readonly CatalogFile[];
  /** Files that ought to be there but cannot be read. */
  readonly problems: readonly Problem[];
  /** The index image, where the source is one. */
  readonly image: IndexContent | null;
  /** Digest of the index image; null for a local source. */
  readonly digest: Digest | null;
}

/** A source of which the files of a folder are not read yet. */
export interface OpenSource extends Omit<SourceContent, 'files'> {
  readonly files: readonly FileSource[];
}

export interface SourceContext extends LocateContext {
  readonly openGit: () => Promise<GitPort>;
}

/**
 * Reads a SOURCE (design §9): `production` or `staging` (the catalog's index there), an image
 * reference, a folder, a catalog file, `oci:LAYOUT[:TAG]`, or `COMMIT:PATH`. Something that
 * exists on disk is taken for that.
 */
export async function readSource(
  source: string,
  entry: CatalogEntry | null,
  context: SourceContext,
): Promise<SourceContent> {
  if (isRole(source)) return readIndex(locateRole(source, entry, context));
  if (source.startsWith('oci:')) return readIndex(await locateLayout(source, context));
  const path = resolve(context.folder, source);
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true)
    return { ...readLocal(source, []), ...(await readFolderContent(path)) };
  if (found !== null) {
    const bytes = await (found.isFile() ? readFile(path) : readStream(path));
    return readLocal(source, [{ path: basename(path), bytes }]);
  }
  return (await readCommit(source, context)) ?? readRegistryImage(source, context);
}

/** As `readSource`, for whoever reads on several threads. */
export async function openSource(
  source: string,
  entry: CatalogEntry | null,
  context: SourceContext,
): Promise<OpenSource> {
  const path = resolve(context.folder, source);
  return isImageName(source) || (await stat(path).catch(() => null))?.isDirectory() !== true
    ? holdSource(await readSource(source, entry, context))
    : { ...readLocal(source, []), ...(await locateFolderContent(path)) };
}

/** A source that was read. */
export function holdSource(source: SourceContent): OpenSource {
  return { ...source, files: source.files.map(holdFile) };
}

// A part of a larger piece of memory would be sent to a thread with all of it.
function holdFile({ path, bytes }: CatalogFile): FileSource {
  const content = bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
  return { path, size: bytes.length, content };
}

async function readIndex(place: ImagePlace): Promise<SourceContent> {
  const image = await readIndexCatalog(place.reader, place.repository, place.reference);
  const { name, role } = place;
  return {
    name,
    role,
    local: place.registry === null,
    files: image.files,
    problems: [],
    image,
    digest: image.digest,
  };
}

function readRegistryImage(source: string, context: SourceContext): Promise<SourceContent> {
  const place = locateImage(source, context);
  if (place !== null) return readIndex(place);
  throw new ToolError(
    'CLI_UNSUPPORTED_SOURCE',
    `"${source}" is neither a path that exists, nor COMMIT:PATH, nor an image reference with its host.`,
    {
      hint: 'Give production, staging, HOST/PATH:TAG, a folder, a catalog file, oci:LAYOUT or COMMIT:PATH.',
    },
  );
}

async function readCommit(source: string, context: SourceContext): Promise<SourceContent | null> {
  const match = /^([^:]+):(.*)$/.exec(source);
  if (match === null) return null;
  const [, revision = '', path = ''] = match;
  const git = await openGitIfAny(context);
  if (git === null || (await git.resolveRevision(revision)) === null) return null;
  const snapshot = await git.openCommit(revision);
  const clean = posix.normalize(path).replace(/\/+$/, '');
  const folder = clean === '.' ? '' : clean;
  const files = await snapshot.listFiles(folder);
  if (files.length === 0)
    throw new ToolError('FILES_NOT_FOUND', `Commit ${revision} has no file at or below ${path}.`, {
      hint: 'Paths are relative to the folder of mirror.yaml.',
    });
  const found: CatalogFile[] = [];
  for await (const { file, bytes } of snapshot.readFiles(files)) {
    found.push({
      path:
        file.path === folder
          ? basename(folder)
          : file.path.slice(folder === '' ? 0 : folder.length + 1),
      bytes,
    });
  }
  return readLocal(source, found);
}

// HOST:PORT/PATH looks like COMMIT:PATH, and an image can be read where there is no repository.
async function openGitIfAny(context: SourceContext): Promise<GitPort | null> {
  try {
    return await context.openGit();
  } catch (error) {
    if (isToolError(error, 'GIT_NOT_A_REPOSITORY') || isToolError(error, 'GIT_MISSING'))
      return null;
    throw error;
  }
}

function readLocal(name: string, files: readonly CatalogFile[]): SourceContent {
  return { name, role: null, local: true, files, problems: [], image: null, digest: null };
}

export interface FileDigest {
  readonly path: string;
  readonly digest: Digest;
}

/** A digest for a source that has none of its own: of its files, in order of their paths. */
export function digestOfFiles(files: readonly FileDigest[]): Digest {
  return digestOf(
    files
      .map(({ path, digest }) => `${path} ${digest}\n`)
      .toSorted()
      .join(''),
  );
}
