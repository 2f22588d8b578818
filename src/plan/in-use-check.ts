import { formatCount } from '../base/text.ts';
import type { Catalog } from '../catalog/types.ts';
import type { CatalogEntry, InstalledVersion, PackageUse } from '../manifest/types.ts';
import { formatIndexItem } from './item.ts';
import type { Check } from './types.ts';

export interface InUseContext {
  readonly entry: Pick<CatalogEntry, 'name' | 'catalogSource'>;
  /** What is to be served. */
  readonly target: Catalog;
  /** Never-moving tag of that. */
  readonly tag: string;
  /** Catalogs that tell which packages are this catalog's. */
  readonly known: readonly Catalog[];
  /** Go on all the same. */
  readonly force: boolean;
}

const SHOWN = 5;

/** What is to be known of installed versions that an index would not serve; null where it serves them all. */
export function checkInUse(
  installed: readonly InstalledVersion[],
  context: InUseContext,
): Check | null {
  const { entry, tag, force } = context;
  const catalogs = [...context.known, context.target];
  const lost = installed.filter(
    (version) =>
      isOfCatalog(version, entry.catalogSource, catalogs) && !isServed(version, context.target),
  );
  if (lost.length === 0) return null;
  const shown = lost.slice(0, SHOWN).map(formatInstalled).join('; ');
  const more = lost.length > SHOWN ? `; and ${lost.length - SHOWN} more` : '';
  return {
    kind: 'in-use',
    severity: force ? 'warning' : 'blocked',
    message: `${tag} does not serve ${formatCount(lost.length, 'installed version')}: ${shown}${more}. They would go on running, but OLM could resolve nothing for their Subscriptions.`,
    hint: force
      ? null
      : 'Choose an index that serves them; correct in-use.yaml, if it is old; or go on with --force.',
    catalog: entry.name,
    item: formatIndexItem(entry.name),
    neededBy: [],
  };
}

/**
 * Whether an installed version is of a catalog, as its CatalogSource tells or else its package. A CatalogSource may have
 * any name in a cluster: one that the manifest does not give (null) decides nothing.
 */
export function isOfCatalog(
  {
    package: name,
    source,
    sourceNamespace,
  }: Pick<PackageUse, 'package' | 'source' | 'sourceNamespace'>,
  catalogSource: CatalogEntry['catalogSource'],
  catalogs: readonly Catalog[],
): boolean {
  if (source !== null && catalogSource !== null)
    return (
      source === catalogSource.name &&
      (sourceNamespace === null || sourceNamespace === catalogSource.namespace)
    );
  return catalogs.some((catalog) => catalog.packages.has(name));
}

function isServed({ package: name, bundle }: InstalledVersion, target: Catalog): boolean {
  return target.packages.get(name)?.bundles.some((entry) => entry.name === bundle) ?? false;
}

function formatInstalled({ bundle, user, cluster, seen }: InstalledVersion): string {
  return `${bundle} (${user} of ${cluster}${seen === null ? '' : `, seen ${seen}`})`;
}
