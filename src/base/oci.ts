import { type Digest, isDigest } from './digest.ts';
import { ToolError } from './tool-error.ts';

/** Media types that a manifest request must offer; a registry answers 404 for what is not named (spec "registries" §0.2). */
export const MANIFEST_MEDIA_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/vnd.docker.distribution.manifest.v1+json',
] as const;

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ImageManifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ImageIndex {
  readonly manifests: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The parts of an image config that olmirror reads. */
export interface ImageConfig {
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
  readonly config?: {
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly User?: string;
    readonly Env?: readonly string[] | null;
    readonly WorkingDir?: string;
  };
  readonly rootfs?: { readonly diff_ids?: readonly Digest[] };
}

/** A manifest as the other side holds it: its bytes are sacred, its digest is over them. */
export interface ManifestBody {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/**
 * Gives the content of images, from a registry or an OCI layout. Every blob is checked against its
 * digest while it streams; the stream fails at its end when it does not match.
 */
export interface ContentReader {
  /** Throws `REGISTRY_NOT_FOUND` where the manifest is absent. `reference` is a tag or a digest. */
  getManifest(repository: string, reference: string): Promise<ManifestBody>;
  getBlob(repository: string, digest: Digest): Promise<AsyncIterable<Uint8Array>>;
}

/** Index or single image, by media type, and by shape where the media type is missing or generic (spec "registries" §2.8). */
export function isIndexManifest(mediaType: string, value: unknown): value is ImageIndex {
  if (mediaType === OCI_INDEX || mediaType === DOCKER_LIST) return true;
  return (
    typeof value === 'object' && value !== null && 'manifests' in value && !('layers' in value)
  );
}

/**
 * The value of a manifest's bytes; beyond what is thrown its fields are not checked. Throws
 * `REGISTRY_PROTOCOL` where the bytes are no JSON object, or an index without a list.
 */
export function parseManifestBody({
  digest,
  mediaType,
  bytes,
}: ManifestBody): ImageIndex | ImageManifest {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw noManifest(digest, 'is not JSON', error);
  }
  if (!isObject(value)) throw noManifest(digest, 'is no JSON object');
  if (isIndexManifest(mediaType, value) && !Array.isArray(value.manifests))
    throw noManifest(digest, 'is an index that lists nothing');
  return value;
}

function isObject(value: unknown): value is ImageIndex | ImageManifest {
  return typeof value === 'object' && value !== null;
}

function noManifest(digest: Digest, what: string, cause?: unknown): ToolError {
  return new ToolError('REGISTRY_PROTOCOL', `Manifest ${digest} ${what}.`, {
    hint: 'It is no container image: check what the reference names, and any proxy before the registry.',
    cause,
  });
}

/** `os/architecture[/variant]`. */
export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant]
    .filter((part) => part !== undefined && part !== '')
    .join('/');
}

export function parsePlatform(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/');
  return variant === undefined ? { os, architecture } : { os, architecture, variant };
}

/** Whether an image of one platform answers to the platform asked for: a variant counts only where it is asked for. */
export function answersPlatform(found: Platform, wanted: Platform): boolean {
  return (
    found.os === wanted.os &&
    found.architecture === wanted.architecture &&
    (wanted.variant === undefined || found.variant === wanted.variant)
  );
}

/** Config and layers that a manifest of one platform names; entries of another shape are left out. */
export function listManifestBlobs(value: unknown): readonly Descriptor[] {
  if (typeof value !== 'object' || value === null) return [];
  const config: unknown = Reflect.get(value, 'config');
  const layers: unknown = Reflect.get(value, 'layers');
  return [config, ...(Array.isArray(layers) ? layers : [])].filter(isDescriptor);
}

function isDescriptor(value: unknown): value is Descriptor {
  if (typeof value !== 'object' || value === null) return false;
  const digest: unknown = Reflect.get(value, 'digest');
  return (
    typeof digest === 'string' &&
    isDigest(digest) &&
    Number.isSafeInteger(Reflect.get(value, 'size'))
  );
}
