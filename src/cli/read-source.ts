import { stat } from 'node:fs/promises';
import { basename, posix, resolve } from 'node:path';
import { type Digest, digestOf } from '../base/digest.ts';
import { type ImageRef, parseImageRef } from '../base/image-ref.ts';
import type { ContentReader } from '../base/oci.ts';
import type { Problem } from '../base/problem.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import type { CatalogFile } from '../catalog/types.ts';
import { openOciLayout } from '../files/oci-layout.ts';
import { readFile } from '../files/read-file.ts';
import { readStream } from '../files/read-stream.ts';
import type { GitPort } from '../git/port.ts';
import { hasPathPrefix, joinPath } from '../images/map-path.ts';
import { type IndexContent, readIndexCatalog } from '../index/read-index.ts';
import { REGISTRY_DEFAULTS } from '../manifest/defaults.ts';
import type { CatalogEntry, MirrorManifest, RegistryEntry, RoleName } from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { readFolderContent } from './catalog-sources.ts';

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

export interface SourceContext {
  /** Folder against which paths are read. */
  readonly folder: string;
  readonly openRegistry: (entry: RegistryEntry) => RegistryPort;
  readonly openGit: () => Promise<GitPort>;
  /** Null before there is a manifest. */
  readonly manifest: MirrorManifest | null;
  /** For registries that no manifest names. */
  readonly insecure: boolean;
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
  if (source === 'production' || source === 'staging') return readRoleIndex(source, entry, context);
  if (source.startsWith('oci:')) return readLayout(source, context);
  const path = resolve(context.folder, source);
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true)
    return { ...readLocal(source, []), ...(await readFolderContent(path)) };
  if (found !== null) {
    const bytes = await (found.isFile() ? readFile(path) : readStream(path));
    return readLocal(source, [{ path: basename(path), bytes }]);
  }
  return (await readCommit(source, context)) ?? readImage(source, context);
}

async function readRoleIndex(
  role: RoleName,
  entry: CatalogEntry | null,
  context: SourceContext,
): Promise<SourceContent> {
  const { manifest } = context;
  if (manifest === null || entry === null) throw noManifest(role);
  const registry = manifest.registries[role];
  const repository = joinPath(registry.pathPrefix, entry.repository[role]);
  return readIndex(context.openRegistry(registry), {
    repository,
    reference: entry.tag[role],
    name: `${registry.host}/${repository}:${entry.tag[role]}`,
    role,
  });
}

interface IndexPlace {
  readonly repository: string;
  readonly reference: string;
  readonly name: string;
  readonly role: RoleName | null;
}

async function readIndex(reader: ContentReader, place: IndexPlace): Promise<SourceContent> {
  const image = await readIndexCatalog(reader, place.repository, place.reference);
  const { name, role } = place;
  return {
    name,
    role,
    local: false,
    files: image.files,
    problems: [],
    image,
    digest: image.digest,
  };
}

async function readImage(source: string, context: SourceContext): Promise<SourceContent> {
  const ref = parseSourceRef(source);
  const role = findRole(ref, context.manifest);
  const entry =
    role === null || context.manifest === null
      ? { ...REGISTRY_DEFAULTS, host: ref.registry, insecure: context.insecure }
      : context.manifest.registries[role];
  return readIndex(context.openRegistry(entry), {
    repository: ref.repository,
    reference: ref.digest ?? ref.tag ?? 'latest',
    name: source,
    role,
  });
}

// `docker.io` is never meant where no host is written: it is a mistyped path or role.
function parseSourceRef(source: string): ImageRef {
  const ref = tryParseRef(source);
  if (ref !== null && source.startsWith(`${ref.registry}/`)) return ref;
  throw new ToolError(
    'CLI_UNSUPPORTED_SOURCE',
    `"${source}" is neither a path that exists, nor COMMIT:PATH, nor an image reference with its host.`,
    {
      hint: 'Give production, staging, HOST/PATH:TAG, a folder, a catalog file, oci:LAYOUT or COMMIT:PATH.',
    },
  );
}

function tryParseRef(source: string): ImageRef | null {
  try {
    return parseImageRef(source);
  } catch (error) {
    if (isToolError(error, 'BASE_BAD_IMAGE_REF')) return null;
    throw error;
  }
}

function findRole(ref: ImageRef, manifest: MirrorManifest | null): RoleName | null {
  const roles = ['production', 'staging'] as const;
  return (
    roles.find(
      (role) =>
        manifest !== null &&
        (manifest.registries[role].host === ref.registry ||
          manifest.registries[role].aliases.includes(ref.registry)) &&
        hasPathPrefix(ref.repository, manifest.registries[role].pathPrefix),
    ) ?? null
  );
}

async function readLayout(source: string, context: SourceContext): Promise<SourceContent> {
  const { reader, repository, reference } = await openOciLayout(
    source.slice('oci:'.length),
    context.folder,
  );
  const content = await readIndex(reader, { repository, reference, name: source, role: null });
  return { ...content, local: true };
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

function noManifest(role: RoleName): ToolError {
  return new ToolError('CLI_USAGE', `Without a manifest nobody knows which registry is ${role}.`, {
    hint: 'Give the index as an image reference.',
  });
}

/** A digest for a source that has none of its own: of its files, in order of their paths. */
export function digestOfFiles(files: readonly CatalogFile[]): Digest {
  return digestOf(
    files
      .map((file) => `${file.path} ${digestOf(file.bytes)}\n`)
      .toSorted()
      .join(''),
  );
}
