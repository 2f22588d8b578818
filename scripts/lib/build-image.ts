import { createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { listFileEntries, makeTar } from './make-tar.ts';

/** A layer under full control of the test: its bytes are sent as they are. */
export interface Layer {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  /** Uncompressed digest for the config; the digest of `bytes` when left out. */
  readonly diffId?: string;
}

export type Compression = 'gzip' | 'zstd' | 'none';

export interface ImageSpec {
  readonly repository: string;
  readonly tags?: readonly string[];
  /** `os/arch[/variant]`, default `linux/amd64`. Several make an index. */
  readonly platforms?: readonly string[];
  /** Path → content, put into one layer; the first layer when `layers` are given too. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly layers?: readonly Layer[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** One entry a layer, as container engines write it. */
  readonly history?: readonly object[];
  /** Default `gzip`. */
  readonly compression?: Compression;
  /** Value of the Authorization header. */
  readonly authorization?: string;
  /** Docker schema 2 media types instead of OCI. */
  readonly docker?: boolean;
  /** Makes an index with an `unknown/unknown` attestation manifest, as buildx does. */
  readonly attestation?: boolean;
}

export interface BuiltManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export interface BuiltImage {
  /** By digest. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  /** Children first, the root last. */
  readonly manifests: readonly BuiltManifest[];
  readonly root: BuiltManifest;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const OCI = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: {
    gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
    zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
    none: 'application/vnd.oci.image.layer.v1.tar',
  },
} as const;

const DOCKER = {
  index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: {
    gzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    zstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
    none: 'application/vnd.docker.image.rootfs.diff.tar',
  },
} as const;

/** Builds an image in memory; equal specs give equal bytes. */
export function buildImage(spec: ImageSpec): BuiltImage {
  const layers = buildLayers(spec);
  const blobs = new Map<string, Uint8Array>(
    layers.map((layer) => [sha256(layer.bytes), layer.bytes]),
  );
  const platforms = spec.platforms ?? ['linux/amd64'];
  const children = platforms.map((platform) => buildPlatform(spec, { platform, layers, blobs }));
  const [only] = children;
  if (children.length === 1 && only !== undefined && spec.attestation !== true) {
    return { blobs, manifests: [only], root: only };
  }
  const entries = children.map((child, i) => ({
    ...describe(child.mediaType, child.bytes),
    platform: parsePlatform(platforms[i] ?? ''),
  }));
  if (spec.attestation === true) {
    const extra = buildPlatform(
      { ...spec, docker: false },
      { platform: 'unknown/unknown', layers, blobs },
    );
    children.push(extra);
    entries.push({
      ...describe(extra.mediaType, extra.bytes),
      platform: { os: 'unknown', architecture: 'unknown' },
    });
  }
  const mediaType = mediaTypes(spec).index;
  const root = toManifest(mediaType, { schemaVersion: 2, mediaType, manifests: entries });
  return { blobs, manifests: [...children, root], root };
}

/** A layer of tar bytes in one of the compressions, for `ImageSpec.layers`. */
export function makeLayer(tar: Uint8Array, compression: Compression = 'gzip'): Layer {
  return {
    bytes: compress(tar, compression),
    mediaType: OCI.layer[compression],
    diffId: sha256(tar),
  };
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function buildLayers(spec: ImageSpec): readonly Layer[] {
  const given = spec.layers ?? [];
  if (Object.keys(spec.files).length === 0) return given;
  const compression = spec.compression ?? 'gzip';
  const tar = makeTar(listFileEntries(spec.files));
  const mediaType = mediaTypes(spec).layer[compression];
  return [{ ...makeLayer(tar, compression), mediaType }, ...given];
}

interface PlatformParts {
  readonly platform: string;
  readonly layers: readonly Layer[];
  readonly blobs: Map<string, Uint8Array>;
}

function buildPlatform(spec: ImageSpec, parts: PlatformParts): BuiltManifest {
  const types = mediaTypes(spec);
  const config = toBytes({
    ...parsePlatform(parts.platform),
    config: {
      ...(spec.entrypoint === undefined ? {} : { Entrypoint: spec.entrypoint }),
      ...(spec.cmd === undefined ? {} : { Cmd: spec.cmd }),
      ...(spec.labels === undefined ? {} : { Labels: spec.labels }),
    },
    ...(spec.history === undefined ? {} : { history: spec.history }),
    rootfs: { type: 'layers', diff_ids: parts.layers.map((it) => it.diffId ?? sha256(it.bytes)) },
  });
  parts.blobs.set(sha256(config), config);
  return toManifest(types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: describe(types.config, config),
    layers: parts.layers.map((layer) => describe(layer.mediaType, layer.bytes)),
  });
}

function mediaTypes(spec: ImageSpec): typeof OCI | typeof DOCKER {
  return spec.docker === true ? DOCKER : OCI;
}

function compress(tar: Uint8Array, compression: Compression): Uint8Array {
  if (compression === 'gzip') return gzipSync(tar, { level: 9 });
  return compression === 'zstd' ? zstdCompressSync(tar) : tar;
}

function describe(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: sha256(bytes), size: bytes.length };
}

function toManifest(mediaType: string, value: unknown): BuiltManifest {
  const bytes = toBytes(value);
  return { digest: sha256(bytes), mediaType, bytes };
}

function toBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function parsePlatform(text: string): { os: string; architecture: string; variant?: string } {
  const [os = 'linux', architecture = 'amd64', variant] = text.split('/');
  return variant === undefined ? { os, architecture } : { os, architecture, variant };
}
