import { sealMedia } from '../../src/plan/media-documents.ts';
import type { MediaSnapshot } from '../../src/plan/media-types.ts';

/** A snapshot of a site that has nothing, but for what is given. */
export function makeSnapshot(content: Partial<MediaSnapshot>): MediaSnapshot {
  return sealMedia({
    apiVersion: 'olmirror/v1alpha1' as const,
    kind: 'Snapshot' as const,
    time: '2026-11-28T00:00:00Z',
    revision: 'a'.repeat(40),
    name: 'test',
    masked: false,
    registries: {
      production: { host: 'mirror.example.com:5000', pathPrefix: '' },
      staging: { host: 'mirror.example.com:5001', pathPrefix: '' },
    },
    paths: [],
    policy: { duplicateBundle: 'newer' as const, strandedUpgrades: 'block' as const },
    catalogs: [],
    releases: [],
    clusters: null,
    graph: null,
    updateService: false,
    inUse: null,
    listing: 'catalog' as const,
    repositories: 0,
    manifests: [],
    blobs: [],
    bytes: 0,
    unclear: [],
    ...content,
  });
}
