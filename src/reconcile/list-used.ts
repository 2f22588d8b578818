import { parseImageRef } from '../base/image-ref.ts';
import { compareBytes } from '../base/text.ts';
import { isToolError } from '../base/tool-error.ts';
import { listMirrorHosts } from '../cluster/list-mirrored.ts';
import { resolveImage } from '../cluster/resolve-image.ts';
import type { UsedReference } from '../images/list-mentions.ts';
import { indexRepository } from '../images/map-path.ts';
import { listPayloadsInUse } from '../images/releases-in-use.ts';
import { turnUpstream } from '../images/turn-upstream.ts';
import type { ObservedCluster } from '../manifest/observed-cluster.ts';
import type { MirrorManifest } from '../manifest/types.ts';

export interface UsedList {
  readonly images: readonly UsedReference[];
  /** References in use that nobody can name upstream, in byte order. */
  readonly unnamed: readonly string[];
}

/** Images of a cluster's own registry: nothing mirrors them. */
const OWN_REGISTRY = /^image-registry\.openshift-image-registry\.svc(?::|\/|$)/;

/**
 * Names upstream what clusters run. What is left out: images of a cluster's own registry, indexes, which are wanted by
 * themselves, and whatever the mirror rules of its cluster send to neither of our registries. `known` are upstream references
 * that Git names, by which an address at one of our hosts is turned back where `paths` alone does not tell.
 */
export function listUsed(
  clusters: readonly ObservedCluster[],
  manifest: MirrorManifest,
  known: Iterable<string>,
): UsedList {
  const byEnding = Map.groupBy(known, endingOf);
  const hosts = listHosts(manifest);
  const unnamed = new Set<string>();
  const images: UsedReference[] = [];
  for (const cluster of clusters) {
    for (const reference of listReferences(cluster)) {
      const upstream = nameUpstream(reference, { cluster, manifest, hosts, byEnding });
      if (upstream === UNKNOWN) unnamed.add(reference);
      else if (upstream !== null) images.push({ reference: upstream, cluster: cluster.name });
    }
  }
  return { images, unnamed: [...unnamed].toSorted(compareBytes) };
}

function listReferences({ release, images }: ObservedCluster): ReadonlySet<string> {
  const payloads = release === null ? [] : listPayloadsInUse(release);
  return new Set([
    ...payloads.flatMap(({ image }) => image ?? []),
    ...images.map(({ image }) => image),
  ]);
}

interface Naming {
  readonly cluster: ObservedCluster;
  readonly manifest: MirrorManifest;
  readonly hosts: ReadonlySet<string>;
  readonly byEnding: ReadonlyMap<string, readonly string[]>;
}

const UNKNOWN = 'unknown';

/** Null for what is not ours to bring; `UNKNOWN` where nobody can tell. */
function nameUpstream(
  reference: string,
  { cluster, manifest, hosts, byEnding }: Naming,
): string | null {
  if (OWN_REGISTRY.test(reference) || isIndex(reference, manifest)) return null;
  try {
    const turned = turnUpstream(reference, manifest, byEnding.get(endingOf(reference)));
    if (turned.kind === 'turned') return turned.reference;
    if (turned.kind === 'ambiguous') return UNKNOWN;
  } catch (error) {
    if (!isToolError(error, 'BASE_BAD_IMAGE_REF')) throw error;
    return UNKNOWN;
  }
  const attempts = resolveImage(reference, cluster.mirrors).map((it) => it.reference);
  // Of a cluster whose rules nobody saw, the manifest's own tell where its images lie.
  const isOurs =
    listMirrorHosts(cluster.mirrors.map((rule) => ({ ...rule, file: '' }))).length === 0 ||
    attempts.some((attempt) => hosts.has(attempt.split('/', 1)[0] ?? ''));
  return isOurs ? reference : null;
}

function isIndex(reference: string, manifest: MirrorManifest): boolean {
  return manifest.catalogs.some((entry) =>
    (['production', 'staging'] as const).some((role) => {
      const { host, aliases } = manifest.registries[role];
      const repository = indexRepository(entry, manifest, role);
      return [host, ...aliases].some(
        (name) =>
          reference.startsWith(`${name}/${repository}:`) ||
          reference.startsWith(`${name}/${repository}@`),
      );
    }),
  );
}

function listHosts({ registries }: MirrorManifest): ReadonlySet<string> {
  return new Set(Object.values(registries).flatMap(({ host, aliases }) => [host, ...aliases]));
}

// An address at one of our hosts keeps digest or tag, so only references with the same one can be behind it.
function endingOf(reference: string): string {
  try {
    const { digest, tag } = parseImageRef(reference);
    return digest ?? tag ?? 'latest';
  } catch (error) {
    if (!isToolError(error, 'BASE_BAD_IMAGE_REF')) throw error;
    return '';
  }
}
