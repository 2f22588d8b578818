import type { InUse } from '../manifest/in-use.ts';

/** A bundle that a cluster has, or is about to have. */
export interface HeldBundle {
  readonly cluster: string;
  /** Whose it is, for people. */
  readonly user: string;
  /** Null where nothing tells it. */
  readonly package: string | null;
  readonly bundle: string;
  /** Name of the CatalogSource, and its namespace; null where they are not known. */
  readonly source: string | null;
  readonly sourceNamespace: string | null;
}

/** Lists what clusters have installed and what InstallPlans are about to install; what somebody follows goes before the same without. */
export function listHeld({
  uses,
  observed,
}: Pick<InUse, 'uses' | 'observed'>): readonly HeldBundle[] {
  const followed = uses.flatMap(({ cluster, user, source, sourceNamespace, ...use }) => {
    const pending = use.terms.kind === 'Subscription' ? use.terms.pending : null;
    const place = { cluster, user, package: use.package, source, sourceNamespace };
    return [use.bundle, pending].flatMap((bundle) =>
      bundle === null ? [] : [{ ...place, bundle }],
    );
  });
  const installed = observed.flatMap(({ name, bundles }) =>
    bundles.map((bundle) => ({
      cluster: name,
      user: `${bundle.pending ? 'InstallPlan' : 'ClusterServiceVersion'} in ${bundle.namespace ?? 'the cluster'}`,
      package: bundle.package,
      bundle: bundle.name,
      source: null,
      sourceNamespace: null,
    })),
  );
  const all = [...followed, ...installed];
  return [...new Map(all.toReversed().map((it) => [keyOf(it), it])).values()].toReversed();
}

function keyOf({ cluster, package: name, bundle }: HeldBundle): string {
  return `${cluster}\n${name ?? ''}\n${bundle}`;
}
