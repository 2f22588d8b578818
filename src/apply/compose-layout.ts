import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { OCI_CONFIG, parsePlatform } from '../base/oci.ts';
import { type BuiltPlatform, buildTopManifest } from '../index/build-index.ts';
import { computeImageId } from '../index/image-id.ts';
import { type BuiltTop, formatBlobPath, renderOciLayout } from '../index/render-oci-layout.ts';
import type { BuiltPart } from './check-built.ts';
import { writeLayoutFiles } from './write-layout-files.ts';

/** An index image as an OCI layout on disk. */
export interface BuiltLayout {
  readonly layout: string;
  readonly top: BuiltTop;
  readonly imageId: Digest;
  /** Of all layers, each counted once. */
  readonly bytes: number;
}

/**
 * Joins the platforms that podman built to one OCI layout, an OCI index where there are several, with
 * our annotations on top. Configs and layers are moved as they are.
 */
export async function composeLayout(
  parts: readonly BuiltPart[],
  annotations: Readonly<Record<string, string>>,
  folder: string,
): Promise<BuiltLayout> {
  const platforms: BuiltPlatform[] = [];
  const sizes = new Map<Digest, number>();
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  for (const { platform, layout, image } of parts) {
    const { config, layers } = image.manifest;
    const bytes = await readFile(join(layout, formatBlobPath(config.digest)));
    for (const digest of new Set([config.digest, ...layers.map((layer) => layer.digest)]))
      await rename(join(layout, formatBlobPath(digest)), join(folder, formatBlobPath(digest)));
    for (const { digest, size } of layers) sizes.set(digest, size);
    platforms.push({
      platform: parsePlatform(platform),
      config: {
        digest: config.digest,
        mediaType: OCI_CONFIG,
        size: bytes.length,
        bytes,
        file: null,
      },
      layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
    });
  }
  const top = buildTopManifest(platforms, [], annotations);
  await writeLayoutFiles(renderOciLayout(top), folder);
  const configs = platforms.map(({ platform, config }) => ({ platform, digest: config.digest }));
  return {
    layout: folder,
    top,
    imageId: computeImageId(configs),
    bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
  };
}
