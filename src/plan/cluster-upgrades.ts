import { compareBytes } from '../base/text.ts';
import { readDefaultChannel } from '../catalog/blob-fields.ts';
import { tryParseExtensionRange } from '../catalog/extension-range.ts';
import {
  findExtensionEnd,
  findSubscriptionEnd,
  nameInstalled,
  type UpgradeEnd,
} from '../catalog/find-upgrade-end.ts';
import type { Installed } from '../catalog/olm-walk.ts';
import type { Catalog, CatalogPackage } from '../catalog/types.ts';
import type { CatalogEntry, FollowedPackage } from '../manifest/types.ts';
import { isOfCatalog } from './in-use-check.ts';
import type { ClusterUpgrade } from './review-types.ts';

/** One catalog before and after; packages that are the same in both may be left out of both. */
export interface ServedChange {
  readonly entry: Pick<CatalogEntry, 'name' | 'catalogSource'>;
  readonly before: Catalog;
  readonly after: Catalog;
}

/**
 * What clusters meet once a catalog is served after another: only those for which OLM's way ends elsewhere, or
 * which lose or get one. In order of clusters, then of what follows the package.
 */
export function findClusterUpgrades(
  uses: readonly FollowedPackage[],
  change: ServedChange,
): readonly ClusterUpgrade[] {
  const { entry, before, after } = change;
  return uses
    .filter((use) => isOfCatalog(use, entry.catalogSource, [before, after]))
    .flatMap((use) => judgeUse(use, change) ?? [])
    .toSorted((a, b) => compareBytes(a.cluster, b.cluster) || compareBytes(a.user, b.user));
}

/** What of a catalog is installed, or about to be, and has no way to a head in it; what it does not serve too. */
export function listStranded(
  uses: readonly FollowedPackage[],
  { entry, catalog }: { readonly entry: ServedChange['entry']; readonly catalog: Catalog },
): readonly {
  readonly use: FollowedPackage;
  readonly bundle: string;
  readonly isServed: boolean;
}[] {
  return uses
    .filter((use) => isOfCatalog(use, entry.catalogSource, [catalog]))
    .flatMap((use) => {
      const pending = use.terms.kind === 'Subscription' ? use.terms.pending : null;
      const bundle = pending ?? use.bundle;
      const pkg = catalog.packages.get(use.package);
      if (bundle === null) return [];
      const start = nameInstalled(bundle, [pkg]);
      if (findEnd(use, start, pkg).arrives) return [];
      const isServed = pkg?.bundles.some(({ name }) => name === bundle) ?? false;
      return [{ use, bundle, isServed }];
    });
}

function judgeUse(use: FollowedPackage, change: ServedChange): ClusterUpgrade | null {
  const { terms, bundle } = use;
  const pending = terms.kind === 'Subscription' ? terms.pending : null;
  const from = bundle ?? pending;
  const [before, after] = [change.before, change.after].map(({ packages }) =>
    packages.get(use.package),
  );
  if (from === null || before === after) return null;
  const start = nameInstalled(pending ?? from, [after, before]);
  const end = findEnd(use, start, after);
  const effect = judgeEffect(use, start, { was: findEnd(use, start, before), is: end });
  if (effect === null) return null;
  return {
    cluster: use.cluster,
    user: use.user,
    catalog: change.entry.name,
    package: use.package,
    channel: nameChannel(use, after ?? before),
    from,
    to: end.to === start.name ? null : end.to,
    effect,
    seen: use.seen,
  };
}

function findEnd(
  { terms }: FollowedPackage,
  start: Installed,
  pkg: CatalogPackage | undefined,
): UpgradeEnd {
  if (terms.kind === 'Subscription')
    return findSubscriptionEnd(start, { pkg, channel: terms.channel });
  const range = terms.version === null ? null : tryParseExtensionRange(terms.version);
  // OLM v1 resolves nothing for a range that it cannot read.
  if (terms.version !== null && range === null) return { to: start.name, arrives: false };
  return findExtensionEnd(start, { pkg, channels: terms.channels, range });
}

// What starts by itself is called so even where it could not move before: that is what must be seen first.
function judgeEffect(
  { terms }: FollowedPackage,
  start: Installed,
  { was, is }: { readonly was: UpgradeEnd; readonly is: UpgradeEnd },
): ClusterUpgrade['effect'] | null {
  if (was.arrives && !is.arrives) return 'stranded';
  if (is.to !== was.to && is.to !== start.name)
    return terms.kind === 'Subscription' && terms.approval === 'Manual' ? 'manual' : 'automatic';
  return !was.arrives && is.arrives ? 'opened' : null;
}

function nameChannel({ terms }: FollowedPackage, pkg: CatalogPackage | undefined): string {
  if (terms.kind === 'ClusterExtension') return terms.channels.join(', ');
  return terms.channel ?? (pkg === undefined ? '' : readDefaultChannel(pkg));
}
