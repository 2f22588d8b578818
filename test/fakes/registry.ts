import { buildImage, type ImageSpec } from '../../scripts/lib/build-image.ts';
import { type Digest, parseDigest } from '../../src/base/digest.ts';
import type { ManifestBody } from '../../src/base/oci.ts';
import type { Presence } from '../../src/base/presence.ts';
import type { ProbeAnswer } from '../../src/base/probe.ts';
import { ToolError } from '../../src/base/tool-error.ts';
import type { RegistryPort } from '../../src/registry/port.ts';

export interface FakeRegistry extends RegistryPort {
  /** Stores an image; returns the digest of its root manifest. */
  add(image: ImageSpec): Digest;
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
      return blobs.has(digest);
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
    async listReferrers(_, __, signal) {
      signal?.throwIfAborted();
      requests += 1;
      return null;
    },
    // Manifests only.
    async probe({ method, path }, signal) {
      signal?.throwIfAborted();
      requests += 1;
      const [, repository, reference] = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(path) ?? [];
      return answerProbe(manifests.get(`${repository} ${reference}`), method);
    },
    countRequests: () => requests,
    close: async () => undefined,
  };
}

function answerProbe(body: ManifestBody | undefined, method: 'HEAD' | 'GET'): ProbeAnswer {
  const common = { state: 'answered', loggedIn: false, challenges: [] } as const;
  if (body === undefined) return { ...common, status: 404, headers: {}, body: Buffer.from('') };
  const headers = { 'docker-content-digest': body.digest, 'content-type': body.mediaType };
  const bytes = method === 'HEAD' ? Buffer.from('') : body.bytes;
  return { ...common, status: 200, headers, body: bytes };
}

async function* streamBytes(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function notFound(what: string): ToolError {
  return new ToolError('REGISTRY_NOT_FOUND', `The fake registry does not have ${what}.`);
}
