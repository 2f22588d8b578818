import type { Catalog } from '../catalog/types.ts';
import { indexRepository } from '../images/map-path.ts';
import { turnAddresses } from '../images/normalize-addresses.ts';
import type { PerRole } from '../manifest/types.ts';
import type { ServedChange } from '../plan/cluster-upgrades.ts';
import { judgeIndex } from '../plan/judge-index.ts';
import type { PlanInput } from '../plan/plan-pass.ts';
import type { PolicyFacts } from '../plan/policy-types.ts';
import type { PackagePlan } from '../plan/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { describePackages } from './describe-packages.ts';
import { findLoaded } from './find-loaded.ts';
import { findUpgrades } from './find-upgrades.ts';
import type { LoadedState } from './load-state.ts';
import type { IndexObservation } from './observe-index.ts';
import { readRoleSwap } from './read-role-swap.ts';
import { readServedCatalog } from './read-served-catalog.ts';

/** What users see change, and what it is judged by. */
export async function describeChange(
  indexes: readonly IndexObservation[],
  state: LoadedState,
  {
    registries,
    today,
    signal,
  }: {
    readonly registries: PerRole<RegistryPort>;
    /** UTC date, `YYYY-MM-DD`. */
    readonly today: string;
    readonly signal: AbortSignal;
  },
): Promise<Pick<PlanInput, 'offers' | 'policies' | 'inUse' | 'roleSwap'>> {
  const { production } = registries;
  const inUse = await findUpgrades(state.snapshot, () =>
    listServedChanges(indexes, state, (index) => readBefore(index, state, { production, signal })),
  );
  const roleSwap = await readRoleSwap(state.snapshot, state.manifest);
  return {
    offers: listOffers(indexes, state),
    policies: listPolicyFacts(state, today),
    ...(inUse === null ? {} : { inUse }),
    ...(roleSwap === null ? {} : { roleSwap }),
  };
}

function listOffers(indexes: readonly IndexObservation[], state: LoadedState): PlanInput['offers'] {
  return new Map(indexes.map((entry) => [entry.wanted.catalog, describeOffer(entry, state)]));
}

function describeOffer(entry: IndexObservation, state: LoadedState): readonly PackagePlan[] | null {
  const { served, target } = entry;
  if (served === null || target === null) return null;
  if (served === target) return [];
  // Git holds upstream addresses, an index may name its registry: for users that is no change.
  const { catalog, complete = catalog } = findLoaded(state, entry.wanted);
  return describePackages(turnAddresses(served, state.manifest, complete).catalog, target);
}

// What could not be compared is said of the offer; where clusters choose a tag by themselves, nothing starts by it.
async function listServedChanges(
  indexes: readonly IndexObservation[],
  state: LoadedState,
  findBefore: (index: IndexObservation) => Promise<Catalog | null>,
): Promise<readonly ServedChange[]> {
  const changes = await Promise.all(
    indexes.map(async (index) => {
      const { wanted, target } = index;
      const before = target === null ? null : await findBefore(index);
      if (before === null || target === null || before === target) return [];
      return [{ entry: findLoaded(state, wanted).entry, before, after: target }];
    }),
  );
  return changes.flat();
}

/**
 * What clusters are served today: until staging serves an index of ours for the first time under `relocate`, that is the
 * one in production, and what lies under its name in staging is a delivery. Null where it cannot be read.
 */
async function readBefore(
  { wanted, observed, served }: IndexObservation,
  { manifest, catalogs }: LoadedState,
  { production, signal }: { readonly production: RegistryPort; readonly signal: AbortSignal },
): Promise<Catalog | null> {
  if (wanted.serving === 'production' || isOurs(judgeIndex(wanted, observed))) return served;
  const loaded = catalogs.find(({ entry }) => entry.name === wanted.catalog);
  if (loaded === undefined) return served;
  const repository = indexRepository(loaded.entry, manifest, 'production');
  const head = await production.headManifest(repository, loaded.entry.tag.production, signal);
  if (head.state !== 'present') return head.state === 'absent' ? served : null;
  return readServedCatalog(production, { repository, digest: head.digest });
}

function isOurs(standing: ReturnType<typeof judgeIndex>): boolean {
  return standing === 'expected' || standing === 'ours';
}

function listPolicyFacts(state: LoadedState, today: string): PolicyFacts {
  return {
    waivers: state.catalogs.flatMap(({ waivers }) => waivers),
    records: state.records,
    signatures: state.signatures,
    packages: new Map(
      state.catalogs.map(({ entry, catalog }) => [entry.name, [...catalog.packages.keys()]]),
    ),
    today,
  };
}
