import type { Digest } from '../base/digest.ts';
import { parseImageRef } from '../base/image-ref.ts';
import { rewriteImages } from '../catalog/rewrite-images.ts';
import type { Catalog } from '../catalog/types.ts';
import { joinPath, mapReference } from '../images/map-path.ts';
import { type BuiltIndex, buildIndexImage, type IndexBase } from '../index/build-index.ts';
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
  summarize(loaded: BuiltCatalog, state: BuiltState): Promise<IndexSummary>;
  build(loaded: BuiltCatalog, state: BuiltState): Promise<BuiltIndex>;
}

type BuiltCatalog = Pick<LoadedCatalog, 'entry' | 'catalog' | 'content'>;
type BuiltState = Pick<LoadedState, 'manifest' | 'snapshot'>;

export function createIndexBuilder(
  production: RegistryPort,
  readSource: () => Promise<string | null>,
): IndexBuilder {
  const summaries = new Map<string, IndexSummary>();
  let last: { readonly key: string; readonly built: BuiltIndex } | null = null;
  async function build(loaded: BuiltCatalog, state: BuiltState): Promise<BuiltIndex> {
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
  };
}

function keyOf(loaded: BuiltCatalog, manifest: MirrorManifest): string {
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
  return readIndexBase(production, ref.repository, {
    reference: ref.digest,
    platforms: entry.platforms,
  });
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
function annotate(state: BuiltState, source: string | null): Readonly<Record<string, string>> {
  const { revision, time } = state.snapshot;
  return {
    ...(revision === 'working-tree' ? {} : { 'org.opencontainers.image.revision': revision }),
    ...(source === null ? {} : { 'org.opencontainers.image.source': source }),
    ...(time === null ? {} : { 'org.opencontainers.image.created': time }),
  };
}
