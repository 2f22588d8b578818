import { compareVersions, tryParseVersion } from '../base/semver.ts';
import { formatReleaseTag, type ReadRelease } from '../images/release.ts';
import { createPathFinder } from '../images/release-path.ts';
import type { ObservedCluster, ObservedRelease } from '../manifest/observed-cluster.ts';
import type { ReleaseGraph } from '../manifest/release-graph.ts';
import type { ReleaseEntry } from '../manifest/types.ts';
import type { PathFinding } from '../plan/release-types.ts';

export interface PathInput {
  /** Releases to which clusters are to get. */
  readonly targets: readonly ReleaseEntry[];
  /** Payloads that could be read. */
  readonly payloads: readonly (ReleaseEntry & Pick<ReadRelease, 'metadata'>)[];
  /** Releases whose payload is wanted, or in a registry. */
  readonly mirrored: readonly ReleaseEntry[];
  readonly graph: ReleaseGraph | null;
  readonly clusters: readonly (Pick<ObservedCluster, 'name' | 'seen'> & {
    readonly release: Pick<ObservedRelease, 'version' | 'channel' | 'architecture'> | null;
  })[];
}

/** How every cluster gets to every target of its architecture, oldest target first. */
export function findReleasePaths(input: PathInput): readonly PathFinding[] {
  const { clusters, graph } = input;
  return sortReleases(input.targets).flatMap((target) => {
    const { architecture } = target;
    const find = createPathFinder({
      graph,
      architecture,
      payloads: keepOf(input.payloads, architecture).flatMap(({ metadata }) => metadata ?? []),
      mirrored: new Set(keepOf(input.mirrored, architecture).map(({ version }) => version)),
    });
    return clusters.flatMap(({ name, seen, release }): readonly PathFinding[] => {
      if (release === null || (release.architecture ?? architecture) !== architecture) return [];
      const { version: from, channel } = release;
      const path = find({ from, to: target.version, channel });
      return [{ release: target, cluster: name, seen, from, channel, ...path }];
    });
  });
}

/** By version, then architecture. */
export function sortReleases<T extends ReleaseEntry>(releases: readonly T[]): readonly T[] {
  return releases.toSorted((a, b) => {
    const [left, right] = [tryParseVersion(a.version), tryParseVersion(b.version)];
    const order = left === null || right === null ? 0 : compareVersions(left, right);
    return order || (a.architecture < b.architecture ? -1 : 1);
  });
}

/** Version and architecture of each, once. */
export function uniteReleases(releases: readonly ReleaseEntry[]): readonly ReleaseEntry[] {
  const entries = releases.map(({ version, architecture }) => ({ version, architecture }));
  return [...new Map(entries.map((entry) => [formatReleaseTag(entry), entry])).values()];
}

function keepOf<T extends ReleaseEntry>(
  releases: readonly T[],
  architecture: string,
): readonly T[] {
  return releases.filter((release) => release.architecture === architecture);
}
