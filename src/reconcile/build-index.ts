import { type Digest, parseDigest } from '../base/digest.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import { locateBase } from '../images/map-path.ts';
import {
  type BuildGroups,
  buildGroupsHere,
  type GroupJob,
  type GroupTask,
} from '../index/build-group.ts';
import {
  type BuiltIndex,
  buildIndexImage,
  type IndexBase,
  type IndexInput,
} from '../index/build-index.ts';
import { assertCarriesOpm } from '../index/find-program.ts';
import { type ContentWork, takeTexts } from '../index/layer-memory.ts';
import { buildRecipe, type PinnedImage, type PodmanRecipe } from '../index/podman-recipe.ts';
import { assertBuildable, readIndexBase } from '../index/read-base.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { LoadedCatalog, LoadedState } from './load-state.ts';
import { describeRewriting, rewriteForServing } from './rewrite-for-serving.ts';

export interface IndexSummary {
  /** Of `builder: podman` the id of the recipe, since the image has none before it is built. */
  readonly imageId: Digest;
  /** Bytes of the layers that olmirror builds, compressed; 0 where podman does. */
  readonly bytes: number;
  /** The packages of layers, as in `ContentLayers`. */
  readonly packages: ReadonlyMap<Digest, readonly string[]>;
}

/** Builds index images and remembers their ids by what they are a function of (promise 7). */
export interface IndexBuilder {
  summarize(loaded: BuiltCatalog, state: BuiltState): Promise<IndexSummary>;
  /**
   * Begins what `summarize` will be asked for, so that it goes on beside other work: one catalog at a time. Has asked
   * the registry what there is to ask, and given threads their work, when it returns. Never throws: `summarize` tells what is wrong.
   */
  begin(loaded: BuiltCatalog, state: BuiltState): Promise<void>;
  /** Throws `PLAN_UNSUPPORTED` for a catalog that podman builds. */
  build(loaded: BuiltCatalog, state: BuiltState): Promise<BuiltIndex>;
  /** What podman builds the index of. Throws `INDEX_BAD_BASE` where base or builder image do not fit. */
  describe(loaded: BuiltCatalog, state: BuiltState): Promise<PodmanRecipe>;
  /**
   * Throws `INDEX_BAD_BASE` where a pod of the index would not start, since its base carries no opm.
   * The base is read whole for it, unless the index that is served has it beneath, too.
   */
  assertStarts(
    loaded: BuiltCatalog,
    state: BuiltState,
    servedDiffIds: readonly Digest[],
  ): Promise<void>;
}

export type BuiltCatalog = Pick<LoadedCatalog, 'entry' | 'catalog' | 'content' | 'openTexts'>;
type BuiltState = Pick<LoadedState, 'manifest' | 'snapshot'>;

/** Threads that build, and layers of earlier processes; nothing of the image hangs on them. */
export type IndexWork = Pick<ContentWork, 'store' | 'buildGroups'>;

export interface IndexBuilderDeps {
  /** The one that serves, where bases lie too. */
  readonly registry: RegistryPort;
  /** Where the state repository comes from, for people. */
  readonly readSource: () => Promise<string | null>;
  readonly work: IndexWork;
}

export function createIndexBuilder(deps: IndexBuilderDeps): IndexBuilder {
  const summaries = new Map<string, IndexSummary>();
  let last: BuiltIndex | null = null;
  let begun: { readonly key: string; readonly building: Promise<BuiltIndex> } | null = null;
  // One built image at a time is kept: a pass builds, pushes, and goes on to the next catalog.
  async function take(building: Promise<BuiltIndex>, key: string): Promise<BuiltIndex> {
    last = await building;
    summaries.set(key, summarizeBuilt(last));
    return last;
  }
  async function make(
    loaded: BuiltCatalog,
    state: BuiltState,
    withBytes: boolean,
  ): Promise<BuiltIndex> {
    const input = await gatherInput(loaded, state, { ...deps, withBytes });
    const known = last?.content ?? null;
    return take(buildIndexImage({ ...input, known }), keyOf(loaded, state.manifest));
  }
  async function describe(loaded: BuiltCatalog, state: BuiltState): Promise<PodmanRecipe> {
    const { entry } = loaded;
    const recipe = buildRecipe({
      name: entry.name,
      ...(await describeContent(loaded, state)),
      ...(await readStages(entry, state.manifest, deps.registry)),
      annotations: annotate(state, await deps.readSource()),
    });
    summaries.set(keyOf(loaded, state.manifest), summarizeRecipe(recipe));
    return recipe;
  }
  return {
    build: (loaded, state) => make(loaded, state, true),
    describe,
    async begin(loaded, state) {
      const key = keyOf(loaded, state.manifest);
      if (begun !== null || summaries.has(key) || loaded.entry.builder === 'podman') return;
      try {
        const known = last?.content ?? null;
        const input = await gatherInput(loaded, state, { ...deps, withBytes: false });
        const { buildGroups, handedOver } = noteHandover(input.buildGroups ?? buildGroupsHere);
        const building = buildIndexImage({ ...input, known, buildGroups });
        begun = { key, building };
        // Whoever works on at once would keep threads from hearing of what they are to do.
        await Promise.race([handedOver, building]).catch(() => undefined);
      } catch (error) {
        if (!isToolError(error)) throw error;
      }
    },
    async summarize(loaded, state) {
      const key = keyOf(loaded, state.manifest);
      const known = summaries.get(key);
      if (known !== undefined) return known;
      const ahead = begun;
      begun = null;
      if (ahead?.key === key) return summarizeBuilt(await take(ahead.building, key));
      if (loaded.entry.builder === 'podman') return summarizeRecipe(await describe(loaded, state));
      return summarizeBuilt(await make(loaded, state, false));
    },
    assertStarts: createStartCheck(deps.registry),
  };
}

interface Gathering extends IndexBuilderDeps {
  readonly withBytes: boolean;
}

async function gatherInput(
  loaded: BuiltCatalog,
  state: BuiltState,
  { work, registry, readSource, withBytes }: Gathering,
): Promise<IndexInput> {
  const { entry } = loaded;
  if (entry.builder === 'podman') throw needsPodman(entry);
  return {
    ...work,
    ...(await describeContent(loaded, state)),
    base: await readBase(entry, state.manifest, registry),
    // What is not pushed needs none, and git is not asked for it.
    annotations: withBytes ? annotate(state, await readSource()) : {},
    withBytes,
  };
}

/** What goes into an index whoever builds it. */
async function describeContent(
  { entry, catalog, content, openTexts }: BuiltCatalog,
  { manifest }: BuiltState,
): Promise<SharedInput> {
  const { cache, compression, platforms } = entry;
  // To rewrite an address is to write the whole blob anew.
  if (entry.references === 'rewrite') await takeTexts(openTexts, [...catalog.packages.keys()]);
  const served = rewriteForServing(catalog, entry, manifest);
  return { catalog: served, content, cache, compression, platforms, openTexts };
}

type SharedInput = Pick<
  IndexInput,
  'catalog' | 'content' | 'cache' | 'compression' | 'platforms' | 'openTexts'
>;

function createStartCheck(registry: RegistryPort): IndexBuilder['assertStarts'] {
  const sound = new Set<string>();
  return async ({ entry }, { manifest }, servedDiffIds) => {
    const key = JSON.stringify([entry.base, entry.platforms]);
    const base = sound.has(key) ? null : await readBase(entry, manifest, registry);
    if (base === null) return;
    if (!liesBeneath(base, servedDiffIds)) await assertCarriesOpm(registry, base);
    sound.add(key);
  };
}

function needsPodman({ name }: CatalogEntry): ToolError {
  return new ToolError(
    'PLAN_UNSUPPORTED',
    `The index of ${name} is built by podman, so it cannot be built here.`,
    {
      hint: 'Set `builder: native` of the catalog in mirror.yaml, or look at the index that `olmirror apply` pushed.',
    },
  );
}

/** The images that the stages of podman's build start from, each looked at. */
async function readStages(
  entry: CatalogEntry,
  manifest: MirrorManifest,
  registry: RegistryPort,
): Promise<{ readonly base: PinnedImage | null; readonly builder: PinnedImage | null }> {
  const base = entry.base === 'scratch' ? null : pinImage(entry.base, manifest);
  if (base !== null) await assertBuildable(registry, base, entry.platforms);
  if (entry.cache === 'none') return { base, builder: null };
  if (entry.builderImage === null) return { base, builder: base };
  const builder = pinImage(entry.builderImage, manifest);
  await assertBuildable(registry, builder, []);
  return { base, builder };
}

function pinImage(name: string, manifest: MirrorManifest): PinnedImage {
  const { repository, digest } = locateBase(name, manifest);
  return { repository, digest: parseDigest(digest), name };
}

function liesBeneath({ platforms }: IndexBase, servedDiffIds: readonly Digest[]): boolean {
  const diffIds = platforms[0]?.config.rootfs?.diff_ids ?? [];
  return diffIds.length > 0 && diffIds.every((diffId, i) => diffId === servedDiffIds[i]);
}

function summarizeRecipe({ id }: PodmanRecipe): IndexSummary {
  return { imageId: id, bytes: 0, packages: new Map() };
}

function summarizeBuilt({ imageId, layerBytes, content }: BuiltIndex): IndexSummary {
  return { imageId, bytes: layerBytes, packages: content.packages };
}

function keyOf(loaded: BuiltCatalog, manifest: MirrorManifest): string {
  const { entry } = loaded;
  return JSON.stringify([
    entry.name,
    loaded.content,
    entry.base,
    entry.builder,
    entry.builderImage,
    entry.cache,
    entry.compression,
    entry.platforms,
    describeRewriting(entry, manifest),
  ]);
}

async function readBase(
  entry: CatalogEntry,
  manifest: MirrorManifest,
  registry: RegistryPort,
): Promise<IndexBase | null> {
  if (entry.base === 'scratch') return null;
  const ref = locateBase(entry.base, manifest);
  try {
    return await readIndexBase(registry, ref.repository, {
      reference: ref.digest,
      platforms: entry.platforms,
    });
  } catch (error) {
    if (!isToolError(error, 'REGISTRY_NOT_FOUND')) throw error;
    throw new ToolError(
      'INDEX_BAD_BASE',
      `The base image ${entry.base} is not in ${servingRole(manifest)}.`,
      {
        cause: error,
        hint: `Copy it there, for example with \`skopeo copy --all\`, or name another \`base\` of ${entry.name} in mirror.yaml.`,
      },
    );
  }
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

/** The same work, and a promise of the moment at which threads have it. */
function noteHandover(build: BuildGroups): {
  readonly buildGroups: BuildGroups;
  readonly handedOver: Promise<void>;
} {
  const { promise: handedOver, resolve } = Promise.withResolvers<void>();
  function noteOpening(job: GroupJob): GroupJob {
    async function open(): Promise<GroupTask> {
      const task = await job.open();
      // Whoever asked has handed it on by then.
      setImmediate(resolve);
      return task;
    }
    return { ...job, open };
  }
  function buildGroups(...[jobs, onBuilt]: Parameters<BuildGroups>): ReturnType<BuildGroups> {
    return build(jobs.map(noteOpening), onBuilt);
  }
  return { buildGroups, handedOver };
}
