import { type ContentReader, type Platform, parsePlatform } from '../base/oci.ts';
import { ToolError } from '../base/tool-error.ts';
import type { BasePlatform } from './build-config.ts';
import type { IndexBase } from './build-index.ts';
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
    const found = image.platforms.find(({ platform }) => isSame(platform, wanted));
    if (found === undefined) throw lacks(`${repository}@${image.digest}`, text);
    return { platform: wanted, config: { ...found.config }, layers: found.manifest.layers };
  });
  return { repository, platforms };
}

// A variant counts only where it is asked for.
function isSame(found: Platform, wanted: Platform): boolean {
  return (
    found.os === wanted.os &&
    found.architecture === wanted.architecture &&
    (wanted.variant === undefined || found.variant === wanted.variant)
  );
}

function lacks(image: string, platform: string): ToolError {
  return new ToolError('INDEX_BAD_BASE', `The base image ${image} has no platform ${platform}.`, {
    hint: 'Take that platform out of `platforms` of the catalog, or name a base image that has it.',
  });
}
