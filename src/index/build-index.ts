import canonicalize from 'canonicalize';
import { type Digest, digestOf } from '../base/digest.ts';
import {
  type Descriptor,
  formatPlatform,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
  type Platform,
  parsePlatform,
} from '../base/oci.ts';
import { compareBytes } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import type { Catalog } from '../catalog/types.ts';
import {
  type BasePlatform,
  buildConfig,
  CONFIGS_LABEL,
  CONTENT_LABEL,
  OURS_LABEL,
} from './build-config.ts';
import { CACHE_FOLDER, type CacheChoice } from './build-group.ts';
import { type BuiltLayer, type Compression, compressEntries, OCI_LAYER } from './compress-layer.ts';
import { buildContentLayers } from './content-layers.ts';
import { listHidingEntries } from './hide-base.ts';
import { computeImageId } from './image-id.ts';
import type { ContentLayers, ContentWork } from './layer-memory.ts';

/** An image that brings opm: its config and layers by platform. Its layers are named, not held. */
export interface IndexBase {
  /** Where its layers lie in the serving registry, with path prefix. */
  readonly repository: string;
  readonly platforms: readonly BasePlatform[];
}

export interface IndexInput extends ContentWork {
  /** With the references that are to be served. */
  readonly catalog: Catalog;
  readonly cache: CacheChoice;
  readonly compression: Compression;
  /** `os/arch[/variant]`, at least one. */
  readonly platforms: readonly string[];
  /** Null for scratch. */
  readonly base: IndexBase | null;
  /** Canonical hash of the catalog's content. */
  readonly content: Digest;
  /** Further labels; they are part of the image id. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Of the top manifest only, so that they are no part of the image id: revision, source, created. */
  readonly annotations: Readonly<Record<string, string>>;
}

export interface BuiltBlob {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  /** Null where `file` holds them, or they were not asked for (`withBytes`). */
  readonly bytes: Uint8Array | null;
  readonly file: string | null;
}

/** A config or a manifest. */
interface JsonBlob extends BuiltBlob {
  readonly bytes: Uint8Array;
}

export interface BuiltIndex {
  readonly imageId: Digest;
  readonly mediaType: string;
  /** Of `manifest`. */
  readonly digest: Digest;
  /** The image's manifest, or the OCI index of several platforms. */
  readonly manifest: Uint8Array;
  /** What was made here: layers, configs, manifests of single platforms. */
  readonly blobs: readonly BuiltBlob[];
  /** What the base image holds and a push needs besides. */
  readonly baseLayers: readonly Descriptor[];
  /** Where the base layers lie in the serving registry; null for scratch. */
  readonly baseRepository: string | null;
  /** Compressed bytes of the layers made here. */
  readonly layerBytes: number;
  /** For the next image to take over what did not change. */
  readonly content: ContentLayers;
}

/** One platform of an index image: its config, and layers that need not be in memory. */
export interface BuiltPlatform {
  readonly platform: Platform;
  readonly config: JsonBlob;
  readonly layers: readonly Descriptor[];
}

/**
 * Builds the index image of a catalog without opm or a container engine (design §8).
 *
 * The image id is a pure function of files, platforms, base, content hash and labels (promise 7):
 * it rests on uncompressed layers and on constants. The digests of compressed layers and of
 * manifests may differ where zlib does.
 *
 * Throws `INDEX_BAD_BASE` where the base lacks a platform, `INDEX_UNSAFE_PATH` for a bad path.
 */
export async function buildIndexImage(input: IndexInput): Promise<BuiltIndex> {
  const content = await buildContentLayers(input);
  const layers = [...hideBase(input), ...content.layers];
  const platforms = parsePlatforms(input.platforms).map((platform) =>
    buildPlatform(input, platform, layers),
  );
  const imageId = computeImageId(
    platforms.map(({ platform, config }) => ({ platform, digest: config.digest })),
  );
  const made = [...layers.map(blobOfLayer), ...platforms.map(({ config }) => config)];
  const ours = new Set(made.map((blob) => blob.digest));
  const baseLayers = platforms
    .flatMap((entry) => entry.layers)
    .filter((layer) => !ours.has(layer.digest));
  const rest = {
    imageId,
    baseLayers: uniqueByDigest(baseLayers),
    baseRepository: input.base?.repository ?? null,
    layerBytes: layers.reduce((sum, layer) => sum + layer.descriptor.size, 0),
    content,
  };
  return { ...buildTopManifest(platforms, made, input.annotations), ...rest };
}

// One layer for all platforms, whatever each of their bases has.
function hideBase({ base, platforms, compression }: IndexInput): readonly BuiltLayer[] {
  if (base === null) return [];
  const configs = parsePlatforms(platforms).map((platform) => findBase(base, platform).config);
  return [compressEntries(listHidingEntries(configs), compression)];
}

function parsePlatforms(texts: readonly string[]): readonly Platform[] {
  const sorted = [...new Set(texts)].toSorted(compareBytes);
  if (sorted.length === 0) throw new Error('An index image needs a platform.');
  return sorted.map(parsePlatform);
}

function buildPlatform(
  input: IndexInput,
  platform: Platform,
  layers: readonly BuiltLayer[],
): BuiltPlatform {
  const base = input.base === null ? null : findBase(input.base, platform);
  const labels = {
    ...input.labels,
    [CONFIGS_LABEL]: '/configs',
    [OURS_LABEL]: 'v1',
    [CONTENT_LABEL]: input.content,
  };
  const config = buildConfig({
    platform,
    base,
    labels,
    cacheFolder: input.cache === 'none' ? null : `/${CACHE_FOLDER}`,
    diffIds: layers.map((layer) => layer.diffId),
  });
  return {
    platform,
    config: renderJson(config, OCI_CONFIG),
    layers: [...(base?.layers ?? []).map(toOciLayer), ...layers.map((layer) => layer.descriptor)],
  };
}

function findBase(base: IndexBase, platform: Platform): BasePlatform {
  const wanted = formatPlatform(platform);
  const found =
    base.platforms.find((entry) => formatPlatform(entry.platform) === wanted) ??
    base.platforms.find((entry) => isSameMachine(entry.platform, platform));
  if (found !== undefined) return found;
  const known = base.platforms.map((entry) => formatPlatform(entry.platform)).join(', ');
  throw new ToolError(
    'INDEX_BAD_BASE',
    `The base image has no platform ${wanted}; it has ${known}.`,
    {
      hint: 'Take the platform out of `platforms` of this catalog in mirror.yaml, or choose another `base`.',
    },
  );
}

// Images name the usual variant of arm64 (v8) or leave it out; both mean the same machine.
function isSameMachine(a: Platform, b: Platform): boolean {
  return (
    a.os === b.os &&
    a.architecture === b.architecture &&
    (a.variant === undefined || b.variant === undefined)
  );
}

const LAYER_TYPES: Readonly<Record<string, string>> = {
  [OCI_LAYER]: OCI_LAYER,
  'application/vnd.docker.image.rootfs.diff.tar.gzip': OCI_LAYER,
  'application/vnd.oci.image.layer.v1.tar': 'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.oci.image.layer.v1.tar+zstd': 'application/vnd.oci.image.layer.v1.tar+zstd',
};

// The bytes stay; an OCI manifest must only call them by their OCI name.
function toOciLayer(layer: Descriptor): Descriptor {
  const mediaType = LAYER_TYPES[layer.mediaType];
  if (mediaType !== undefined) return { mediaType, digest: layer.digest, size: layer.size };
  throw new ToolError(
    'INDEX_BAD_BASE',
    `The base image has a layer of type ${layer.mediaType}, which an index image cannot take over.`,
    {
      hint: 'Choose another image for `base` of this catalog in mirror.yaml.',
    },
  );
}

type Annotations = Readonly<Record<string, string>>;

/** The manifest of one platform, or the OCI index over several, whose manifests are added to the blobs. */
export function buildTopManifest(
  platforms: readonly BuiltPlatform[],
  made: readonly BuiltBlob[],
  annotations: Annotations,
): Pick<BuiltIndex, 'mediaType' | 'digest' | 'manifest' | 'blobs'> {
  const [only, ...others] = platforms;
  if (only !== undefined && others.length === 0)
    return { ...asTop(renderManifest(only, annotations)), blobs: made };
  const children = platforms.map((entry) => ({
    manifest: renderManifest(entry, {}),
    platform: entry.platform,
  }));
  const manifests = children.map(({ manifest, platform }) => ({
    ...describeBlob(manifest),
    platform,
  }));
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests, ...orNothing(annotations) };
  return {
    ...asTop(renderJson(index, OCI_INDEX)),
    blobs: [...made, ...children.map(({ manifest }) => manifest)],
  };
}

function asTop(blob: JsonBlob): Pick<BuiltIndex, 'mediaType' | 'digest' | 'manifest'> {
  return { mediaType: blob.mediaType, digest: blob.digest, manifest: blob.bytes };
}

function renderManifest(entry: BuiltPlatform, annotations: Annotations): JsonBlob {
  const config = describeBlob(entry.config);
  return renderJson(
    {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config,
      layers: entry.layers,
      ...orNothing(annotations),
    },
    OCI_MANIFEST,
  );
}

function orNothing(annotations: Annotations): { readonly annotations?: Annotations } {
  return Object.keys(annotations).length === 0 ? {} : { annotations };
}

function describeBlob(blob: BuiltBlob): Descriptor {
  return { mediaType: blob.mediaType, digest: blob.digest, size: blob.size };
}

function blobOfLayer({ descriptor, bytes, file }: BuiltLayer): BuiltBlob {
  const { digest, mediaType, size } = descriptor;
  return { digest, mediaType, size, bytes, file };
}

// RFC 8785, so that key order and number forms are no matter of how the value was put together.
function renderJson(value: unknown, mediaType: string): JsonBlob {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('Nothing to write as JSON.');
  const bytes = Buffer.from(text);
  return { digest: digestOf(bytes), mediaType, size: bytes.length, bytes, file: null };
}

function uniqueByDigest(layers: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
}
