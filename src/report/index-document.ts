import type { Digest } from '../base/digest.ts';
import { formatProblemLine, type Problem } from '../base/problem.ts';
import { compareBytes } from '../base/text.ts';
import { readDefaultChannel, readEntries } from '../catalog/blob-fields.ts';
import { buildChannelGraph } from '../catalog/channel-graph.ts';
import type { Catalog, CatalogPackage } from '../catalog/types.ts';
import { validatePackage } from '../catalog/validate-catalog.ts';
import type { CheckedCache } from '../index/cache/inspect-cache.ts';
import {
  type FoundOpm,
  findOpm,
  type IndexOrigin,
  type InspectedImage,
  readOrigin,
} from '../index/describe-index.ts';
import type { ServeCommand } from '../index/serve-command.ts';

export interface IndexChannel {
  readonly name: string;
  readonly isDefault: boolean;
  /** OLM wants exactly one. */
  readonly heads: readonly string[];
  readonly entries: number;
}

export interface IndexPackage {
  readonly name: string;
  readonly bundles: number;
  readonly channels: readonly IndexChannel[];
}

export interface IndexDocumentCache {
  readonly path: string;
  readonly used: boolean;
  readonly contents: 'json' | 'pogreb.v1' | 'both' | 'none' | 'unknown';
  readonly formats: readonly CheckedCache[];
  readonly others: readonly string[];
}

/** `olmirror index show --format json`. */
export interface IndexDocument {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Index';
  readonly source: string;
  readonly digest: Digest;
  readonly imageId: Digest;
  readonly mediaType: string;
  readonly platforms: readonly string[];
  readonly layers: number;
  /** Compressed. */
  readonly bytes: number;
  readonly serve: ServeCommand & { readonly configsPath: string };
  /** Null for an image without opm. */
  readonly opm: FoundOpm | null;
  /** Null for an index that olmirror did not build. */
  readonly olmirror: IndexOrigin | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly caches: readonly IndexDocumentCache[];
  readonly cacheFault: string | null;
  readonly counts: {
    readonly packages: number;
    readonly channels: number;
    readonly bundles: number;
  };
  readonly packages: readonly IndexPackage[];
  /** What of the catalog cannot be read, or opm would refuse. */
  readonly faults: readonly string[];
}

/** An index image as it came, with its catalog and the faults of reading that. */
export interface ShownIndex {
  readonly source: string;
  readonly image: InspectedImage;
  readonly catalog: Catalog;
  readonly problems: readonly Problem[];
}

/** What an index image is and holds, as plain data. */
export function buildIndexDocument(shown: ShownIndex): IndexDocument {
  const { source, image, catalog } = shown;
  const packages = [...catalog.packages.values()].map(describePackage);
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Index',
    source,
    digest: image.digest,
    imageId: image.imageId,
    mediaType: image.mediaType,
    platforms: image.platforms,
    layers: image.layerCount,
    bytes: image.layerBytes,
    serve: { ...image.serve, configsPath: image.configsPath },
    opm: findOpm(image),
    olmirror: readOrigin(image),
    labels: image.labels,
    caches: image.caches.map(({ path, used, contents, caches, others }) => {
      return { path, used, contents, formats: caches, others };
    }),
    cacheFault: image.cacheFault,
    counts: {
      packages: packages.length,
      channels: sum(packages.map((pkg) => pkg.channels.length)),
      bundles: sum(packages.map((pkg) => pkg.bundles)),
    },
    packages,
    faults: listFaults(shown),
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function describePackage(pkg: CatalogPackage): IndexPackage {
  const defaultChannel = readDefaultChannel(pkg);
  const channels = pkg.channels
    .toSorted((a, b) => compareBytes(a.name, b.name))
    .map((channel): IndexChannel => {
      const entries = readEntries(channel);
      return {
        name: channel.name,
        isDefault: channel.name === defaultChannel,
        heads: buildChannelGraph(entries).heads,
        entries: entries.length,
      };
    });
  return { name: pkg.name, bundles: pkg.bundles.length, channels };
}

function listFaults({ catalog, problems }: ShownIndex): readonly string[] {
  const all = [...problems, ...[...catalog.packages.values()].flatMap(validatePackage)];
  return all.filter(({ severity }) => severity === 'error').map(formatProblemLine);
}
