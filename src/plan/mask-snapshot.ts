import type { Catalog } from '../catalog/types.ts';
import type { FollowedPackage, MirrorManifest } from '../manifest/types.ts';
import { maskCatalogFile } from './mask-catalog.ts';
import type { MediaSnapshot } from './media-types.ts';
import { createPseudonyms, mapTexts, type Pseudonyms } from './pseudonyms.ts';

type Content = Omit<MediaSnapshot, 'hash'>;

/** What says which names are the site's own. */
export interface SiteFacts {
  readonly manifest: Pick<MirrorManifest, 'name' | 'registries' | 'catalogs'>;
  readonly catalogs: readonly Catalog[];
  /** Names of clusters. */
  readonly clusters: readonly string[];
  readonly uses: readonly FollowedPackage[];
}

/** The pseudonyms of a site; equal facts give equal ones. */
export function listPseudonyms({ manifest, catalogs, clusters, uses }: SiteFacts): Pseudonyms {
  const { name, registries } = manifest;
  const { production, staging } = registries;
  return createPseudonyms({
    name,
    hosts: { production: production.host, staging: staging.host },
    aliases: [...production.aliases, ...staging.aliases],
    clusters,
    catalogSources: manifest.catalogs.flatMap(({ catalogSource }) => catalogSource ?? []),
    uses,
    known: new Set([
      ...manifest.catalogs.map((entry) => entry.name),
      ...catalogs.flatMap(({ packages }) => [...packages.keys()]),
    ]),
  });
}

/**
 * Gives hosts, the mirror's name, clusters and those who follow a package pseudonyms wherever they stand, in texts of catalogs too. What a
 * merge goes by keeps its names: packages, channels, bundles, repositories, versions, digests.
 */
export function maskSnapshot(snapshot: Content, pseudonyms: Pseudonyms): Content {
  const { mask, hide, hideHosts } = pseudonyms;
  const { inUse, clusters, catalogs, unclear, ...others } = snapshot;
  return {
    ...mapTexts(others, hideHosts),
    name: mask('mirror', snapshot.name),
    masked: true,
    registries: {
      production: maskRegistry(snapshot.registries.production, pseudonyms),
      staging: maskRegistry(snapshot.registries.staging, pseudonyms),
    },
    inUse: inUse?.map((use) => maskUse(use, pseudonyms)) ?? null,
    clusters:
      clusters?.map((cluster) => ({ ...cluster, name: mask('cluster', cluster.name) })) ?? null,
    catalogs: catalogs.map(({ catalogSource, files, ...catalog }) => ({
      ...mapTexts(catalog, hideHosts),
      files: files.map((file) => maskCatalogFile(file, pseudonyms)),
      catalogSource: catalogSource && {
        name: mask('source', catalogSource.name),
        namespace: mask('namespace', catalogSource.namespace),
      },
    })),
    unclear: unclear.map(({ subject, message }) => ({
      subject: hideHosts(subject),
      message: hide(message),
    })),
  };
}

function maskRegistry(
  { host, pathPrefix }: Content['registries']['production'],
  { mask, hideHosts }: Pseudonyms,
): Content['registries']['production'] {
  return { host: mask('host', host), pathPrefix: hideHosts(pathPrefix) };
}

function maskUse(use: FollowedPackage, { mask }: Pseudonyms): FollowedPackage {
  function maskIfAny(kind: 'source' | 'namespace', text: string | null): string | null {
    return text === null ? null : mask(kind, text);
  }
  return {
    ...use,
    cluster: mask('cluster', use.cluster),
    user: mask('user', use.user),
    source: maskIfAny('source', use.source),
    sourceNamespace: maskIfAny('namespace', use.sourceNamespace),
  };
}
