import { parseDigest } from '../base/digest.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import { locateBase } from './map-path.ts';
import type { WantedImage } from './types.ts';

/** An image in the serving registry that an index is built on or by. */
export interface BaseImage extends Omit<WantedImage, 'kind'> {
  readonly kind: 'base';
}

/** What the indexes of the manifest are built on and by. */
export function listBases(manifest: MirrorManifest): readonly BaseImage[] {
  return manifest.catalogs.flatMap((entry) => {
    const named = [
      { name: entry.base, item: 'base of the index' },
      { name: entry.builderImage, item: 'builder of the index' },
    ];
    return named.flatMap(({ name, item }): BaseImage[] => {
      if (name === null || name === 'scratch') return [];
      const { repository, digest } = locateBase(name, manifest);
      return [
        {
          ...NO_TAGS,
          key: `${repository}@${digest}`,
          kind: 'base',
          upstream: name,
          digest: parseDigest(digest),
          tag: null,
          repository: { production: repository, staging: repository },
          serving: servingRole(manifest),
          neededBy: [{ catalog: entry.name, package: null, item }],
        },
      ];
    });
  });
}

const NO_TAGS = { demandedTags: [], arrivalTags: [] } as const;
