import { createHmac } from 'node:crypto';
import type { MediaSnapshot } from './media-types.ts';

type Content = Omit<MediaSnapshot, 'hash'>;

/**
 * Gives hosts, the mirror's name, clusters and those who follow a package pseudonyms, the same in every snapshot of
 * this mirror. The key is what is hidden itself: the name and the hosts. Catalogs stay as they are.
 */
export function maskSnapshot(snapshot: Content): Content {
  const { name, registries, inUse } = snapshot;
  const hosts = [registries.production.host, registries.staging.host];
  const key = [name, ...hosts].join('\n');
  function mask(kind: string, text: string): string {
    return `${kind}-${createHmac('sha256', key).update(`${kind}\n${text}`).digest('hex').slice(0, 8)}`;
  }
  function maskIfAny(kind: string, text: string | null): string | null {
    return text === null ? null : mask(kind, text);
  }
  function hide(text: string): string {
    return hosts.reduce((rest, host) => rest.replaceAll(host, mask('host', host)), text);
  }
  return {
    ...snapshot,
    name: mask('mirror', name),
    masked: true,
    registries: {
      production: { ...registries.production, host: mask('host', registries.production.host) },
      staging: { ...registries.staging, host: mask('host', registries.staging.host) },
    },
    inUse:
      inUse?.map((use) => ({
        ...use,
        cluster: mask('cluster', use.cluster),
        user: mask('user', use.user),
        source: maskIfAny('source', use.source),
        sourceNamespace: maskIfAny('namespace', use.sourceNamespace),
      })) ?? null,
    clusters:
      snapshot.clusters?.map((cluster) => ({ ...cluster, name: mask('cluster', cluster.name) })) ??
      null,
    catalogs: snapshot.catalogs.map(({ catalogSource, ...catalog }) => ({
      ...catalog,
      catalogSource:
        catalogSource === null
          ? null
          : {
              name: mask('source', catalogSource.name),
              namespace: mask('namespace', catalogSource.namespace),
            },
    })),
    unclear: snapshot.unclear.map(({ subject, message }) => ({
      subject: hide(subject),
      message: hide(message),
    })),
  };
}
