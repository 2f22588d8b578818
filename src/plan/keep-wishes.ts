import type { KeepWish } from '../catalog/keep-content.ts';
import type { Blob, Catalog } from '../catalog/types.ts';
import { isDelivery } from '../manifest/delivery-record.ts';
import type { InUse } from '../manifest/in-use.ts';
import type { CatalogEntry, DeliveryRecord, FollowedPackage } from '../manifest/types.ts';
import { type HeldBundle, listHeld } from './held-bundles.ts';
import { isOfCatalog } from './in-use-check.ts';

/** One of Git's catalogs, whole. */
export interface NamedCatalog {
  readonly entry: Pick<CatalogEntry, 'name' | 'catalogSource'>;
  readonly catalog: Catalog;
}

type Origin = Pick<HeldBundle, 'package' | 'bundle' | 'source' | 'sourceNamespace'>;

/**
 * What is to stay of each catalog under `relocate`: what clusters have, are about to have or follow, and what
 * deliveries brought. Where the CatalogSource tells nothing, every catalog that has the package counts as its own.
 */
export function listKeepWishes(
  catalogs: readonly NamedCatalog[],
  { inUse, records }: { readonly inUse: InUse | null; readonly records: readonly DeliveryRecord[] },
): ReadonlyMap<string, readonly KeepWish[]> {
  const uses = inUse === null ? [] : inUse.uses;
  const held = inUse === null ? [] : listHeld(inUse);
  return new Map(
    catalogs.map((named) => [
      named.entry.name,
      [
        ...uses
          .filter((use) => claimCatalogs(use, catalogs).includes(named))
          .map(({ package: name, bundle, terms }) => wishFollowed(name, bundle, terms)),
        ...held
          .filter((bundle) => claimCatalogs(bundle, catalogs).includes(named))
          .flatMap((bundle) => wishHeld(bundle, named.catalog)),
        ...records
          .filter((record) => record.catalog === named.entry.name && isDelivery(record))
          .flatMap((record) => wishDelivered(record, named.catalog)),
      ],
    ]),
  );
}

/** Installed and pending bundles that none of the catalogs has which are theirs. */
export interface LostBundles {
  /** By catalog, of those that are its own. */
  readonly byCatalog: ReadonlyMap<string, readonly HeldBundle[]>;
  /** Of no catalog that anybody knows. */
  readonly ofNone: readonly HeldBundle[];
  /** Of a CatalogSource that is none of the manifest's. */
  readonly ofOthers: readonly HeldBundle[];
}

/** Finds what clusters have and Git's catalogs lack. */
export function findLost(catalogs: readonly NamedCatalog[], inUse: InUse): LostBundles {
  const byCatalog = new Map<string, HeldBundle[]>();
  const ofNone: HeldBundle[] = [];
  const ofOthers: HeldBundle[] = [];
  // Every CatalogSource that serves from here is known by its name then.
  const allNamed = catalogs.every(({ entry }) => entry.catalogSource !== null);
  for (const held of listHeld(inUse)) {
    const own = claimCatalogs(held, catalogs);
    if (own.some(({ catalog }) => wishHeld(held, catalog).length > 0)) continue;
    for (const { entry } of own)
      byCatalog.set(entry.name, [...(byCatalog.get(entry.name) ?? []), held]);
    if (own.length === 0) (allNamed && held.source !== null ? ofOthers : ofNone).push(held);
  }
  return { byCatalog, ofNone, ofOthers };
}

/** An installed or pending bundle as one of the catalogs that are its own has it. */
export interface FoundBundle<Named extends NamedCatalog> {
  readonly held: HeldBundle;
  readonly named: Named;
  readonly bundle: Blob;
}

/** Finds what clusters have, or are about to have, in Git's catalogs; what `findLost` finds is left out. */
export function findHeld<Named extends NamedCatalog>(
  catalogs: readonly Named[],
  inUse: InUse,
): readonly FoundBundle<Named>[] {
  return listHeld(inUse).flatMap((held) =>
    claimCatalogs(held, catalogs).flatMap((named) =>
      [...named.catalog.packages.values()]
        .filter((pkg) => held.package === null || pkg.name === held.package)
        .flatMap((pkg) => pkg.bundles.filter(({ name }) => name === held.bundle))
        .map((bundle) => ({ held, named, bundle })),
    ),
  );
}

function claimCatalogs<Named extends NamedCatalog>(
  {
    package: name,
    source,
    sourceNamespace,
    bundle,
  }: Omit<Origin, 'bundle'> & { readonly bundle: string | null },
  catalogs: readonly Named[],
): readonly Named[] {
  const origin = { package: name ?? '', source, sourceNamespace };
  const named = catalogs.filter(
    ({ entry }) => entry.catalogSource !== null && isOfCatalog(origin, entry.catalogSource, []),
  );
  if (named.length > 0) return named;
  return catalogs.filter(({ catalog }) =>
    name === null ? hasBundle(catalog, bundle ?? '') : catalog.packages.has(name),
  );
}

function hasBundle(catalog: Catalog, bundle: string): boolean {
  return [...catalog.packages.values()].some(({ bundles }) =>
    bundles.some(({ name }) => name === bundle),
  );
}

function wishFollowed(
  name: string,
  bundle: string | null,
  terms: FollowedPackage['terms'],
): KeepWish {
  const installed = bundle === null ? [] : [bundle];
  if (terms.kind === 'ClusterExtension') {
    const channels = terms.channels.length === 0 ? 'all' : terms.channels;
    return { package: name, bundles: installed, channels, range: terms.version, whole: false };
  }
  const bundles = terms.pending === null ? installed : [...installed, terms.pending];
  const channels = terms.channel === null ? 'default' : [terms.channel];
  return { package: name, bundles, channels, range: null, whole: false };
}

function wishHeld({ package: name, bundle }: HeldBundle, catalog: Catalog): readonly KeepWish[] {
  const packages = [...catalog.packages.values()].filter(
    (pkg) => (name === null || pkg.name === name) && pkg.bundles.some((it) => it.name === bundle),
  );
  return packages.map((pkg) => ({
    package: pkg.name,
    bundles: [bundle],
    channels: [],
    range: null,
    whole: false,
  }));
}

// What an older record brought nobody wrote down, so nothing of its catalog is left behind.
function wishDelivered({ brought }: DeliveryRecord, catalog: Catalog): readonly KeepWish[] {
  const plain = { channels: [], range: null } as const;
  if (brought === undefined)
    return [...catalog.packages.keys()].map((name) => ({
      ...plain,
      package: name,
      bundles: [],
      whole: true,
    }));
  return brought.map((part) => ({ ...plain, ...part, whole: false }));
}
