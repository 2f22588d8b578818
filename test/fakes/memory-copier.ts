import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Copier, CopyRequest, RegistryTarget } from '../../src/apply/port.ts';
import type { Digest } from '../../src/base/digest.ts';
import {
  isIndexManifest,
  listManifestBlobs,
  type ManifestBody,
  parseManifestBody,
} from '../../src/base/oci.ts';
import { isToolError, ToolError } from '../../src/base/tool-error.ts';
import { pushFolders } from './push-folders.ts';
import type { FakeRegistry } from './registry.ts';

/** What the destination does to whatever is written to it. */
export type WriteFault = 'refuses' | 'is full' | 'hangs';

export interface FakeCopierOptions {
  readonly registries: readonly FakeRegistry[];
  /** Asked at every copy; null for none. */
  readonly fault?: () => WriteFault | null;
  readonly timeoutMilliseconds?: number;
  readonly onUpload?: () => void;
}

/** Copies between fake registries, from one to another, as skopeo does between real ones. */
export function createFakeCopier(options: FakeCopierOptions): Copier {
  function find({ host }: Pick<RegistryTarget, 'host'>): FakeRegistry {
    const found = options.registries.find((registry) => registry.host === host);
    if (found === undefined) throw new Error(`There is no fake registry ${host}.`);
    return found;
  }
  async function copy(request: CopyRequest, signal?: AbortSignal): Promise<void> {
    const { source, destination } = request;
    if ('layout' in source) throw new Error('The fake copier knows no layouts.');
    if (signal?.aborted === true) throw fail('APPLY_INTERRUPTED', 'retry');
    const [from, to] = [find(source), find(destination)];
    const root = await readSource(from, source.repository, source.reference);
    await meetFault(options, signal);
    const value = parseManifestBody(root);
    if (!isIndexManifest(root.mediaType, value))
      await copyBlobs({ from, to, options }, source, root);
    else
      for (const { digest } of value.manifests) {
        if (request.multiArch === 'all') {
          const child = await readSource(from, source.repository, digest);
          await copyBlobs({ from, to, options }, source, child);
          to.store(destination.repository, digest, child);
        } else if ((await to.headManifest(destination.repository, digest)).state !== 'present')
          throw fail('APPLY_COPY_FAILED', 'stall', 'destination');
      }
    to.store(destination.repository, destination.reference, root);
  }
  return {
    assertReady: () => Promise.resolve(),
    breaksZstdIndexes: () => Promise.resolve(false),
    copy,
    async pushImages({ host, fill }, signal) {
      if (signal?.aborted === true) throw fail('APPLY_INTERRUPTED', 'retry');
      const folder = await mkdtemp(join(tmpdir(), 'olmirror-test-'));
      try {
        await fill(folder);
        return await pushFolders(find({ host }), folder, () => meetFault(options, signal));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    forget: () => Promise.resolve(),
  };
}

async function readSource(
  registry: FakeRegistry,
  repository: string,
  reference: string,
): Promise<ManifestBody> {
  try {
    return await registry.getManifest(repository, reference);
  } catch (error) {
    if (isToolError(error, 'REGISTRY_NOT_FOUND'))
      throw fail('APPLY_COPY_FAILED', 'stall', 'source');
    throw error;
  }
}

interface Way {
  readonly from: FakeRegistry;
  readonly to: FakeRegistry;
  readonly options: FakeCopierOptions;
}

async function copyBlobs(
  { from, to, options }: Way,
  { repository }: RegistryTarget,
  body: ManifestBody,
): Promise<void> {
  for (const { digest } of listManifestBlobs(parseManifestBody(body))) {
    if ((await to.headBlob(repository, digest)).state === 'present') continue;
    to.storeBlob(digest, await readBlob(from, repository, digest));
    options.onUpload?.();
  }
}

async function readBlob(
  registry: FakeRegistry,
  repository: string,
  digest: Digest,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await registry.getBlob(repository, digest)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function meetFault(options: FakeCopierOptions, signal?: AbortSignal): Promise<void> {
  const fault = options.fault?.() ?? null;
  if (fault === 'refuses') throw fail('APPLY_COPY_FAILED', 'stall', 'destination');
  if (fault === 'is full') throw fail('APPLY_COPY_FAILED', 'retry', 'destination');
  if (fault !== 'hangs') return;
  const given = signal === undefined ? {} : { signal };
  await sleep(options.timeoutMilliseconds ?? 3_600_000, undefined, given).catch(() => {
    throw fail('APPLY_INTERRUPTED', 'retry');
  });
  throw fail('APPLY_COPY_TIMEOUT', 'retry');
}

function fail(
  code: 'APPLY_COPY_FAILED' | 'APPLY_COPY_TIMEOUT' | 'APPLY_INTERRUPTED',
  disposition: 'retry' | 'stall',
  side?: 'source' | 'destination',
): ToolError {
  return new ToolError(code, `The fake copier says ${code}.`, {
    disposition,
    ...(side === undefined ? {} : { side }),
  });
}
