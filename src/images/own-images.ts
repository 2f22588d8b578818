import { formatImageRef, parseImageRef } from '../base/image-ref.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import type { Asked } from './find-asked.ts';
import { indexRepository } from './map-path.ts';
import type { WantedImage } from './types.ts';

/** An image that the manifest names for an index, beside what catalogs and releases want. */
export interface OwnImage extends Omit<WantedImage, 'kind'> {
  readonly kind: 'index' | 'base';
}

/** The index images of the manifest, and what they are built on or by. */
export function listOwnImages(manifest: MirrorManifest): readonly OwnImage[] {
  return manifest.catalogs.flatMap((entry) => [
    buildIndex(entry, manifest),
    ...[
      { text: entry.base, item: 'base of the index' },
      { text: entry.builderImage, item: 'builder of the index' },
    ].flatMap(({ text, item }) =>
      text === null || text === 'scratch' ? [] : [buildBase(text, item, entry)],
    ),
  ]);
}

function buildIndex(entry: CatalogEntry, manifest: MirrorManifest): OwnImage {
  const repository = {
    production: indexRepository(entry, manifest),
    staging: indexRepository(entry, manifest, 'staging'),
  };
  const tag = entry.tag.production;
  return {
    key: `${repository.production}:${tag}`,
    kind: 'index',
    upstream: `${manifest.registries.production.host}/${repository.production}:${tag}`,
    digest: null,
    tag,
    repository,
    demandedTags: [],
    arrivalTags: [],
    neededBy: [{ catalog: entry.name, package: null, item: 'index' }],
  };
}

function buildBase(text: string, item: string, entry: CatalogEntry): OwnImage {
  const ref = parseImageRef(text);
  return {
    key: formatImageRef(ref),
    kind: 'base',
    upstream: text,
    digest: ref.digest,
    tag: ref.digest === null ? ref.tag : null,
    repository: { production: ref.repository, staging: ref.repository },
    demandedTags: [],
    arrivalTags: [],
    neededBy: [{ catalog: entry.name, package: null, item }],
  };
}

/**
 * The index images and bases that were asked for. In the repository of an index every tag and digest
 * is an index of its catalog, an earlier one for instance.
 */
export function findOwn(asked: Asked, images: readonly OwnImage[]): readonly OwnImage[] {
  if (asked.kind === 'name') return [];
  if (asked.kind === 'digest')
    return images.filter(({ digest }) => digest?.startsWith(`sha256:${asked.hex}`) === true);
  return images.flatMap((image) => {
    const isThere = asked.places.some(
      ({ role, repository }) => image.repository[role ?? 'production'] === repository,
    );
    if (!isThere) return [];
    if (image.kind === 'base') return image.digest === asked.digest ? [image] : [];
    const { digest } = asked;
    const tag = digest === null ? (asked.tag ?? image.tag) : null;
    return [{ ...image, digest, tag }];
  });
}
