import type { ContentReader } from '../base/oci.ts';
import { formatPlatform, parsePlatform } from '../base/oci.ts';
import { isToolError, messageOf, ToolError } from '../base/tool-error.ts';
import { hashCatalog } from '../catalog/hash-catalog.ts';
import { parseCatalog } from '../catalog/parse-catalog.ts';
import { CACHE_FOLDER } from '../index/build-group.ts';
import {
  describeCacheFault,
  type InspectedImage,
  inspectIndexImage,
} from '../index/describe-index.ts';
import type { PodmanRecipe } from '../index/podman-recipe.ts';
import { type PlatformImage, readImage } from '../index/read-image.ts';
import type { PodmanDeps } from './pass-context.ts';

export interface BuildResult {
  readonly title: string;
  /** As asked for. */
  readonly platform: string;
  readonly layout: string;
  readonly recipe: PodmanRecipe;
}

/** A platform that podman built, held to be right. */
export interface BuiltPart {
  readonly platform: string;
  readonly layout: string;
  readonly image: PlatformImage;
  readonly reader: ContentReader;
}

/** Reads back what podman built; throws `APPLY_BUILD_FAILED` unless it is what the recipe says. */
export async function checkBuilt(
  result: BuildResult,
  { openLayout }: PodmanDeps,
): Promise<BuiltPart> {
  const { title, platform, layout } = result;
  try {
    const { reader, reference } = await openLayout(layout);
    const { platforms } = await readImage(reader, '', reference);
    const [image, ...others] = platforms;
    if (image === undefined || others.length > 0)
      throw wrong(title, `it holds ${platforms.length} platforms`);
    const inspected = await inspectIndexImage(reader, '', reference);
    const fault = findFault(result, inspected);
    if (fault !== null) throw wrong(title, fault);
    return { platform, layout, image, reader };
  } catch (error) {
    if (!isToolError(error) || error.code === 'APPLY_BUILD_FAILED') throw error;
    throw new ToolError(
      'APPLY_BUILD_FAILED',
      `podman said that it built ${title}, but that cannot be read: ${messageOf(error)} Nothing was pushed.`,
      {
        cause: error,
        disposition: 'retry',
        hint: 'Check the podman in PATH: `podman --version`; and that the disk has room.',
      },
    );
  }
}

function findFault({ recipe, platform }: BuildResult, image: InspectedImage): string | null {
  return (
    findPlatformFault(platform, image) ??
    findContentFault(recipe, image) ??
    findCacheFault(recipe, image)
  );
}

// podman leaves the variant out where it is the usual one of the architecture.
function findPlatformFault(asked: string, image: InspectedImage): string | null {
  const { os, architecture } = parsePlatform(asked);
  const [built = ''] = image.platforms;
  const found = parsePlatform(built);
  if (found.os === os && found.architecture === architecture) return null;
  return `it is for ${built}, not for ${formatPlatform(parsePlatform(asked))}`;
}

function findContentFault(recipe: PodmanRecipe, image: InspectedImage): string | null {
  for (const [name, value] of Object.entries(recipe.labels))
    if (image.labels[name] !== value)
      return `its label ${name} is ${image.labels[name] ?? 'missing'}, not ${value}`;
  if (hashCatalog(parseCatalog(image.files).catalog) === recipe.served) return null;
  return `the catalog in ${image.configsPath} is not that of Git; a base that brings a catalog of its own does this`;
}

function findCacheFault(recipe: PodmanRecipe, image: InspectedImage): string | null {
  if (image.cacheFault !== null) return `its cache cannot be read: ${image.cacheFault}`;
  const faults = image.caches.flatMap((cache) => {
    const fault = describeCacheFault(cache);
    return fault === null ? [] : [`${cache.path} ${fault}`];
  });
  const [first] = faults;
  if (first !== undefined) return first;
  const cached = image.caches.some(({ path }) => path === `/${CACHE_FOLDER}`);
  return recipe.builder === null || cached ? null : `it has no cache in /${CACHE_FOLDER}`;
}

function wrong(title: string, why: string): ToolError {
  return new ToolError(
    'APPLY_BUILD_FAILED',
    `podman built ${title}, but not as it should be: ${why}. Nothing was pushed; the tag serves what it did.`,
    {
      hint: 'Check base and builderImage of the catalog in mirror.yaml, or set `builder: native`.',
    },
  );
}
