import type { Digest } from '../base/digest.ts';
import { parseImageRef } from '../base/image-ref.ts';
import { isToolError } from '../base/tool-error.ts';
import { namesDigest } from '../manifest/index-tags.ts';
import type { ExtraImage, MirrorManifest } from '../manifest/types.ts';
import { mapRepository, restAfter } from './map-path.ts';
import { turnUpstream } from './turn-upstream.ts';

/** A manifest of a repository in production, path prefix included. */
export interface HeldImage {
  readonly repository: string;
  readonly digest: Digest;
  readonly tags: readonly string[];
}

/**
 * The entry of `spec.images` that stands for an image in production: by the upstream address that `paths` leads
 * back to, else by production's own, which maps to where it lies. Null where neither does.
 */
export function describeHeld(
  { repository, digest, tags }: HeldImage,
  manifest: Pick<MirrorManifest, 'paths' | 'registries'>,
): ExtraImage | null {
  const { host, pathPrefix } = manifest.registries.production;
  const turned = turnUpstream(`${host}/${repository}@${digest}`, manifest);
  const source =
    turned.kind === 'turned'
      ? turned.reference
      : `${host}/${restAfter(repository, pathPrefix)}@${digest}`;
  // Tags that name a digest are not asked for: olmirror gives them by itself.
  const kept = tags.filter((tag) => !namesDigest(tag));
  return leadsTo(source, repository, manifest) ? { source, tags: kept } : null;
}

function leadsTo(
  source: string,
  repository: string,
  manifest: Pick<MirrorManifest, 'paths' | 'registries'>,
): boolean {
  try {
    return mapRepository(parseImageRef(source), 'production', manifest) === repository;
  } catch (error) {
    if (isToolError(error, 'BASE_BAD_IMAGE_REF')) return false;
    throw error;
  }
}
