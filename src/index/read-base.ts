import { answersPlatform, type ContentReader, parsePlatform } from '../base/oci.ts';
import { ToolError } from '../base/tool-error.ts';
import { type BasePlatform, CONFIGS_LABEL, readWholeHistory } from './build-config.ts';
import type { IndexBase } from './build-index.ts';
import type { PinnedImage } from './podman-recipe.ts';
import { readImage } from './read-image.ts';

export interface BaseRequest {
  /** Digest, so that the base cannot change behind the index (promise 7). */
  readonly reference: string;
  /** Wanted platforms, `os/arch[/variant]`. */
  readonly platforms: readonly string[];
}

/** Reads config and layer list of a base image for each wanted platform; throws `INDEX_BAD_BASE` where one is missing. */
export async function readIndexBase(
  reader: ContentReader,
  repository: string,
  request: BaseRequest,
): Promise<IndexBase> {
  const image = await readImage(reader, repository, request.reference);
  const platforms = request.platforms.map((text): BasePlatform => {
    const wanted = parsePlatform(text);
    const found = image.platforms.find(({ platform }) => answersPlatform(platform, wanted));
    if (found === undefined) throw lacks(`${repository}@${image.digest}`, text);
    return { platform: wanted, config: { ...found.config }, layers: found.manifest.layers };
  });
  return { repository, platforms };
}

/**
 * Reads an image that podman is to build on. Throws `INDEX_BAD_BASE` where it lacks one of the
 * platforms, brings a catalog of its own, since the new one would be put on top of that and not in its
 * place, or has no history, since podman then fails in the middle of its build.
 */
export async function assertBuildable(
  reader: ContentReader,
  { repository, digest, name }: PinnedImage,
  platforms: readonly string[],
): Promise<void> {
  const image = await readImage(reader, repository, digest);
  for (const text of platforms)
    if (!image.platforms.some(({ platform }) => answersPlatform(platform, parsePlatform(text))))
      throw lacks(`${repository}@${digest}`, text);
  for (const { config, manifest } of image.platforms) {
    if (config.config?.Labels?.[CONFIGS_LABEL] !== undefined) throw bringsCatalog(name);
    if (readWholeHistory(config, manifest.layers.length) === null) throw lacksHistory(name);
  }
}

function bringsCatalog(name: string): ToolError {
  return new ToolError(
    'INDEX_BAD_BASE',
    `The image ${name} brings a catalog of its own, which an image that podman builds on it would serve as well.`,
    {
      hint: 'Name an image that carries opm and no catalog, or set `builder: native`, which hides the catalog of the base.',
    },
  );
}

function lacksHistory(name: string): ToolError {
  return new ToolError(
    'INDEX_BAD_BASE',
    `podman cannot build on the image ${name}: its config has no history, or one that does not count its layers.`,
    { hint: 'Name another image, or set `builder: native`, which needs no history.' },
  );
}

function lacks(image: string, platform: string): ToolError {
  return new ToolError('INDEX_BAD_BASE', `The base image ${image} has no platform ${platform}.`, {
    hint: 'Take that platform out of `platforms` of the catalog, or name a base image that has it.',
  });
}
