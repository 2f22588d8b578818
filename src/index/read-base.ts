import { digestOf } from '../base/digest.ts';
import {
  type ContentReader,
  formatPlatform,
  type ImageManifest,
  isIndexManifest,
  type ManifestBody,
  type Platform,
  parsePlatform,
} from '../base/oci.ts';
import { ToolError } from '../base/tool-error.ts';
import type { BaseConfig, BasePlatform } from './build-config.ts';
import type { IndexBase } from './build-index.ts';

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
  const top = await reader.getManifest(repository, request.reference);
  const value = parseJson(top, repository);
  const platforms = await Promise.all(
    request.platforms.map(async (text) => {
      const wanted = parsePlatform(text);
      if (!isIndexManifest(top.mediaType, value))
        return readPlatform(reader, { repository, body: top, wanted });
      const child = value.manifests.find(
        (entry) => entry.platform !== undefined && isSame(entry.platform, wanted),
      );
      if (child === undefined) throw lacks(repository, request.reference, text);
      return readPlatform(reader, {
        repository,
        body: await reader.getManifest(repository, child.digest),
        wanted,
      });
    }),
  );
  return { repository, platforms };
}

interface PlatformPlace {
  readonly repository: string;
  readonly body: ManifestBody;
  readonly wanted: Platform;
}

async function readPlatform(
  reader: ContentReader,
  { repository, body, wanted }: PlatformPlace,
): Promise<BasePlatform> {
  const manifest = parseJson(body, repository) as ImageManifest;
  const config = await readConfig(reader, repository, manifest);
  const found: Platform = {
    os: config.os ?? 'linux',
    architecture: config.architecture ?? '',
    ...(config.variant === undefined ? {} : { variant: config.variant }),
  };
  if (!isSame(found, wanted)) throw lacks(repository, body.digest, formatPlatform(wanted));
  return { platform: wanted, config, layers: manifest.layers };
}

async function readConfig(
  reader: ContentReader,
  repository: string,
  manifest: ImageManifest,
): Promise<BaseConfig> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await reader.getBlob(repository, manifest.config.digest))
    chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return parseJson(
    { digest: digestOf(bytes), mediaType: manifest.config.mediaType, bytes },
    repository,
  ) as BaseConfig;
}

// A variant counts only where it is asked for.
function isSame(found: Platform, wanted: Platform): boolean {
  return (
    found.os === wanted.os &&
    found.architecture === wanted.architecture &&
    (wanted.variant === undefined || found.variant === wanted.variant)
  );
}

function parseJson(body: ManifestBody, repository: string): unknown {
  try {
    return JSON.parse(Buffer.from(body.bytes).toString());
  } catch (error) {
    throw new ToolError(
      'INDEX_BAD_BASE',
      `${repository}@${body.digest} is not JSON, so it cannot be the base of an index.`,
      { cause: error, hint: 'Name an image that carries opm as `base` of the catalog.' },
    );
  }
}

function lacks(repository: string, reference: string, platform: string): ToolError {
  return new ToolError(
    'INDEX_BAD_BASE',
    `The base image ${repository}@${reference.replace(/^.*@/, '')} has no platform ${platform}.`,
    {
      hint: 'Take that platform out of `platforms` of the catalog, or name a base image that has it.',
    },
  );
}
