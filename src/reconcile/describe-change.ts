import { turnAddresses } from '../images/normalize-addresses.ts';
import type { ServedChange } from '../plan/cluster-upgrades.ts';
import type { PlanInput } from '../plan/plan-pass.ts';
import type { PolicyFacts } from '../plan/policy-types.ts';
import type { PackagePlan } from '../plan/types.ts';
import { describePackages } from './describe-packages.ts';
import { findLoaded } from './find-loaded.ts';
import { findUpgrades } from './find-upgrades.ts';
import type { LoadedState } from './load-state.ts';
import type { IndexObservation } from './observe-index.ts';
import { readRoleSwap } from './read-role-swap.ts';

/** What users see change, and what it is judged by. */
export async function describeChange(
  indexes: readonly IndexObservation[],
  state: LoadedState,
  today: string,
): Promise<Pick<PlanInput, 'offers' | 'policies' | 'inUse' | 'roleSwap'>> {
  const inUse = await findUpgrades(state.snapshot, () => listServedChanges(indexes, state));
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
function listServedChanges(
  indexes: readonly IndexObservation[],
  state: LoadedState,
): readonly ServedChange[] {
  return indexes.flatMap(({ wanted, served, target }) => {
    if (served === null || target === null || served === target) return [];
    return [{ entry: findLoaded(state, wanted).entry, before: served, after: target }];
  });
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
