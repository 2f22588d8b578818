import { dump } from 'js-yaml';

/** An object for a cluster, by the published types of its kind. */
export interface MadeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** What a cluster is told of an index image. */
export interface ServedIndex {
  /** As the cluster pulls it. */
  readonly image: string;
  /** By digest or a never-moving tag: then nothing newer can come under the reference. */
  readonly pinned: boolean;
  readonly catalogSource: { readonly name: string; readonly namespace: string };
  readonly displayName: string;
  /** Null for an image that serves itself. */
  readonly extract: { readonly catalogDir: string; readonly cacheDir: string | null } | null;
}

/** The CatalogSource (OLM v0) by which a cluster serves an index image. */
export function renderCatalogSource(index: ServedIndex): string {
  return formatObject(buildCatalogSource(index));
}

/** The same as a value. */
export function buildCatalogSource(index: ServedIndex): MadeObject {
  const { image, pinned, catalogSource, displayName, extract } = index;
  return {
    apiVersion: 'operators.coreos.com/v1alpha1',
    kind: 'CatalogSource',
    metadata: { name: catalogSource.name, namespace: catalogSource.namespace },
    spec: {
      sourceType: 'grpc',
      image,
      displayName,
      ...(extract === null ? {} : { grpcPodConfig: buildPodConfig(extract) }),
      ...(pinned ? {} : { updateStrategy: { registryPoll: { interval: '10m' } } }),
    },
  };
}

function buildPodConfig({
  catalogDir,
  cacheDir,
}: NonNullable<ServedIndex['extract']>): Readonly<Record<string, unknown>> {
  return {
    securityContextConfig: 'restricted',
    extractContent: { catalogDir, ...(cacheDir === null ? {} : { cacheDir }) },
  };
}

/** The ClusterCatalog (OLM v1) for the same image: it reads the catalog itself, by the image's label. */
export function renderClusterCatalog(index: ServedIndex): string {
  return formatObject(buildClusterCatalog(index));
}

/** The same as a value. */
export function buildClusterCatalog({ image, pinned, catalogSource }: ServedIndex): MadeObject {
  return {
    apiVersion: 'olm.operatorframework.io/v1',
    kind: 'ClusterCatalog',
    metadata: { name: nameClusterCatalog(catalogSource.name) },
    spec: {
      source: {
        type: 'Image',
        image: { ref: image, ...(pinned ? {} : { pollIntervalMinutes: 10 }) },
      },
    },
  };
}

/** Name of the CatalogSource of a catalog for which the manifest gives none, as Kubernetes takes names. */
export function nameCatalogSource(catalog: string): ServedIndex['catalogSource'] {
  const plain = catalog
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  const name = `cs-${plain.slice(0, 50)}`.replace(/-+$/, '');
  return { name, namespace: 'openshift-marketplace' };
}

/** Name of the ClusterCatalog beside a CatalogSource, as oc-mirror names the two of them. */
export function nameClusterCatalog(name: string): string {
  return name.startsWith('cs-') ? `cc-${name.slice('cs-'.length)}` : `cc-${name}`;
}

/** One object as a YAML document, without the line that begins it. */
export function formatObject(value: MadeObject): string {
  return dump(value, { lineWidth: -1, noRefs: true });
}
