import type { ObservedCluster, ObservedRelease } from '../manifest/observed-cluster.ts';

/** As release tags name it, where a cluster does not say. */
export const DEFAULT_ARCHITECTURE = 'x86_64';

/** A release payload of which nodes of a cluster run something. */
export interface PayloadInUse {
  readonly version: string;
  /** Reference of the payload; null where nobody wrote it down. */
  readonly image: string | null;
}

export interface ReleaseInUse extends PayloadInUse {
  readonly cluster: string;
  /** Day on which the cluster was seen; null where that is not written down. */
  readonly seen: string | null;
  /** As releases name it; null where nobody wrote it down. */
  readonly architecture: string | null;
  /** `updating-to` and `updating-from` are the ends of an update that is under way. */
  readonly use: 'running' | 'updating-to' | 'updating-from';
}

/**
 * The payloads that a cluster runs, the wanted one first. Of an update under way these are both ends, and whatever it
 * began and did not complete between them: nodes still run the release before it.
 */
export function listPayloadsInUse({
  version,
  image,
  history,
}: Pick<ObservedRelease, 'version' | 'image' | 'history'>): readonly PayloadInUse[] {
  const last = history.findIndex(({ state }) => state === 'Completed');
  const running = last === -1 ? history : history.slice(0, last + 1);
  const found = [
    { version, image },
    ...running.map((entry) => ({ version: entry.version, image: entry.image })),
  ];
  // One version may have two payloads: that of one architecture and that of several.
  const named = new Set(
    found.flatMap((payload) => (payload.image === null ? [] : [payload.version])),
  );
  const told = found.filter((payload) => payload.image !== null || !named.has(payload.version));
  return [
    ...new Map(
      told.toReversed().map((payload) => [payload.image ?? payload.version, payload]),
    ).values(),
  ].toReversed();
}

/** The payloads that clusters run or are on the way to. */
export function listReleasesInUse(
  clusters: readonly Pick<ObservedCluster, 'name' | 'seen' | 'release'>[],
): readonly ReleaseInUse[] {
  return clusters.flatMap(({ name, seen, release }) => {
    if (release === null) return [];
    const payloads = listPayloadsInUse(release);
    return payloads.map((payload, at) => ({
      ...payload,
      cluster: name,
      seen,
      architecture: release.architecture,
      use: nameUse(at, payloads.length),
    }));
  });
}

function nameUse(at: number, count: number): ReleaseInUse['use'] {
  if (count === 1) return 'running';
  return at === 0 ? 'updating-to' : 'updating-from';
}
