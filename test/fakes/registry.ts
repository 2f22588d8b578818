import { buildImage, type ImageSpec } from '../../scripts/lib/build-image.ts';
import { type Digest, parseDigest } from '../../src/base/digest.ts';
import type { ManifestBody } from '../../src/base/oci.ts';
import type { Presence } from '../../src/base/presence.ts';
import { ToolError } from '../../src/base/tool-error.ts';
import type { RegistryPort } from '../../src/registry/port.ts';

export interface FakeRegistry extends RegistryPort {
  /** Stores an image; returns the digest of its root manifest. */
  add(image: ImageSpec): Digest;
  /** Stores a manifest under a tag or digest, as a copy does. */
  store(repository: string, reference: string, body: ManifestBody): void;
  storeBlob(digest: Digest, bytes: Uint8Array): void;
  /** Forgets a tag or manifest, not what it refers to. */
  remove(repository: string, reference: string): void;
  /** Makes every later question about the reference be answered so; `null` ends that. */
  answer(repository: string, reference: string, presence: Presence | null): void;
}

/** A registry in memory. Blobs belong to the whole registry, as in Nexus. */
export function createFakeRegistry(host = 'registry.example'): FakeRegistry {
  const manifests = new Map<string, ManifestBody>();
  const blobs = new Map<string, Uint8Array>();
  const answers = new Map<string, Presence>();
  let requests = 0;

  return {
    host,
    add(image) {
      const built = buildImage(image);
      for (const [digest, bytes] of built.blobs) blobs.set(digest, bytes);
      for (const { digest, mediaType, bytes } of built.manifests) {
        const body = { digest: parseDigest(digest), mediaType, bytes };
        manifests.set(`${image.repository} ${digest}`, body);
        if (digest !== built.root.digest) continue;
        for (const tag of image.tags ?? []) manifests.set(`${image.repository} ${tag}`, body);
      }
      return parseDigest(built.root.digest);
    },
    store(repository, reference, body) {
      for (const name of [reference, body.digest]) manifests.set(`${repository} ${name}`, body);
    },
    storeBlob(digest, bytes) {
      blobs.set(digest, bytes);
    },
    remove(repository, reference) {
      manifests.delete(`${repository} ${reference}`);
    },
    answer(repository, reference, presence) {
      if (presence === null) answers.delete(`${repository} ${reference}`);
      else answers.set(`${repository} ${reference}`, presence);
    },
    async headManifest(repository, reference, signal) {
      signal?.throwIfAborted();
      requests += 1;
      const scripted = answers.get(`${repository} ${reference}`);
      if (scripted !== undefined) return scripted;
      const body = manifests.get(`${repository} ${reference}`);
      if (body === undefined) return { state: 'absent' };
      const { digest, mediaType, bytes } = body;
      return { state: 'present', digest, mediaType, size: bytes.length };
    },
    async headBlob(_, digest, signal) {
      signal?.throwIfAborted();
      requests += 1;
      const bytes = blobs.get(digest);
      return bytes === undefined ? { state: 'absent' } : { state: 'present', size: bytes.length };
    },
    async getManifest(repository, reference) {
      requests += 1;
      const body = manifests.get(`${repository} ${reference}`);
      if (body === undefined) throw notFound(`${repository} ${reference}`);
      return body;
    },
    async getBlob(repository, digest) {
      requests += 1;
      const bytes = blobs.get(digest);
      if (bytes === undefined) throw notFound(`${repository} ${digest}`);
      return streamBytes(bytes);
    },
    async listTags(repository, signal) {
      signal?.throwIfAborted();
      requests += 1;
      const prefix = `${repository} `;
      const keys = [...manifests.keys()].filter((key) => key.startsWith(prefix));
      return keys.map((key) => key.slice(prefix.length)).filter((name) => !name.includes(':'));
    },
    // As docker-registry 2.8: there is no such API.
    async probe(_, signal) {
      signal?.throwIfAborted();
      const none = { kind: 'failure', message: 'This registry is a fake.', hint: null } as const;
      return { api: none, catalog: none, head: null, get: null, tags: null, referrers: null };
    },
    async listRepositories(signal) {
      signal?.throwIfAborted();
      requests += 1;
      return [...new Set([...manifests.keys()].map((name) => name.split(' ', 1)[0] ?? ''))];
    },
    async listReferrers(_, __, signal) {
      signal?.throwIfAborted();
      requests += 1;
      return null;
    },
    countRequests: () => requests,
    isSpaced: () => false,
    close: async () => undefined,
  };
}

async function* streamBytes(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function notFound(what: string): ToolError {
  return new ToolError('REGISTRY_NOT_FOUND', `The fake registry does not have ${what}.`);
}
