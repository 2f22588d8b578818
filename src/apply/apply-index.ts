import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { ToolError } from '../base/tool-error.ts';
import type { BuiltIndex } from '../index/build-index.ts';
import { listIndexIds, readRecipeId } from '../index/podman-recipe.ts';
import { readIndexIdentity } from '../index/read-index.ts';
import { formatBlobPath, renderOciLayout } from '../index/render-oci-layout.ts';
import { formatImmutableTag } from '../plan/item.ts';
import type { MoveIndexStep, PushIndexStep } from '../plan/types.ts';
import { withDisk } from './disk-error.ts';
import { keepManifest } from './keep-manifest.ts';
import type { PassContext } from './pass-context.ts';
import type { ImageBuilder } from './port.ts';
import { pushLayout } from './push-layout.ts';
import { PODMAN_PREFIX, pushRecipe } from './push-recipe.ts';
import { putTag } from './put-tag.ts';
import { hasBlob, headDigest, type Place, readImageId } from './read-registry.ts';
import { retryStep } from './retry.ts';
import { saveBlob } from './save-blob.ts';
import { COPY_PREFIX, removeCopyFolder } from './skopeo-places.ts';
import { nameStep } from './step-name.ts';
import { buildResult, COPIED, IN_SYNC, type StepResult } from './step-result.ts';
import { placeOf } from './tag-job.ts';
import { writeLayoutFiles } from './write-layout-files.ts';

const LAYOUT_PREFIX = 'layout-';

/**
 * Pushes the index of a catalog under its immutable tag, by way of an OCI layout on disk
 * (promise 1). An image that is there already and has the id is used again, whatever its digest.
 */
export async function pushIndex(context: PassContext, step: PushIndexStep): Promise<StepResult> {
  const place = servingPlace(context, step.repository);
  const there = await retryStep(context, nameStep(step), () => headDigest(place, step.tag));
  if (there !== null) {
    await assertImageId(context, { ...step, tag: step.tag });
    return buildResult(step, IN_SYNC);
  }
  if (step.builder === 'podman') {
    await pushRecipe(context, step);
    return buildResult(step, COPIED);
  }
  const built = await build(context, step);
  context.request.emit({
    kind: 'index-built',
    catalog: step.catalog,
    imageId: built.imageId,
    bytes: built.layerBytes,
  });
  await pushBuilt(context, step, built);
  return buildResult(step, COPIED);
}

async function build(context: PassContext, step: PushIndexStep): Promise<BuiltIndex> {
  const built = await context.request.buildIndex(step.catalog);
  if (built.imageId === step.imageId) return built;
  throw new Error(
    `The index of ${step.catalog} was planned as ${step.imageId} and built as ${built.imageId}.`,
  );
}

async function pushBuilt(
  context: PassContext,
  step: PushIndexStep,
  built: BuiltIndex,
): Promise<void> {
  const { repository } = step;
  const work = `Writing the index of ${step.catalog}`;
  const layout = await withDisk(work, () => mkdtemp(join(context.stateFolder, LAYOUT_PREFIX)));
  try {
    await retryStep(context, nameStep(step), () =>
      withDisk(work, () => writeLayout(context, { layout, repository, built })),
    );
    const { tag } = step;
    await pushLayout(context, { step: nameStep(step), repository, tag, work, layout, top: built });
  } finally {
    await rm(layout, { recursive: true, force: true });
  }
}

interface LayoutWork {
  /** Folder. */
  readonly layout: string;
  /** Where the index goes. */
  readonly repository: string;
  readonly built: BuiltIndex;
}

async function writeLayout(context: PassContext, work: LayoutWork): Promise<void> {
  const { layout, built } = work;
  await writeLayoutFiles(renderOciLayout(built), layout);
  await Promise.all(built.baseLayers.map((layer) => placeBaseLayer(context, work, layer.digest)));
}

// skopeo asks for a blob before it reads it, so what the repository has need not lie in the layout.
async function placeBaseLayer(
  context: PassContext,
  { layout, repository, built }: LayoutWork,
  digest: Digest,
): Promise<void> {
  const registry = context.request.registries[context.request.servingRole];
  const place = servingPlace(context, repository);
  if (await hasBlob(place, digest)) return;
  if (built.baseRepository === null)
    throw new Error('The index has base layers and no base repository.');
  const blob = await registry.getBlob(built.baseRepository, digest);
  await saveBlob(context, blob, join(layout, formatBlobPath(digest)));
}

/** Removes the layouts, builds and folders of copies that a killed pass left behind; to be called under the lock. */
export async function removeLeftovers(stateFolder: string, builder: ImageBuilder): Promise<void> {
  for (const name of await readdir(stateFolder).catch(listNothing)) {
    const path = join(stateFolder, name);
    if (name.startsWith(LAYOUT_PREFIX)) await rm(path, { recursive: true, force: true });
    if (name.startsWith(PODMAN_PREFIX)) await builder.remove(path);
    if (name.startsWith(COPY_PREFIX)) await removeCopyFolder(path);
  }
}

function listNothing(error: unknown): readonly string[] {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
  throw error;
}

/**
 * Lets the catalog's tag point at the index: only if it still points where the plan saw it, and
 * what it leaves is kept under a tag of its own (promise 2). Closure has been checked before.
 */
export async function moveIndex(context: PassContext, step: MoveIndexStep): Promise<StepResult> {
  const { repository, tag, previous } = step;
  const role = context.request.servingRole;
  const digest = await assertImageId(context, { ...step, tag: step.immutableTag });
  const job = { step: nameStep(step), role, repository };
  if (previous !== null && previous !== digest) await keepPrevious(context, step, previous);
  const result = await putTag(context, {
    ...job,
    tag,
    digest,
    previous,
    source: { role, repository },
  });
  return buildResult(step, result.kind === 'written' ? COPIED : IN_SYNC);
}

async function keepPrevious(
  context: PassContext,
  step: MoveIndexStep,
  previous: `sha256:${string}`,
): Promise<void> {
  const name = nameStep(step);
  const place = servingPlace(context, step.repository);
  const identity = await retryStep(context, name, () =>
    readIndexIdentity(place.registry, place.repository, previous),
  );
  const job = {
    step: name,
    role: context.request.servingRole,
    repository: step.repository,
    digest: previous,
  };
  const tags = listIndexIds(identity).map((id) => formatImmutableTag(step.tag, id));
  await keepManifest(context, job, tags);
}

type Expected = Pick<
  PushIndexStep,
  'catalog' | 'repository' | 'tag' | 'imageId' | 'builder' | 'id'
>;

/** Digest of what the immutable tag holds; throws `APPLY_TAG_CONFLICT` unless it has the id. */
async function assertImageId(
  context: PassContext,
  expected: Expected,
): Promise<`sha256:${string}`> {
  const { repository, tag, imageId } = expected;
  const place = servingPlace(context, repository);
  const name = { id: expected.id, title: `${repository}:${tag}` };
  const digest = await retryStep(context, name, () => headDigest(place, tag));
  const found =
    digest === null ? null : await retryStep(context, name, () => readId(place, digest, expected));
  if (digest !== null && found === imageId) return digest;
  const noun = expected.builder === 'podman' ? 'recipe' : 'id';
  const what = digest === null ? 'is not there' : `holds an image with ${noun} ${found ?? 'none'}`;
  throw new ToolError(
    'APPLY_TAG_CONFLICT',
    `Tag ${repository}:${tag} ${what}, but should hold the index of ${expected.catalog} with ${noun} ${imageId}. The catalog's tag was not moved.`,
    {
      hint: 'Run `olmirror plan` again; if other content lies under that tag, find out who pushed it.',
    },
  );
}

async function readId(place: Place, digest: Digest, { builder }: Expected): Promise<Digest | null> {
  if (builder !== 'podman') return readImageId(place, digest);
  const { labels } = await readIndexIdentity(place.registry, place.repository, digest);
  return readRecipeId(labels);
}

function servingPlace(context: PassContext, repository: string): Place {
  return placeOf(context, { role: context.request.servingRole, repository });
}
