import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { shortHex } from '../base/digest.ts';
import { ToolError } from '../base/tool-error.ts';
import type { BuiltIndex } from '../index/build-index.ts';
import { formatBlobPath, renderOciLayout } from '../index/render-oci-layout.ts';
import type { MoveIndexStep, PushIndexStep } from '../plan/types.ts';
import { withDisk } from './disk-error.ts';
import { keepManifest } from './keep-manifest.ts';
import type { PassContext } from './pass-context.ts';
import { putTag } from './put-tag.ts';
import { headDigest, type Place, readImageId } from './read-registry.ts';
import { interruption, retryStep } from './retry.ts';
import { nameStep } from './step-name.ts';
import { buildResult, COPIED, IN_SYNC, type StepResult } from './step-result.ts';
import { placeOf } from './tag-job.ts';
import { verifyLayout } from './verify-layout.ts';

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
  const built = await context.request.buildIndex(step.catalog);
  if (built.imageId !== step.imageId)
    throw new Error(
      `The index of ${step.catalog} was planned as ${step.imageId} and built as ${built.imageId}.`,
    );
  context.request.emit({
    kind: 'index-built',
    catalog: step.catalog,
    imageId: built.imageId,
    bytes: built.layerBytes,
  });
  await pushBuilt(context, step, built);
  return buildResult(step, COPIED);
}

async function pushBuilt(
  context: PassContext,
  step: PushIndexStep,
  built: BuiltIndex,
): Promise<void> {
  const { repository, tag } = step;
  const what = `Writing the index of ${step.catalog}`;
  const layout = await withDisk(what, () => mkdtemp(join(context.stateFolder, LAYOUT_PREFIX)));
  try {
    await retryStep(context, nameStep(step), () =>
      withDisk(what, () => writeLayout(context, layout, built)),
    );
    const job = {
      step: nameStep(step),
      role: context.request.servingRole,
      repository,
      tag,
      digest: built.digest,
      previous: null,
      source: { layout, verify: () => withDisk(what, () => verifyLayout(layout, built)) },
    };
    await putTag(context, job);
  } finally {
    await rm(layout, { recursive: true, force: true });
  }
}

async function writeLayout(context: PassContext, layout: string, built: BuiltIndex): Promise<void> {
  for (const [path, bytes] of renderOciLayout(built)) {
    await mkdir(dirname(join(layout, path)), { recursive: true });
    await writeFile(join(layout, path), bytes);
  }
  if (built.baseLayers.length === 0) return;
  if (built.baseRepository === null)
    throw new Error('The index has base layers and no base repository.');
  const registry = context.request.registries[context.request.servingRole];
  for (const layer of built.baseLayers) {
    const blob = await registry.getBlob(built.baseRepository, layer.digest);
    await saveBlob(context, blob, join(layout, formatBlobPath(layer.digest)));
  }
}

async function saveBlob(
  context: PassContext,
  blob: AsyncIterable<Uint8Array>,
  path: string,
): Promise<void> {
  try {
    await pipeline(blob, createWriteStream(path), { signal: context.kill });
  } catch (error) {
    throw context.kill.aborted ? interruption(error) : error;
  }
}

/** Removes the layouts that a killed pass left behind; to be called under the lock. */
export async function removeLeftovers(stateFolder: string): Promise<void> {
  for (const name of await readdir(stateFolder)) {
    if (!name.startsWith(LAYOUT_PREFIX)) continue;
    await rm(join(stateFolder, name), { recursive: true, force: true });
  }
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
  return buildResult(step, result === 'written' ? COPIED : IN_SYNC);
}

async function keepPrevious(
  context: PassContext,
  step: MoveIndexStep,
  previous: `sha256:${string}`,
): Promise<void> {
  const name = nameStep(step);
  const place = servingPlace(context, step.repository);
  const id = await retryStep(context, name, () => readImageId(place, previous));
  const job = {
    step: name,
    role: context.request.servingRole,
    repository: step.repository,
    digest: previous,
  };
  await keepManifest(context, job, [`${step.tag}-${shortHex(id)}`]);
}

type Expected = Pick<PushIndexStep, 'catalog' | 'repository' | 'tag' | 'imageId' | 'id'>;

/** Digest of what the immutable tag holds; throws `APPLY_TAG_CONFLICT` unless it has the image id. */
async function assertImageId(
  context: PassContext,
  expected: Expected,
): Promise<`sha256:${string}`> {
  const { repository, tag, imageId } = expected;
  const place = servingPlace(context, repository);
  const name = { id: expected.id, title: `${repository}:${tag}` };
  const digest = await retryStep(context, name, () => headDigest(place, tag));
  const found =
    digest === null ? null : await retryStep(context, name, () => readImageId(place, digest));
  if (digest !== null && found === imageId) return digest;
  const what = found === null ? 'is not there' : `holds an image with id ${found}`;
  throw new ToolError(
    'APPLY_TAG_CONFLICT',
    `Tag ${repository}:${tag} ${what}, but should hold the index of ${expected.catalog} with id ${imageId}. The catalog's tag was not moved.`,
    {
      hint: 'Run `olmirror plan` again; if other content lies under that tag, find out who pushed it.',
    },
  );
}

function servingPlace(context: PassContext, repository: string): Place {
  return placeOf(context, { role: context.request.servingRole, repository });
}
