import type { ErrorCode } from '../base/error-codes.ts';
import { parseImageRef } from '../base/image-ref.ts';
import type { ContentReader } from '../base/oci.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import { mapRepository, RELEASE_PAYLOAD } from '../images/map-path.ts';
import { formatReleaseTag, parsePayload, type ReadRelease } from '../images/release.ts';
import type { MirrorManifest, PerRole, ReleaseEntry, RoleName } from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { readPayload } from './read-payload.ts';

/** Remembers payloads by digest: they never change, and reading one means reading its layers. */
export type ReleaseCache = Map<string, ReadRelease>;

/** Why nobody knows what a release brings. */
export interface ReleaseFault {
  readonly release: ReleaseEntry;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

export interface ReleaseReading {
  readonly content: readonly ReadRelease[];
  /** Releases whose payload cannot be read or is another one, and those of which a registry did not tell whether it has it. */
  readonly faults: readonly ReleaseFault[];
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
  const content: ReadRelease[] = [];
  const faults: ReleaseFault[] = [];
  for (const release of manifest.releases) {
    try {
      const found = await readRelease(release, { manifest, registries, ...options });
      if (found !== null) content.push(found);
    } catch (error) {
      if (!isToolError(error)) throw error;
      const { code, message, hint = null } = error;
      faults.push({ release, code, message, hint });
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

async function readRelease(release: ReleaseEntry, context: Context): Promise<ReadRelease | null> {
  const { registries, signal } = context;
  const tag = formatReleaseTag(release);
  const ref = parseImageRef(`${RELEASE_PAYLOAD}:${tag}`);
  for (const role of ['production', 'staging'] as const satisfies readonly RoleName[]) {
    const repository = mapRepository(ref, role, context.manifest);
    const presence = await registries[role].headManifest(repository, tag, signal);
    if (presence.state === 'absent') continue;
    if (presence.state === 'present')
      return readFound(release, {
        reader: registries[role],
        repository,
        digest: presence.digest,
        cache: context.cache,
      });
    // Taken for absent it would leave its components out, and they might look in step (promise 6).
    throw new ToolError(
      presence.code,
      `Which images release ${tag} needs is unknown, since ${role} gave no clear answer about its payload: ${presence.message}`,
      { hint: presence.hint ?? 'Repeat it once the registry answers.' },
    );
  }
  return null;
}

interface FoundPayload {
  readonly reader: ContentReader;
  readonly repository: string;
  readonly digest: string;
  readonly cache: ReleaseCache;
}

async function readFound(release: ReleaseEntry, found: FoundPayload): Promise<ReadRelease> {
  const { reader, repository, digest, cache } = found;
  const key = `${formatReleaseTag(release)}@${digest}`;
  const cached = cache.get(key);
  if (cached !== undefined) return cached;
  const payload = await readPayload(reader, repository, digest);
  const content = { ...release, digest: payload.digest, ...parsePayload(payload, release) };
  cache.set(key, content);
  return content;
}
