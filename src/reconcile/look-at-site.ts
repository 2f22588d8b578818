import type { Clock } from '../base/clock.ts';
import type { EmitEvent } from '../base/events.ts';
import type { GitPort } from '../git/port.ts';
import { indexRepository } from '../images/map-path.ts';
import type { WantedImage } from '../images/types.ts';
import type { RoleName } from '../manifest/types.ts';
import { createHeldBook, type HeldBook, type HeldBooks } from '../plan/held.ts';
import { formatPlace } from '../plan/judge-repositories.ts';
import type { CatalogStatus } from '../plan/status-types.ts';
import { nameWanted } from './name-wanted.ts';
import type { PreparedPass } from './prepare-pass.ts';
import { readHeld } from './read-held.ts';
import { readStagedIndexes, type StagedIndexes } from './read-staged-indexes.ts';
import { readStatus } from './read-status.ts';

export interface SiteContext {
  readonly git: GitPort;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

/** Both registries, and the deliveries in staging. */
export interface LookedSite {
  readonly statuses: readonly CatalogStatus[];
  readonly staged: StagedIndexes;
  /** What indexes in staging name that are not in Git, and Git does not ask for. */
  readonly pending: readonly WantedImage[];
  readonly held: HeldBooks;
  /** Keys of the repositories of indexes: all, those whose delivery is not in production, those of which nobody knows. */
  readonly indexes: ReadonlySet<string>;
  readonly waiting: ReadonlySet<string>;
  readonly unsure: ReadonlySet<string>;
}

/** `also`: images that are looked for too. */
export async function lookAtSite(
  prepared: PreparedPass,
  also: readonly WantedImage[],
  context: SiteContext,
): Promise<LookedSite> {
  const { git, clock, signal } = context;
  const { catalogs: statuses } = await readStatus(prepared, git, signal);
  const staged = await readStagedIndexes(prepared, { catalogs: statuses }, clock.now());
  const known = new Set(prepared.wanted.images.map(({ key }) => key));
  const named = staged.contents.filter(({ pending }) => pending).flatMap(({ images }) => images);
  const pending = [...new Map(named.map((image) => [image.key, image])).values()].filter(
    ({ key }) => !known.has(key),
  );
  const asked = [...prepared.wanted.images, ...pending, ...also];
  const production = await readBook('production', { prepared, asked, context });
  const staging = await readBook('staging', { prepared, asked, context });
  const { manifest } = prepared.state;
  const stateOf = new Map(statuses.map((status) => [status.catalog, status.staging.state]));
  function placesOf(role: RoleName, states: readonly string[] | null): ReadonlySet<string> {
    const entries = manifest.catalogs.filter(
      ({ name }) => states === null || states.includes(stateOf.get(name) ?? 'unknown'),
    );
    return new Set(
      entries.map((entry) => formatPlace(role, indexRepository(entry, manifest, role))),
    );
  }
  return {
    statuses,
    staged,
    pending,
    held: { production, staging },
    indexes: placesOf('production', null),
    waiting: placesOf('staging', ['not-merged', 'merged-not-committed', 'merged']),
    unsure: placesOf('staging', ['unknown']),
  };
}

interface Reading {
  readonly prepared: PreparedPass;
  readonly asked: readonly WantedImage[];
  readonly context: SiteContext;
}

async function readBook(role: RoleName, { prepared, asked, context }: Reading): Promise<HeldBook> {
  const { manifest } = prepared.state;
  return createHeldBook(
    await readHeld({
      registry: prepared.registries[role],
      pathPrefix: manifest.registries[role].pathPrefix,
      named: nameWanted(asked, manifest, role),
      emit: context.emit,
      signal: context.signal,
    }),
  );
}
