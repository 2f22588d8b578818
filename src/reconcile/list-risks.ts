import type { WantedImage } from '../images/types.ts';
import type { Risk, Strategy } from '../plan/advice-types.ts';
import { listStranded } from '../plan/cluster-upgrades.ts';
import { type HeldBooks, standsAlone } from '../plan/held.ts';
import { formatPlace } from '../plan/judge-repositories.ts';
import { stateRepository } from './back-up-state.ts';
import type { Whereabouts } from './build-survey.ts';
import type { Use } from './judge-use.ts';
import type { LoadedState } from './load-state.ts';
import type { LookedSite } from './look-at-site.ts';

export interface RiskFacts {
  readonly asked: readonly WantedImage[];
  /** By key. */
  readonly where: Whereabouts;
  readonly use: Use;
  readonly held: HeldBooks;
  readonly state: LoadedState;
  readonly site: LookedSite;
  /** What relocate asks for, upstream; null where nobody knows. */
  readonly relocated: ReadonlySet<string> | null;
}

const SHOWN = 20;
const BOTH: readonly Strategy[] = ['append', 'relocate'];

/** What may go wrong, and with which strategy; only what there is some of. */
export function listRisks(facts: RiskFacts): readonly Risk[] {
  const { asked, where, use, relocated } = facts;
  function namesAt(place: ReturnType<Whereabouts>): readonly string[] {
    return asked.filter(({ key }) => where(key) === place).map(({ upstream }) => upstream);
  }
  const stranded = findStranded(facts);
  const neither = Map.groupBy(namesAt('neither'), (name) => relocated?.has(name) ?? true);
  const risks: readonly (readonly [Risk['kind'], readonly Strategy[], readonly string[]])[] = [
    ['neither', BOTH, neither.get(true) ?? []],
    ['neither', ['append'], neither.get(false) ?? []],
    ['unknown-place', BOTH, namesAt('unknown')],
    ['only-staging', BOTH, namesAt('staging')],
    ['only-production', BOTH, namesAt('production')],
    ['unknown-use', ['relocate'], use.inUse === null ? ['in-use.yaml'] : use.told.gaps],
    ['stranded', BOTH, stranded.filter(({ isServed }) => isServed).map(({ name }) => name)],
    ['not-served', BOTH, stranded.filter(({ isServed }) => !isServed).map(({ name }) => name)],
    ['unexplained', ['relocate'], listUnexplained(facts)],
  ];
  return risks
    .filter(([, , names]) => names.length > 0)
    .map(([kind, strategies, names]) => ({
      kind,
      strategies,
      count: names.length,
      names: names.slice(0, SHOWN),
    }));
}

function findStranded({
  use,
  state,
}: RiskFacts): readonly { readonly name: string; readonly isServed: boolean }[] {
  if (use.inUse === null) return [];
  const { uses } = use.inUse;
  return state.catalogs.flatMap((loaded) =>
    listStranded(uses, loaded).map(({ use: { cluster, user }, bundle, isServed }) => ({
      name: `${bundle} (${user} of ${cluster})`,
      isServed,
    })),
  );
}

/** Images in production that Git does not ask for, indexes and backups left out: a wipe takes them along. */
function listUnexplained({ asked, held, site, state }: RiskFacts): readonly string[] {
  const known = new Set(
    asked.map(({ repository, digest, tag }) => `${repository.production} ${digest ?? tag ?? ''}`),
  );
  const { stateBackup } = state.manifest;
  const backup = stateBackup === null ? null : stateRepository(stateBackup, state.manifest);
  return held.production.repositories
    .filter(
      ({ repository }) =>
        repository !== backup && !site.indexes.has(formatPlace('production', repository)),
    )
    .flatMap(({ images }) => images.filter(standsAlone))
    .filter(
      ({ repository, digest, tags }) =>
        ![digest, ...tags].some((name) => known.has(`${repository} ${name}`)),
    )
    .map(({ repository, digest }) => `${repository}@${digest}`);
}
