import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isIndexManifest, listManifestBlobs, parseManifestBody } from '../../src/base/oci.ts';
import type { RegistryPort } from '../../src/registry/port.ts';

/** Files of a docker-registry, spoilt behind its back. */
export interface Storage {
  /** The bytes of a blob or manifest are gone, as after a lost disk or a bad clean-up. */
  lose(digest: string): Promise<void>;
  /** As many bytes as before, but others. */
  spoil(digest: string): Promise<void>;
  /** The first bytes only. */
  cut(digest: string): Promise<void>;
}

/** `folder`: of the registry, as `startRegistry` got it. It keeps no record of blobs, so it need not start again. */
export function openStorage(folder: string): Storage {
  function find(digest: string): string {
    const hex = digest.slice('sha256:'.length);
    return join(folder, 'storage/docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex);
  }
  return {
    lose: (digest) => rm(find(digest), { recursive: true }),
    async spoil(digest) {
      const file = join(find(digest), 'data');
      await writeFile(file, Buffer.alloc((await readFile(file)).length, 1));
    },
    async cut(digest) {
      const file = join(find(digest), 'data');
      await writeFile(file, (await readFile(file)).subarray(0, 8));
    },
  };
}

/** What an image consists of: children of an index, and the blobs of all, config first. */
export async function listParts(
  registry: RegistryPort,
  repository: string,
  digest: string,
): Promise<{ readonly children: readonly string[]; readonly blobs: readonly string[] }> {
  const body = await registry.getManifest(repository, digest);
  const value = parseManifestBody(body);
  if (!isIndexManifest(body.mediaType, value))
    return { children: [], blobs: listManifestBlobs(value).map((blob) => blob.digest) };
  const children = value.manifests.map((child) => child.digest);
  const parts = await Promise.all(children.map((child) => listParts(registry, repository, child)));
  return { children, blobs: parts.flatMap(({ blobs }) => blobs) };
}
