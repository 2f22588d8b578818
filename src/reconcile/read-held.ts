import type { Digest } from '../base/digest.ts';
import type { EmitEvent } from '../base/events.ts';
import { listManifestBlobs, parseManifestBody } from '../base/oci.ts';
import { isToolError } from '../base/tool-error.ts';
import type { HeldImage, HeldRegistry } from '../plan/held.ts';
import type { UnclearAnswer } from '../plan/media-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { listIfAny } from './list-if-any.ts';
import { createRepositoryLister, type StagedRepository } from './list-staged.ts';
import { walkRepositories } from './walk-repositories.ts';

export interface HeldContext {
  readonly registry: RegistryPort;
  /** What lies outside of it is not looked at. */
  readonly pathPrefix: string;
  /** Repositories that are looked at in any case, with digests and tags that are looked for there. */
  readonly named: ReadonlyMap<string, ReadonlySet<string>>;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

/** Lists the manifests of a registry with their tags and blobs, by HEAD and GET; what it does not tell is named. */
export async function readHeld(context: HeldContext): Promise<HeldRegistry> {
  const { registry, pathPrefix, named, emit, signal } = context;
  const { names } = await listIfAny(registry, signal);
  const list = createRepositoryLister(registry, signal);
  const { seen } = await walkRepositories({
    listed: names,
    known: named.keys(),
    pathPrefix,
    lookAt: async (repository) => {
      const found = await list(repository, named.get(repository) ?? new Set());
      return describe(repository, found, registry);
    },
    emit,
    signal,
  });
  return { listed: names, repositories: seen };
}

async function describe(
  repository: string,
  { manifests, unclear }: StagedRepository,
  registry: RegistryPort,
): Promise<HeldRegistry['repositories'][number]> {
  const read = await Promise.all(
    manifests.map(async (manifest) => ({
      manifest,
      content: await readContent(registry, repository, manifest.digest),
    })),
  );
  return {
    repository,
    images: read.map(({ manifest, content }): HeldImage => ({ ...manifest, ...content.held })),
    unclear: unclear.map(({ subject, message }) => ({ subject, message })),
    unread: read.flatMap(({ content }) => content.fault ?? []),
  };
}

async function readContent(
  registry: RegistryPort,
  repository: string,
  digest: Digest,
): Promise<{
  readonly held: Pick<HeldImage, 'size' | 'blobs'>;
  readonly fault: UnclearAnswer | null;
}> {
  try {
    const body = await registry.getManifest(repository, digest);
    const blobs = listManifestBlobs(parseManifestBody(body)).map((blob) => ({
      digest: blob.digest,
      size: blob.size,
    }));
    return { held: { size: body.bytes.length, blobs }, fault: null };
  } catch (error) {
    if (!isToolError(error)) throw error;
    const subject = `${registry.host}/${repository}@${digest}`;
    return { held: { size: null, blobs: [] }, fault: { subject, message: error.message } };
  }
}
