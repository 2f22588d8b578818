import {
  isIndexManifest,
  listManifestBlobs,
  type ManifestBody,
  parseManifestBody,
} from '../base/oci.ts';
import { type UnknownPresence, unknownFrom } from '../base/presence.ts';
import { isToolError } from '../base/tool-error.ts';
import {
  findUncopyable,
  nestedIndex,
  sparseIndex,
  type Uncopyable,
} from '../images/find-uncopyable.ts';
import type { RegistryPort } from '../registry/port.ts';

interface ImageContent {
  readonly blobs: Readonly<Record<string, number>>;
  /** The first thing in the way of a copy; null for none. */
  readonly uncopyable: Uncopyable | null;
}

type Measured = ({ readonly state: 'measured' } & ImageContent) | UnknownPresence;

/** Bytes of config and layers by digest, children of an index included, and whether skopeo can copy it. */
export async function measureImage(
  registry: RegistryPort,
  repository: string,
  digest: string,
): Promise<Measured> {
  try {
    const body = await registry.getManifest(repository, digest);
    return { state: 'measured', ...(await readContent(registry, repository, body)) };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return unknownFrom(error);
  }
}

async function readContent(
  registry: RegistryPort,
  repository: string,
  body: ManifestBody,
): Promise<ImageContent> {
  const value = parseManifestBody(body);
  const uncopyable = findUncopyable({ mediaType: body.mediaType, value });
  if (!isIndexManifest(body.mediaType, value)) return { blobs: sizesOf(value), uncopyable };
  if (uncopyable !== null) return { blobs: {}, uncopyable };
  const children = await Promise.all(
    value.manifests.map(({ digest }) => readChild(registry, repository, digest)),
  );
  return {
    blobs: Object.assign({}, ...children.map((child) => child.blobs)),
    uncopyable: children.find((child) => child.uncopyable !== null)?.uncopyable ?? null,
  };
}

async function readChild(
  registry: RegistryPort,
  repository: string,
  digest: string,
): Promise<ImageContent> {
  let body: ManifestBody;
  try {
    body = await registry.getManifest(repository, digest);
  } catch (error) {
    if (!isToolError(error, 'REGISTRY_NOT_FOUND')) throw error;
    return { blobs: {}, uncopyable: sparseIndex(digest) };
  }
  const value = parseManifestBody(body);
  if (isIndexManifest(body.mediaType, value)) return { blobs: {}, uncopyable: nestedIndex(digest) };
  return {
    blobs: sizesOf(value),
    uncopyable: findUncopyable({ mediaType: body.mediaType, value }),
  };
}

function sizesOf(value: unknown): Readonly<Record<string, number>> {
  return Object.fromEntries(listManifestBlobs(value).map(({ digest, size }) => [digest, size]));
}
