import { readVersions } from '../catalog/blob-fields.ts';
import { readLimits } from '../catalog/bundle-limits.ts';
import { readVersionInName } from '../catalog/installable.ts';
import {
  compareOpenShift,
  formatOpenShift,
  type OpenShiftVersion,
} from '../catalog/openshift-version.ts';
import type { Blob, Catalog, CatalogPackage } from '../catalog/types.ts';
import { buildUpgradeGraphs } from '../catalog/upgrade-graph.ts';
import { findUpgradePath } from '../catalog/upgrade-path.ts';
import type { InstalledVersion } from '../manifest/types.ts';
import type { InstalledBundle, LimitedBundle, LimitedPackage } from './branch-types.ts';

/**
 * The bundles that hold a cluster below a minor release of OpenShift while they are installed, by package in the
 * catalog's order, with where they are and how the operator gets on from there.
 */
export function findLimited(
  catalog: Catalog,
  openshift: OpenShiftVersion,
  installed: readonly InstalledVersion[],
): readonly LimitedPackage[] {
  return [...catalog.packages.values()].flatMap((pkg) => {
    const bundles = pkg.bundles.flatMap((bundle) => {
      const max = findLimit(bundle, openshift);
      return max === null ? [] : [describeLimited({ pkg, bundle, max, openshift, installed })];
    });
    return bundles.length === 0 ? [] : [{ package: pkg.name, bundles }];
  });
}

/** As reports tell of an installed version. */
export function describeInstalled(version: InstalledVersion): InstalledBundle {
  const { cluster, seen, user, package: name, bundle } = version;
  return { cluster, seen, user, package: name, bundle };
}

/** What the bundle allows, where that is less. */
function findLimit(bundle: Blob, openshift: OpenShiftVersion): OpenShiftVersion | null {
  const { max } = readLimits(bundle);
  return max !== null && compareOpenShift(max, openshift) < 0 ? max : null;
}

interface Found {
  readonly pkg: CatalogPackage;
  readonly bundle: Blob;
  readonly max: OpenShiftVersion;
  readonly openshift: OpenShiftVersion;
  readonly installed: readonly InstalledVersion[];
}

function describeLimited(found: Found): LimitedBundle {
  const { pkg, bundle, max } = found;
  const own = found.installed.filter(
    (version) => version.package === pkg.name && version.bundle === bundle.name,
  );
  return {
    bundle: bundle.name,
    max: formatOpenShift(max),
    installed: own.map(describeInstalled),
    upgrades: own.length === 0 ? [] : findUpgrades(found),
  };
}

function findUpgrades({ pkg, bundle, openshift }: Found): LimitedBundle['upgrades'] {
  const version = readVersions(pkg).get(bundle.name) ?? readVersionInName(bundle.name);
  const graphs = buildUpgradeGraphs(pkg);
  return graphs.flatMap((graph) => {
    const path = findUpgradePath(graph, { name: bundle.name, version }, graphs);
    const name = path.hops.at(-1)?.to;
    const head = pkg.bundles.find((candidate) => candidate.name === name);
    return path.status === 'reaches-head' &&
      head !== undefined &&
      findLimit(head, openshift) === null
      ? [{ channel: graph.channel, head: head.name }]
      : [];
  });
}
