import {
  type ClusterObject,
  formatObject,
  readPath,
  readText,
  readTextOrNull,
} from './read-objects.ts';

/** An object that lets OLM install and upgrade a package. */
export interface Follower {
  readonly kind: 'Subscription' | 'ClusterExtension';
  /** `Subscription namespace/name`, `ClusterExtension name`. */
  readonly user: string;
  readonly file: string;
  readonly package: string;
  /** Name of the CatalogSource, or of the ClusterCatalog that it selects; null where it may come of any. */
  readonly source: string | null;
  /** Of the CatalogSource; null where it is not said, and for a ClusterCatalog. */
  readonly sourceNamespace: string | null;
  /** What is installed, as its status says; null where it does not. */
  readonly bundle: string | null;
}

/** OLM labels each ClusterCatalog with its name, for selectors. */
const NAME_LABEL = 'olm.operatorframework.io/metadata.name';

/** The Subscriptions (OLM v0) and ClusterExtensions (OLM v1) among objects; Subscriptions of other products are none. */
export function listFollowers(objects: readonly ClusterObject[]): readonly Follower[] {
  return objects.flatMap((object) => {
    if (object.apiVersion.startsWith('operators.coreos.com/') && object.kind === 'Subscription')
      return [readSubscription(object)];
    return object.kind === 'ClusterExtension' ? [readExtension(object)] : [];
  });
}

function readSubscription(object: ClusterObject): Follower {
  const { value, file } = object;
  return {
    kind: 'Subscription',
    user: formatObject(object),
    file,
    package: readText(readPath(value, 'spec', 'name')),
    source: readTextOrNull(readPath(value, 'spec', 'source')),
    sourceNamespace: readTextOrNull(readPath(value, 'spec', 'sourceNamespace')),
    bundle: readTextOrNull(readPath(value, 'status', 'installedCSV')),
  };
}

function readExtension(object: ClusterObject): Follower {
  const { value, file } = object;
  const catalog = readPath(value, 'spec', 'source', 'catalog');
  return {
    kind: 'ClusterExtension',
    user: formatObject(object),
    file,
    package: readText(readPath(catalog, 'packageName')),
    source: readTextOrNull(readPath(catalog, 'selector', 'matchLabels', NAME_LABEL)),
    sourceNamespace: null,
    bundle: readTextOrNull(readPath(value, 'status', 'install', 'bundle', 'name')),
  };
}
