import type { Digest } from '../base/digest.ts';
import { parseImageRef } from '../base/image-ref.ts';
import { rewriteImages } from '../catalog/rewrite-images.ts';
import type { Catalog } from '../catalog/types.ts';
import { joinPath, mapReference } from '../images/map-path.ts';
import { type BuiltIndex, buildIndexImage, type IndexBase } from '../index/build-index.ts';
import type { ContentWork } from '../index/layer-memory.ts';
import { readIndexBase } from '../index/read-base.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { LoadedCatalog, LoadedState } from './load-state.ts';

export interface IndexSummary {
  readonly imageId: Digest;
  /** Bytes of the layers that olmirror builds, compressed. */
  readonly bytes: number;
  /** The packages of layers, as in `ContentLayers`. */
  readonly packages: ReadonlyMap<Digest, readonly string[]>;
}

/** Builds index images and remembers their ids by what they are a function of (promise 7). */
export interface IndexBuilder {
  summarize(loaded: LoadedCatalog, state: LoadedState): Promise<IndexSummary>;
  build(loaded: LoadedCatalog, state: LoadedState): Promise<BuiltIndex>;
}

/** Threads that build, and layers of earlier processes; nothing of the image hangs on them. */
export type IndexWork = Pick<ContentWork, 'store' | 'buildGroups'>;

export interface IndexBuilderDeps {
  readonly production: RegistryPort;
  /** Where the state repository comes from, for people. */
  readonly readSource: () => Promise<string | null>;
  readonly work: IndexWork;
}

export function createIndexBuilder(deps: IndexBuilderDeps): IndexBuilder {
  const summaries = new Map<string, IndexSummary>();
  let last: BuiltIndex | null = null;
  async function make(
    loaded: LoadedCatalog,
    state: LoadedState,
    withBytes: boolean,
  ): Promise<BuiltIndex> {
    const { entry, catalog, content } = loaded;
    // One built image at a time is kept: a pass builds, pushes, and goes on to the next catalog.
    last = await buildIndexImage({
      ...deps.work,
      withBytes,
      known: last?.content ?? null,
      catalog: rewriteForProduction(catalog, entry, state.manifest),
      cache: entry.cache,
      compression: entry.compression,
      platforms: entry.platforms,
      base: await readBase(entry, state.manifest, deps.production),
      content,
      annotations: annotate(state, await deps.readSource()),
    });
    summaries.set(keyOf(loaded, state.manifest), summarizeBuilt(last));
    return last;
  }
  return {
    build: (loaded, state) => make(loaded, state, true),
    async summarize(loaded, state) {
      const known = summaries.get(keyOf(loaded, state.manifest));
      if (known !== undefined) return known;
      return summarizeBuilt(await make(loaded, state, false));
    },
  };
}

function summarizeBuilt({ imageId, layerBytes, content }: BuiltIndex): IndexSummary {
  return { imageId, bytes: layerBytes, packages: content.packages };
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
function annotate(state: LoadedState, source: string | null): Readonly<Record<string, string>> {
  const { revision, time } = state.snapshot;
  return {
    ...(revision === 'working-tree' ? {} : { 'org.opencontainers.image.revision': revision }),
    ...(source === null ? {} : { 'org.opencontainers.image.source': source }),
    ...(time === null ? {} : { 'org.opencontainers.image.created': time }),
  };
}
