import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listCatalogFiles } from '../catalog/render-catalog.ts';
import type { PodmanRecipe } from '../index/podman-recipe.ts';
import { renderDockerfile } from '../index/render-dockerfile.ts';
import type { PushIndexStep } from '../plan/types.ts';
import { checkBuilt } from './check-built.ts';
import { type BuiltLayout, composeLayout } from './compose-layout.ts';
import { withDisk } from './disk-error.ts';
import type { PassContext } from './pass-context.ts';
import { findStages, type PodmanBuild, type Stages } from './podman-stages.ts';
import type { ImageBuild } from './port.ts';
import { pushLayout } from './push-layout.ts';
import { nameStep } from './step-name.ts';

/** Of folders in the state folder in which podman builds. */
export const PODMAN_PREFIX = 'podman-';

/**
 * Lets podman build the index of a catalog, and pushes it under its immutable tag as every index is.
 * What was built is read back first: an image that does not hold Git's catalog, whole and with a
 * cache that opm takes, is not pushed. Throws `APPLY_BUILD_FAILED`, `APPLY_NO_PODMAN`.
 */
export async function pushRecipe(context: PassContext, step: PushIndexStep): Promise<void> {
  const { builder } = context.podman;
  const recipe = await context.request.describeIndex(step.catalog);
  if (recipe.id !== step.imageId)
    throw new Error(
      `The index of ${step.catalog} was planned as recipe ${step.imageId} and is now ${recipe.id}.`,
    );
  await builder.assertReady();
  const work = `Building the index of ${step.catalog}`;
  const workspace = await withDisk(work, () => mkdtemp(join(context.stateFolder, PODMAN_PREFIX)));
  try {
    const built = await withDisk(work, () => buildIndex({ context, step, workspace }, recipe));
    const { imageId, bytes, layout, top } = built;
    context.request.emit({ kind: 'index-built', catalog: step.catalog, imageId, bytes });
    const { repository, tag } = step;
    await pushLayout(context, { step: nameStep(step), repository, tag, work, layout, top });
  } finally {
    await builder.remove(workspace);
  }
}

async function buildIndex(building: PodmanBuild, recipe: PodmanRecipe): Promise<BuiltLayout> {
  const { context, workspace } = building;
  const stages = await findStages(building, recipe);
  const buildContext = join(workspace, 'context');
  await writeContext(buildContext, recipe);
  const builds: (ImageBuild & { readonly platform: string })[] = [];
  for (const [i, platform] of recipe.platforms.entries()) {
    const dockerfile = join(workspace, `${i}.Dockerfile`);
    await writeFile(dockerfile, renderFor(platform, stages, recipe));
    const title = `the index of ${recipe.name} for ${platform}`;
    const { compression } = recipe;
    builds.push({ title, platform, dockerfile, compression, layout: join(workspace, `out-${i}`) });
  }
  const { name: catalog, platforms } = recipe;
  context.request.emit({ kind: 'build-started', catalog, platforms });
  await context.podman.builder.build(
    { workspace, context: buildContext, images: stages.images, builds },
    context.kill,
  );
  const parts = [];
  for (const { title, platform, layout } of builds)
    parts.push(await checkBuilt({ title, platform, layout, recipe }, context.podman));
  return composeLayout(parts, recipe.annotations, join(workspace, 'index'));
}

// Modes are set apart from writing, because the umask would have a say: opm's digest counts them.
async function writeContext(folder: string, recipe: PodmanRecipe): Promise<void> {
  const root = join(folder, recipe.name);
  const folders = new Set([root]);
  await mkdir(root, { recursive: true });
  for (const [path, render] of listCatalogFiles(recipe.catalog)) {
    const file = join(root, path);
    folders.add(dirname(file));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, render(), { flag: 'wx' });
    await chmod(file, 0o644);
  }
  for (const path of folders) await chmod(path, 0o755);
}

function renderFor(platform: string, stages: Stages, recipe: PodmanRecipe): string {
  const base = stages.bases.get(platform) ?? 'scratch';
  const text = renderDockerfile({
    folder: recipe.name,
    base,
    builder: stages.builder,
    labels: recipe.labels,
  });
  // Scratch has no platform to take over, and podman would take that of the machine.
  return base === 'scratch'
    ? text.replace('\nFROM scratch', `\nFROM --platform=${platform} scratch`)
    : text;
}
