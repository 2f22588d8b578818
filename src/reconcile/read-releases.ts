import { parseImageRef } from '../base/image-ref.ts';
import type { ContentReader } from '../base/oci.ts';
import { isToolError } from '../base/tool-error.ts';
import { mapRepository, RELEASE_PAYLOAD } from '../images/map-path.ts';
import {
  formatReleaseTag,
  parseImageReferences,
  RELEASE_MANIFESTS,
  type ReleaseContent,
} from '../images/release.ts';
import { readImageFiles } from '../index/read-files.ts';
import type { MirrorManifest, PerRole, ReleaseEntry, RoleName } from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';

/** Remembers payloads by digest: they never change, and reading one means reading its layers. */
export type ReleaseCache = Map<string, ReleaseContent>;

export interface ReleaseReading {
  readonly content: readonly ReleaseContent[];
  /** Releases whose payload is there but cannot be read. */
  readonly faults: readonly {
    readonly release: ReleaseEntry;
    readonly message: string;
    readonly hint: string | null;
  }[];
}

/**
 * Reads the components of every release from its payload: in production where it is there, else in
 * staging. A payload that neither has gives no components; the payload itself is then reported as
 * lost by the plan.
 */
export async function readReleases(
  manifest: MirrorManifest,
  registries: PerRole<RegistryPort>,
  options: { readonly cache: ReleaseCache; readonly signal: AbortSignal },
): Promise<ReleaseReading> {
  const content: ReleaseContent[] = [];
  const faults: ReleaseReading['faults'][number][] = [];
  for (const release of manifest.releases) {
    try {
      const found = await readRelease(release, { manifest, registries, ...options });
      if (found !== null) content.push(found);
    } catch (error) {
      if (!isToolError(error)) throw error;
      faults.push({ release, message: error.message, hint: error.hint ?? null });
    }
  }
  return { content, faults };
}

interface Context {
  readonly manifest: MirrorManifest;
  readonly registries: PerRole<RegistryPort>;
  readonly cache: ReleaseCache;
  readonly signal: AbortSignal;
}

async function readRelease(
  release: ReleaseEntry,
  context: Context,
): Promise<ReleaseContent | null> {
  const { registries, signal } = context;
  const ref = parseImageRef(`${RELEASE_PAYLOAD}:${formatReleaseTag(release)}`);
  for (const role of ['production', 'staging'] as const satisfies readonly RoleName[]) {
    const repository = mapRepository(ref, role, context.manifest);
    const presence = await registries[role].headManifest(
      repository,
      formatReleaseTag(release),
      signal,
    );
    if (presence.state === 'unknown') return null;
    if (presence.state === 'present')
      return readPayload(release, {
        reader: registries[role],
        repository,
        digest: presence.digest,
        cache: context.cache,
      });
  }
  return null;
}

interface Payload {
  readonly reader: ContentReader;
  readonly repository: string;
  readonly digest: string;
  readonly cache: ReleaseCache;
}

async function readPayload(release: ReleaseEntry, payload: Payload): Promise<ReleaseContent> {
  const key = `${formatReleaseTag(release)}@${payload.digest}`;
  const cached = payload.cache.get(key);
  if (cached !== undefined) return cached;
  const files = await readImageFiles(payload.reader, {
    repository: payload.repository,
    reference: payload.digest,
    folder: RELEASE_MANIFESTS,
  });
  const references = files.find((file) => file.path === 'image-references');
  const components = parseImageReferences(Buffer.from(references?.bytes ?? []).toString(), release);
  const content = { ...release, components };
  payload.cache.set(key, content);
  return content;
}
