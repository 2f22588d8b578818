import { servingRole } from '../manifest/serving-role.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import { joinPath } from './map-path.ts';

/**
 * `repository:tag` in the serving registry, path prefix included, of the tags that may be moved there. Under
 * `writePolicy: allow-once` only those called `latest`: Nexus has a switch for that name alone
 * ("Allow redeploy only on 'latest' tag").
 */
export function listMovableTags(
  manifest: Pick<MirrorManifest, 'strategy' | 'movableTags' | 'registries'>,
): ReadonlySet<string> {
  const { pathPrefix, writePolicy } = manifest.registries[servingRole(manifest)];
  const movable = manifest.movableTags.filter(
    (tag) => writePolicy !== 'allow-once' || tag.endsWith(':latest'),
  );
  return new Set(movable.map((tag) => joinPath(pathPrefix, tag)));
}
