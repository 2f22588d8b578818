import { findClusterTags } from '../cluster/point-cluster-files.ts';
import type { GitPort } from '../git/port.ts';
import { servedRepository } from '../images/map-path.ts';
import { letsTagsMove } from '../manifest/defaults.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import { readClusterFiles } from '../reconcile/read-cluster-files.ts';

/**
 * The tag of a catalog's index that clusters are told of, where the serving registry lets no tag move: what the
 * objects below `cluster/` of the working tree name. Null where the catalog's own tag is what is
 * served, or nothing (or more than one tag) is named there.
 */
export async function readServedTag(
  entry: CatalogEntry,
  manifest: MirrorManifest,
  git: Pick<GitPort, 'openWorkingTree'>,
): Promise<string | null> {
  if (letsTagsMove(manifest.registries[servingRole(manifest)])) return null;
  const files = await readClusterFiles(await git.openWorkingTree());
  const place = { repository: servedRepository(entry, manifest), tag: entry.tag.production };
  const [tag, ...others] = findClusterTags(files, place);
  return tag === undefined || others.length > 0 ? null : tag;
}
