import type { Digest } from '../base/digest.ts';
import { parseImageRef } from '../base/image-ref.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import { rewriteImages } from '../catalog/rewrite-images.ts';
import type { Catalog } from '../catalog/types.ts';
import { joinPath, mapReference } from '../images/map-path.ts';
import { type BuiltIndex, buildIndexImage, type IndexBase } from '../index/build-index.ts';
import { assertCarriesOpm } from '../index/find-program.ts';
import { readIndexBase } from '../index/read-base.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { LoadedCatalog, LoadedState } from './load-state.ts';

export interface IndexSummary {
  readonly imageId: Digest;
  /** Bytes of the layers that olmirror builds, compressed. */
  readonly bytes: number;
}

/** Builds index images and remembers their ids by what they are a function of (promise 7). */
export interface IndexBuilder {
  summarize(loaded: LoadedCatalog, state: LoadedState): Promise<IndexSummary>;
  build(loaded: LoadedCatalog, state: LoadedState): Promise<BuiltIndex>;
  /**
   * Throws `INDEX_BAD_BASE` where a pod of the index would not start, since its base carries no opm.
   * The base is read whole for it, unless the index that is served has it beneath, too.
   */
  assertStarts(
    loaded: LoadedCatalog,
    state: LoadedState,
    servedDiffIds: readonly Digest[],
  ): Promise<void>;
}

export function createIndexBuilder(
  production: RegistryPort,
  readSource: () => Promise<string | null>,
): IndexBuilder {
  const summaries = new Map<string, IndexSummary>();
  const sound = new Set<string>();
  let last: { readonly key: string; readonly built: BuiltIndex } | null = null;
  async function build(loaded: LoadedCatalog, state: LoadedState): Promise<BuiltIndex> {
    const key = `${keyOf(loaded, state.manifest)} ${state.snapshot.revision}`;
    if (last?.key === key) return last.built;
    const built = await buildIndexImage({
      catalog: rewriteForProduction(loaded.catalog, loaded.entry, state.manifest),
      cache: loaded.entry.cache,
      compression: loaded.entry.compression,
      known: last?.built.content ?? null,
      platforms: loaded.entry.platforms,
      base: await readBase(loaded.entry, state.manifest, production),
      content: loaded.content,
      annotations: annotate(state, await readSource()),
    });
    // One built image at a time is kept: a pass builds, pushes, and goes on to the next catalog.
    last = { key, built };
    summaries.set(keyOf(loaded, state.manifest), {
      imageId: built.imageId,
      bytes: built.layerBytes,
    });
    return built;
  }
  return {
    build,
    async summarize(loaded, state) {
      const known = summaries.get(keyOf(loaded, state.manifest));
      if (known !== undefined) return known;
      const { imageId, layerBytes } = await build(loaded, state);
      return { imageId, bytes: layerBytes };
    },
    async assertStarts({ entry }, { manifest }, servedDiffIds) {
      const key = JSON.stringify([entry.base, entry.platforms]);
      const base = sound.has(key) ? null : await readBase(entry, manifest, production);
      if (base === null) return;
      if (!liesBeneath(base, servedDiffIds)) await assertCarriesOpm(production, base);
      sound.add(key);
    },
  };
}

function liesBeneath({ platforms }: IndexBase, servedDiffIds: readonly Digest[]): boolean {
  const diffIds = platforms[0]?.config.rootfs?.diff_ids ?? [];
  return diffIds.length > 0 && diffIds.every((diffId, i) => diffId === servedDiffIds[i]);
}

function keyOf(loaded: LoadedCatalog, manifest: MirrorManifest): string {
  const { entry } = loaded;
  const rewriting =
    entry.references === 'rewrite' ? [manifest.registries.production, manifest.paths] : null;
  return JSON.stringify([
    entry.name,
    loaded.content,
    entry.base,
    entry.cache,
    entry.compression,
    entry.platforms,
    rewriting,
  ]);
}

function rewriteForProduction(
  catalog: Catalog,
  entry: CatalogEntry,
  manifest: MirrorManifest,
): Catalog {
  return entry.references === 'keep'
    ? catalog
    : rewriteImages(catalog, (reference) =>
        mapReference(parseImageRef(reference), 'production', manifest),
      );
}

async function readBase(
  entry: CatalogEntry,
  manifest: MirrorManifest,
  production: RegistryPort,
): Promise<IndexBase | null> {
  if (entry.base === 'scratch') return null;
  const ref = parseBase(entry.base, manifest);
  try {
    return await readIndexBase(production, ref.repository, {
      reference: ref.digest,
      platforms: entry.platforms,
    });
  } catch (error) {
    if (!isToolError(error, 'REGISTRY_NOT_FOUND')) throw error;
    throw new ToolError('INDEX_BAD_BASE', `The base image ${entry.base} is not in production.`, {
      cause: error,
      hint: `Copy it there, for example with \`skopeo copy --all\`, or name another \`base\` of ${entry.name} in mirror.yaml.`,
    });
  }
}

/** The base image lies in production; its host may be left out, and its path prefix with it. */
function parseBase(
  base: string,
  manifest: Pick<MirrorManifest, 'registries'>,
): { readonly repository: string; readonly digest: string } {
  const { host, pathPrefix } = manifest.registries.production;
  const [first = '', ...rest] = base.split('/');
  const namesHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const ref = parseImageRef(namesHost ? base : `${host}/${joinPath(pathPrefix, base)}`);
  return { repository: ref.repository, digest: ref.digest ?? ref.tag ?? 'latest' };
}

// Manifest annotations only: they do not enter the image id (design §8).
function annotate(state: LoadedState, source: string | null): Readonly<Record<string, string>> {
  const { revision, time } = state.snapshot;
  return {
    ...(revision === 'working-tree' ? {} : { 'org.opencontainers.image.revision': revision }),
    ...(source === null ? {} : { 'org.opencontainers.image.source': source }),
    ...(time === null ? {} : { 'org.opencontainers.image.created': time }),
  };
}
