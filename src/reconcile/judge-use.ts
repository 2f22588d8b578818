import { parseImageRef } from '../base/image-ref.ts';
import { isToolError } from '../base/tool-error.ts';
import { pointsAt, type RegistryNames } from '../cluster/find-pointers.ts';
import { resolveImage } from '../cluster/resolve-image.ts';
import type { Snapshot } from '../git/port.ts';
import type { InUse } from '../manifest/in-use.ts';
import type { ObservedCluster } from '../manifest/observed-cluster.ts';
import type { MirrorManifest, PerRole, RoleName } from '../manifest/types.ts';
import type { Advice, AdviceReason } from '../plan/advice-types.ts';
import { judgeInUse } from '../plan/judge-in-use.ts';
import { formatPlace } from '../plan/judge-repositories.ts';
import { nameRole } from './name-role.ts';
import { readInUse } from './read-in-use.ts';

/** What `in-use.yaml` tells of both registries. */
export interface Use {
  readonly inUse: InUse | null;
  readonly told: Advice['use'];
  /** Keys of repositories that clusters pull from, where they look first. */
  readonly pulled: ReadonlySet<string>;
  /** Objects that name staging as the place of an image. */
  readonly served: readonly string[];
  /** Rules that send nodes to staging. */
  readonly towardsStaging: readonly string[];
  /** Why relocate cannot rest on it. */
  readonly blockers: readonly AdviceReason[];
}

export async function judgeUse(
  snapshot: Snapshot,
  manifest: MirrorManifest,
  now: Date,
): Promise<Use> {
  let inUse: InUse | null;
  try {
    inUse = await readInUse(snapshot);
  } catch (error) {
    if (!isToolError(error, 'MANIFEST_IN_USE_INVALID')) throw error;
    return { ...NOBODY_KNOWS, told: { ...NOBODY_KNOWS.told, gaps: [error.message] } };
  }
  if (inUse === null || inUse.clusters.length === 0) return NOBODY_KNOWS;
  const names = {
    production: nameRole('production', manifest),
    staging: nameRole('staging', manifest),
  };
  const gaps = judgeInUse(inUse, { settings: manifest.inUse, now });
  const clusters = [...new Set(gaps.map(({ cluster }) => cluster))];
  return {
    inUse,
    told: {
      state: gaps.length === 0 ? 'known' : 'partial',
      clusters: inUse.clusters,
      gaps: gaps.map(({ message }) => message),
    },
    pulled: new Set(inUse.observed.flatMap((cluster) => listPulled(cluster, names))),
    served: inUse.observed.flatMap(({ name, images }) =>
      images
        .filter(({ image }) => pointsAt(image, names.staging))
        .map(({ image, users }) => `${users[0] ?? name}: ${image}`),
    ),
    towardsStaging: inUse.observed.flatMap(({ name, mirrors }) =>
      mirrors
        .filter((rule) => rule.mirrors.some((mirror) => pointsAt(mirror, names.staging)))
        .map(({ object, source }) => `${object === '' ? name : object}: ${source}`),
    ),
    blockers:
      gaps.length === 0 ? [] : [{ kind: 'use-partial', number: clusters.length, names: clusters }],
  };
}

const NOBODY_KNOWS: Use = {
  inUse: null,
  told: { state: 'unknown', clusters: [], gaps: [] },
  pulled: new Set(),
  served: [],
  towardsStaging: [],
  blockers: [{ kind: 'use-unknown', number: null, names: [] }],
};

/** Of each image the first of our registries at which nodes look. */
function listPulled(
  { images, mirrors }: ObservedCluster,
  names: PerRole<RegistryNames>,
): readonly string[] {
  return images.flatMap(({ image }) => {
    for (const { reference } of resolveImage(image, mirrors))
      for (const role of ['production', 'staging'] as const)
        if (pointsAt(reference, names[role])) return nameRepository(role, reference);
    return [];
  });
}

function nameRepository(role: RoleName, reference: string): readonly string[] {
  try {
    return [formatPlace(role, parseImageRef(reference).repository)];
  } catch (error) {
    if (!isToolError(error, 'BASE_BAD_IMAGE_REF')) throw error;
    return [];
  }
}
