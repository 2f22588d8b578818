import type { Digest } from '../base/digest.ts';
import { type ContentReader, formatPlatform } from '../base/oci.ts';
import { ToolError } from '../base/tool-error.ts';
import type { CatalogFile } from '../catalog/types.ts';
import { CONFIGS_LABEL, DATABASE_LABEL } from './build-config.ts';
import { computeImageId } from './image-id.ts';
import { listSortedFiles, readLayerTree } from './read-files.ts';
import { type Image, readImage } from './read-image.ts';

/** What an index image is, without its content. */
export interface IndexIdentity {
  /** Of the manifest that the reference names. */
  readonly digest: Digest;
  readonly imageId: Digest;
  readonly mediaType: string;
  /** Of the manifest that the reference names: where olmirror writes commit and time. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** `os/arch[/variant]`, in the image's order. */
  readonly platforms: readonly string[];
  /** Of the first platform: its layers as they are uncompressed, lowest first. */
  readonly diffIds: readonly Digest[];
}

export interface IndexContent extends IndexIdentity {
  /** Sorted by path, which is relative to the configs folder. */
  readonly files: readonly CatalogFile[];
  /** Folder in the image, as its label says. */
  readonly configsPath: string;
}

/**
 * Reads the catalog out of an index image; of several platforms the first, because they hold the
 * same. Throws `INDEX_SQLITE` and `INDEX_NOT_AN_INDEX` for other images, and what `readLayerTree` throws.
 */
export async function readIndexCatalog(
  reader: ContentReader,
  repository: string,
  reference: string,
): Promise<IndexContent> {
  const image = await readImage(reader, repository, reference);
  const identity = identify(image);
  const configsPath = findConfigsPath(identity, `${repository}@${image.digest}`);
  const layers = image.platforms[0]?.manifest.layers ?? [];
  const tree = await readLayerTree(reader, { repository, folders: [configsPath], layers });
  return { ...identity, files: listSortedFiles(tree, configsPath), configsPath };
}

/**
 * As `readIndexCatalog`, without the layers whose content the caller knows: the files of all others,
 * and which layers were passed by.
 */
export async function readOtherLayers(
  reader: ContentReader,
  place: { readonly repository: string; readonly reference: string },
  isKnown: (layer: Digest) => boolean,
): Promise<{ readonly files: readonly CatalogFile[]; readonly passed: readonly Digest[] }> {
  const { repository, reference } = place;
  const image = await readImage(reader, repository, reference);
  const folder = findConfigsPath(identify(image), `${repository}@${image.digest}`);
  const all = image.platforms[0]?.manifest.layers ?? [];
  const layers = all.filter(({ digest }) => !isKnown(digest));
  const tree = await readLayerTree(reader, { repository, folders: [folder], layers });
  const passed = all.map(({ digest }) => digest).filter(isKnown);
  return { files: listSortedFiles(tree, folder), passed };
}

/** Reads manifests and configs only, of any image: whether it is an index is for the labels to say. */
export async function readIndexIdentity(
  reader: ContentReader,
  repository: string,
  reference: string,
): Promise<IndexIdentity> {
  return identify(await readImage(reader, repository, reference));
}

export function identify(image: Image): IndexIdentity {
  const config = image.platforms[0]?.config.config;
  return {
    digest: image.digest,
    imageId: computeImageId(
      image.platforms.map(({ platform, manifest }) => ({
        platform,
        digest: manifest.config.digest,
      })),
    ),
    mediaType: image.mediaType,
    annotations: image.annotations,
    labels: config?.Labels ?? {},
    entrypoint: config?.Entrypoint ?? [],
    cmd: config?.Cmd ?? [],
    platforms: image.platforms.map(({ platform }) => formatPlatform(platform)),
    diffIds: image.platforms[0]?.config.rootfs?.diff_ids ?? [],
  };
}

/** Whether labels say that an image is an index, of whatever format. */
export function saysIndex({ labels }: Pick<IndexIdentity, 'labels'>): boolean {
  return labels[CONFIGS_LABEL] !== undefined || labels[DATABASE_LABEL] !== undefined;
}

export function findConfigsPath({ labels }: IndexIdentity, name: string): string {
  const path = labels[CONFIGS_LABEL];
  if (path !== undefined && path !== '') return path;
  if (labels[DATABASE_LABEL] !== undefined) {
    throw new ToolError(
      'INDEX_SQLITE',
      `${name} is an index in the old sqlite format, which olmirror does not read.`,
      {
        hint: 'Render it and give the file instead: opm render <image> -o json > catalog.json, then olmirror merge --from catalog.json (opm migrate makes a folder).',
      },
    );
  }
  const found = Object.keys(labels).toSorted().join(', ');
  throw new ToolError(
    'INDEX_NOT_AN_INDEX',
    `${name} is not an operator index: it lacks the label ${CONFIGS_LABEL}.`,
    {
      hint:
        found === ''
          ? 'It has no labels at all; check the reference.'
          : `It has these labels: ${found}. Check the reference.`,
    },
  );
}
