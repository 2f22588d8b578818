import type { MirrorManifest } from '../manifest/types.ts';
import { joinPath } from './map-path.ts';

/**
 * `repository:tag` in production, path prefix included, of the tags that may be moved there. Under
 * `writePolicy: allow-once` only those called `latest`: Nexus has a switch for that name alone
 * ("Allow redeploy only on 'latest' tag").
 */
export function listMovableTags(
  manifest: Pick<MirrorManifest, 'movableTags' | 'registries'>,
): ReadonlySet<string> {
  const { pathPrefix, writePolicy } = manifest.registries.production;
  const movable = manifest.movableTags.filter(
    (tag) => writePolicy !== 'allow-once' || tag.endsWith(':latest'),
  );
  return new Set(movable.map((tag) => joinPath(pathPrefix, tag)));
}
