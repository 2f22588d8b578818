import type { MirrorManifest } from '../manifest/types.ts';
import { joinPath } from './map-path.ts';

/** `repository:tag` in production, path prefix included, of the tags that may be moved there. */
export function listMovableTags(
  manifest: Pick<MirrorManifest, 'movableTags' | 'registries'>,
): ReadonlySet<string> {
  const { pathPrefix } = manifest.registries.production;
  return new Set(manifest.movableTags.map((tag) => joinPath(pathPrefix, tag)));
}
