import { indexRepository } from '../images/map-path.ts';
import type { WantedImage } from '../images/types.ts';
import type { MirrorManifest, RoleName } from '../manifest/types.ts';

/** Repositories of a role that Git knows, with the digests and tags that it asks for there. */
export function nameWanted(
  images: readonly Pick<WantedImage, 'repository' | 'digest' | 'tag'>[],
  manifest: MirrorManifest,
  role: RoleName,
): ReadonlyMap<string, ReadonlySet<string>> {
  const named = new Map<string, Set<string>>();
  function add(repository: string, reference: string | null): void {
    const known = named.get(repository) ?? new Set();
    if (reference !== null) known.add(reference);
    named.set(repository, known);
  }
  for (const { repository, digest, tag } of images) add(repository[role], digest ?? tag);
  for (const entry of manifest.catalogs)
    add(indexRepository(entry, manifest, role), entry.tag[role]);
  return named;
}
