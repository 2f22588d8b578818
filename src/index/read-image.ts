import type { Digest } from '../base/digest.ts';
import {
  type ContentReader,
  type Descriptor,
  formatPlatform,
  type ImageConfig,
  type ImageManifest,
  isIndexManifest,
  type ManifestBody,
  type Platform,
} from '../base/oci.ts';
import { messageOf, ToolError } from '../base/tool-error.ts';

/** One platform of an image: its manifest and config. */
export interface PlatformImage {
  /** Of the manifest. */
  readonly digest: Digest;
  readonly platform: Platform;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
}

export interface Image {
  /** Of the manifest that the reference names. */
  readonly digest: Digest;
  readonly mediaType: string;
  /** Of the manifest that the reference names. */
  readonly annotations: Readonly<Record<string, string>>;
  /** At least one; attestations are none. */
  readonly platforms: readonly PlatformImage[];
}

const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

/** Reads an image's manifests and configs, no layers. Throws `INDEX_NOT_AN_INDEX` where there is no image of a known kind. */
export async function readImage(
  reader: ContentReader,
  repository: string,
  reference: string,
): Promise<Image> {
  const body = await reader.getManifest(repository, reference);
  const name = `${repository}@${body.digest}`;
  const value = parseObject(body.bytes, name);
  const manifests = isIndexManifest(body.mediaType, value)
    ? await readChildren(reader, { repository, name, entries: value.manifests ?? [] })
    : [{ digest: body.digest, manifest: parseManifest(value, name), platform: null }];
  const platforms = await Promise.all(
    manifests.map(async ({ digest, manifest, platform }): Promise<PlatformImage> => {
      const config = await readConfig(reader, { repository, name, digest: manifest.config.digest });
      return { digest, platform: platform ?? platformOf(config), manifest, config };
    }),
  );
  if (platforms.length === 0) throw noImage(name, 'its list holds no image for any platform');
  const annotations = readAnnotations(value);
  return { digest: body.digest, mediaType: body.mediaType, annotations, platforms };
}

function readAnnotations(value: object): Readonly<Record<string, string>> {
  const annotations: unknown = Reflect.get(value, 'annotations');
  if (typeof annotations !== 'object' || annotations === null) return {};
  return Object.fromEntries(
    Object.entries(annotations).filter((entry): entry is [string, string] => {
      return typeof entry[1] === 'string';
    }),
  );
}

interface Child {
  readonly digest: Digest;
  readonly manifest: ImageManifest;
  /** As the list says it. */
  readonly platform: Platform | null;
}

function readChildren(
  reader: ContentReader,
  list: {
    readonly repository: string;
    readonly name: string;
    readonly entries: readonly Descriptor[];
  },
): Promise<readonly Child[]> {
  const images = list.entries.filter((entry) => !isAttestation(entry));
  return Promise.all(
    images.map(async (entry) => {
      const body: ManifestBody = await reader.getManifest(list.repository, entry.digest);
      const value = parseObject(body.bytes, `${list.repository}@${entry.digest}`);
      const manifest = parseManifest(value, list.name);
      return { digest: entry.digest, manifest, platform: entry.platform ?? null };
    }),
  );
}

// buildx adds provenance and SBOM manifests under the platform unknown/unknown.
function isAttestation(entry: Descriptor): boolean {
  return (
    (entry.platform !== undefined && formatPlatform(entry.platform) === 'unknown/unknown') ||
    entry.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest'
  );
}

async function readConfig(
  reader: ContentReader,
  place: { readonly repository: string; readonly name: string; readonly digest: Digest },
): Promise<ImageConfig> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of await reader.getBlob(place.repository, place.digest)) {
    size += chunk.length;
    if (size > MAX_CONFIG_BYTES) throw noImage(place.name, 'its config is larger than 8 MiB');
    chunks.push(chunk);
  }
  return parseObject(Buffer.concat(chunks), place.name);
}

function platformOf(config: ImageConfig): Platform {
  const { os = 'linux', architecture = '', variant } = config;
  return variant === undefined || variant === ''
    ? { os, architecture }
    : { os, architecture, variant };
}

function parseObject(bytes: Uint8Array, name: string): object {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    throw noImage(name, `it is not JSON (${messageOf(error)})`, error);
  }
  throw noImage(name, 'it is not a JSON object');
}

function parseManifest(value: object, name: string): ImageManifest {
  if (isImageManifest(value)) return value;
  if ('fsLayers' in value) throw noImage(name, 'it has the old schema 1 format');
  throw noImage(name, 'it has no config and layers');
}

function isImageManifest(value: object): value is ImageManifest {
  const hasConfig = 'config' in value && isDescriptor(value.config);
  return (
    hasConfig &&
    'layers' in value &&
    Array.isArray(value.layers) &&
    value.layers.every(isDescriptor)
  );
}

function isDescriptor(value: unknown): value is Descriptor {
  return typeof value === 'object' && value !== null && 'digest' in value;
}

function noImage(name: string, why: string, cause?: unknown): ToolError {
  return new ToolError('INDEX_NOT_AN_INDEX', `${name} is not an image that can be read: ${why}.`, {
    hint: `Look at it: skopeo inspect --raw docker://<registry>/${name}`,
    cause,
  });
}
