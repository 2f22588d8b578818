import { parseImageRef } from '../base/image-ref.ts';
import { isToolError } from '../base/tool-error.ts';
import type { Snapshot } from '../git/port.ts';
import { formatReleaseTag } from '../images/release.ts';
import { listReleasesInUse, type ReleaseInUse } from '../images/releases-in-use.ts';
import { RELEASE_ARCHITECTURE_DEFAULT } from '../manifest/defaults.ts';
import type { ObservedCluster } from '../manifest/observed-cluster.ts';
import type { MirrorManifest, ReleaseEntry } from '../manifest/types.ts';
import type { LoadedState } from './load-state.ts';
import { readInUse } from './read-in-use.ts';
import type { ReleaseReading } from './read-releases.ts';

/** The clusters of `in-use.yaml`; none where there is no such file, or none that can be read, which is told elsewhere. */
export async function readClusters(snapshot: Snapshot): Promise<readonly ObservedCluster[]> {
  try {
    return (await readInUse(snapshot))?.observed ?? [];
  } catch (error) {
    if (isToolError(error, 'MANIFEST_IN_USE_INVALID')) return [];
    throw error;
  }
}

/** Whether a release that a cluster runs is among others. */
export function isListed(
  { version, architecture }: Pick<ReleaseInUse, 'version' | 'architecture'>,
  releases: readonly ReleaseEntry[],
): boolean {
  return releases.some(
    (release) =>
      release.version === version &&
      (architecture === null || release.architecture === architecture),
  );
}

/** The releases that clusters run as entries; of an unknown architecture the one that manifests mean without a word. */
export function listEntriesInUse(used: readonly ReleaseInUse[]): readonly ReleaseEntry[] {
  const entries = used.map(({ version, architecture }) => ({
    version,
    architecture: architecture ?? RELEASE_ARCHITECTURE_DEFAULT,
  }));
  return [...new Map(entries.map((entry) => [formatReleaseTag(entry), entry])).values()];
}

/** The manifest with the releases that clusters run as well: what nodes run is somebody's, whether it is still listed or not. */
export async function withReleasesInUse({
  manifest,
  snapshot,
}: Pick<LoadedState, 'manifest' | 'snapshot'>): Promise<MirrorManifest> {
  const used = listReleasesInUse(await readClusters(snapshot));
  const unlisted = listEntriesInUse(
    used.filter((release) => !isListed(release, manifest.releases)),
  );
  return { ...manifest, releases: [...manifest.releases, ...unlisted] };
}

/** Digests of payloads and their components → whose they are, of releases that the manifest does not list. */
export function listRunReleases(
  { content }: Pick<ReleaseReading, 'content'>,
  { releases }: Pick<MirrorManifest, 'releases'>,
): ReadonlyMap<string, string> {
  const others = content.filter((release) => !isListed(release, releases));
  return new Map(
    others.flatMap((release) => {
      const owner = `a cluster that runs release ${formatReleaseTag(release)}`;
      const digests = release.components.map(({ image }) => parseImageRef(image).digest ?? image);
      return [release.digest, ...digests].map((digest) => [digest, owner] as const);
    }),
  );
}
