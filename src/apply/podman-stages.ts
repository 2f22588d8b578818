import { join } from 'node:path';
import { hexOf, shortHex } from '../base/digest.ts';
import { answersPlatform, type Platform, parsePlatform } from '../base/oci.ts';
import { ToolError } from '../base/tool-error.ts';
import type { PinnedImage, PodmanRecipe } from '../index/podman-recipe.ts';
import { type PlatformImage, readImage } from '../index/read-image.ts';
import type { PushIndexStep } from '../plan/types.ts';
import type { PassContext } from './pass-context.ts';
import type { StageImage } from './port.ts';
import { retryStep } from './retry.ts';
import { saveBlob } from './save-blob.ts';
import { writeImageFolder } from './save-image.ts';
import { nameStep } from './step-name.ts';

/** What the stages of the Dockerfiles start from, under names that only podman knows. */
export interface Stages {
  readonly images: readonly StageImage[];
  /** Name of the image whose opm makes the cache; null for no cache. */
  readonly builder: string | null;
  /** Platform asked for → name of its base; empty for scratch. */
  readonly bases: ReadonlyMap<string, string>;
}

/** One build of podman within a pass. */
export interface PodmanBuild {
  readonly context: PassContext;
  readonly step: PushIndexStep;
  /** Folder of this build alone. */
  readonly workspace: string;
}

/**
 * Brings what podman builds on into the workspace, by the client that reads everything else: one path
 * of credentials and TLS, each blob held to its digest, and podman needs no registry. The cache is made
 * by the builder image of this machine's own platform where there is one, since it is the same for all.
 */
export async function findStages(place: PodmanBuild, recipe: PodmanRecipe): Promise<Stages> {
  const saved = new Map<string, StageImage>();
  const bases = new Map<string, string>();
  const base = recipe.base === null ? null : await readPinned(place, recipe.base);
  for (const platform of recipe.platforms)
    if (base !== null)
      bases.set(platform, await save(pickPlatform(base, [parsePlatform(platform)])));
  if (recipe.builder === null) return { images: [...saved.values()], builder: null, bases };
  const builder = await readPinned(place, recipe.builder);
  const wanted = [machinePlatform(), ...recipe.platforms.map(parsePlatform)];
  const name = await save(pickPlatform(builder, wanted));
  return { images: [...saved.values()], builder: name, bases };

  async function save(found: FoundImage): Promise<string> {
    const known = saved.get(found.image.digest);
    if (known !== undefined) return known.name;
    const stage = await saveStage(place, found);
    saved.set(found.image.digest, stage);
    return stage.name;
  }
}

const GO_NAMES: Readonly<Record<string, string>> = { x64: 'amd64', ppc64: 'ppc64le', ia32: '386' };

function machinePlatform(): Platform {
  return { os: 'linux', architecture: GO_NAMES[process.arch] ?? process.arch };
}

interface PinnedPlatforms {
  readonly pinned: PinnedImage;
  readonly platforms: readonly PlatformImage[];
}

interface FoundImage {
  readonly pinned: PinnedImage;
  readonly image: PlatformImage;
}

function readPinned({ context, step }: PodmanBuild, pinned: PinnedImage): Promise<PinnedPlatforms> {
  const registry = context.request.registries[context.request.servingRole];
  return retryStep(context, nameStep(step), async () => {
    const { platforms } = await readImage(registry, pinned.repository, pinned.digest);
    return { pinned, platforms };
  });
}

/** The first of the platforms wanted that the image has. */
function pickPlatform(
  { pinned, platforms }: PinnedPlatforms,
  wanted: readonly Platform[],
): FoundImage {
  for (const asked of wanted) {
    const image = platforms.find(({ platform }) => answersPlatform(platform, asked));
    if (image !== undefined) return { pinned, image };
  }
  throw new ToolError(
    'INDEX_BAD_BASE',
    `The image ${pinned.name} has neither the platform of this machine nor one that is asked for.`,
    { hint: 'Name a builderImage of this catalog in mirror.yaml that has one of them.' },
  );
}

async function saveStage(place: PodmanBuild, { pinned, image }: FoundImage): Promise<StageImage> {
  const { context, step, workspace } = place;
  const registry = context.request.registries[context.request.servingRole];
  const { repository } = pinned;
  const folder = join(workspace, `image-${shortHex(image.digest)}`);
  const { config, layers } = image.manifest;
  const blobs = new Set([config.digest, ...layers.map(({ digest }) => digest)]);
  await retryStep(context, nameStep(step), async () => {
    const { bytes } = await registry.getManifest(repository, image.digest);
    await writeImageFolder(folder, { manifest: bytes });
    for (const digest of blobs) {
      const blob = await registry.getBlob(repository, digest);
      await saveBlob(context, blob, join(folder, hexOf(digest)));
    }
  });
  return { name: `localhost/olmirror:${shortHex(image.digest)}`, folder };
}
