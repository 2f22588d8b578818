import { isToolError, type ToolError } from '../base/tool-error.ts';
import type { WantedImage } from '../images/types.ts';
import type { PerRole } from '../manifest/types.ts';
import type {
  Advice,
  CopyRate,
  DiskRoom,
  Pace,
  Strategy,
  WaitingDelivery,
} from '../plan/advice-types.ts';
import { adviseAppend, adviseRelocate, type StrategyFacts } from '../plan/advise-strategies.ts';
import { addImages, type Coming, listComing } from '../plan/forecast.ts';
import {
  createAmount,
  findImage,
  type HeldBooks,
  joinBlobs,
  sumBlobs,
  withoutBlobs,
} from '../plan/held.ts';
import { judgeRepositories } from '../plan/judge-repositories.ts';
import type { UnclearAnswer } from '../plan/media-types.ts';
import { recommend } from '../plan/recommend.ts';
import { stateRepository } from './back-up-state.ts';
import { buildIndexes } from './build-forecast-indexes.ts';
import {
  countHindrances,
  countImages,
  createWhereabouts,
  judgeEmptying,
  type Unfound,
  type Whereabouts,
} from './build-survey.ts';
import { findRelocation, listKept } from './find-relocation.ts';
import { judgeUse, type Use } from './judge-use.ts';
import { listRisks } from './list-risks.ts';
import { type LookedSite, lookAtSite, type SiteContext } from './look-at-site.ts';
import type { PreparedPass } from './prepare-pass.ts';
import { readPace } from './read-pace.ts';

export interface AdviceRequest {
  /** Of the manifest. */
  readonly strategy: Strategy;
  /** How many further deliveries are reckoned with. */
  readonly ahead: number;
  /** Null where nobody knows. */
  readonly rate: CopyRate | null;
  readonly room: PerRole<DiskRoom>;
  /** Both registries keep their blobs on one disk. */
  readonly sharesDisk: boolean;
}

/** A site planned by both strategies. */
export interface PlannedSite {
  readonly append: PreparedPass;
  /** Why it could not be planned, where it could not; null where nobody knows what is in use. */
  readonly relocate: PreparedPass | ToolError | null;
}

/** Puts both strategies into numbers for a site, by HEAD and GET alone. */
export async function buildAdvice(
  planned: PlannedSite,
  request: AdviceRequest,
  context: SiteContext,
): Promise<Advice> {
  const prepared = planned.append;
  const { state, registries } = prepared;
  const { manifest, snapshot } = state;
  const { production, staging } = manifest.registries;
  const now = context.clock.now();
  const relocated = listPasses(planned).flatMap(({ wanted }) => wanted.images);
  const site = await lookAtSite(prepared, relocated, context);
  const use = await judgeUse(snapshot, manifest, now);
  const past = await readPace({ ...context, state, registries, held: site.held });
  const pace = past.deliveries.length === 0 ? takeWaiting(past, site) : past;
  const ways = await weighWays(planned, { request, site, use, pace });
  const unclear = listUnclear(site);
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Advice',
    mirror: manifest.name,
    revision: snapshot.revision,
    time: now.toISOString(),
    strategy: request.strategy,
    hosts: { production: production.host, staging: staging.host },
    next: { role: 'staging', host: staging.host },
    use: use.told,
    room: request.room,
    sharesDisk: request.sharesDisk,
    pace,
    ahead: request.ahead,
    rate: request.rate,
    ...ways,
    ...describeSite(planned, { site, use }),
    unclear,
    requests: countRequests(planned),
    exitCode: unclear.length === 0 ? 0 : 1,
  };
}

interface WayFacts {
  readonly request: AdviceRequest;
  readonly site: LookedSite;
  readonly use: Use;
  readonly pace: Pace;
}

async function weighWays(
  planned: PlannedSite,
  { request, site, use, pace }: WayFacts,
): Promise<Pick<Advice, 'strategies' | 'recommendation'>> {
  const { room, sharesDisk, ahead, rate } = request;
  const unmerged = listUnmerged(site);
  const isWaiting = unmerged.length > 0;
  const facts: StrategyFacts = {
    held: site.held,
    room,
    sharesDisk,
    pace: pace.perDelivery,
    ahead,
    rate,
    isWaiting,
  };
  const { plan } = planned.append;
  const coming = await listAppended(planned.append, site);
  const append = adviseAppend({ ...facts, plan, coming });
  const relocation = await findRelocation(planned.relocate, { site, use, isWaiting });
  const relocate = adviseRelocate({ ...facts, ...relocation });
  return {
    strategies: [append, relocate],
    recommendation: recommend({
      append,
      relocate,
      room,
      strategy: request.strategy,
      pending: unmerged,
      split: use.served,
    }),
  };
}

function describeSite(
  { append, relocate }: PlannedSite,
  { site, use }: Pick<WayFacts, 'site' | 'use'>,
): Pick<Advice, 'waiting' | 'emptying' | 'images' | 'risks' | 'repositories'> {
  const { state, wanted } = append;
  const { manifest, records } = state;
  const { held } = site;
  const asked = [...wanted.images, ...site.pending];
  const where = findWhere(asked, held);
  const keys = asked.map(({ key }) => key);
  const { stateBackup } = manifest;
  return {
    waiting: listWaiting(site),
    emptying: judgeStaging(asked, { site, use, where }),
    images: countImages(keys, where),
    risks: listRisks({ asked, where, use, held, state, site, relocated: listUpstream(relocate) }),
    repositories: judgeRepositories({
      ...site,
      asked,
      backup: stateBackup === null ? null : stateRepository(stateBackup, manifest),
      takenIn: new Set(records.map(({ digest }) => digest)),
      pulled: use.pulled,
      kept: listKept(relocate, { site, use }),
    }),
  };
}

/** What the plan brings to production, and deliveries that are not merged. */
async function listAppended(prepared: PreparedPass, site: LookedSite): Promise<Coming> {
  const { held, pending } = site;
  const built = await buildIndexes(prepared);
  const coming = listComing(prepared.plan, 'production', { held, built });
  const found = pending
    .filter((image) => !isInProduction(image, held))
    .flatMap((image) => findImage(image, ['staging'], held)?.image ?? []);
  return addImages(coming, found, {
    book: held.staging,
    doubts: listUnmerged(site).length > 0 ? ['not-merged'] : [],
  });
}

/** Where Git knows no delivery yet, the one that waits is the best guess. */
function takeWaiting(past: Pace, { pending, held }: LookedSite): Pace {
  if (pending.length === 0 || past.perDelivery.doubts.includes('history')) return past;
  const found = pending.map((image) => findImage(image, ['staging', 'production'], held));
  const blobs = joinBlobs(
    found.flatMap((it) => (it === null ? [] : [held[it.role].blobsOf(it.image)])),
  );
  const fresh = sumBlobs(withoutBlobs(blobs, held.production.blobs));
  const perDelivery = createAmount(fresh, found.includes(null) ? ['gone'] : []);
  return { ...past, perDelivery };
}

function isInProduction(image: WantedImage, held: HeldBooks): boolean {
  return findImage(image, ['production'], held) !== null;
}

/** By key of the image. */
function findWhere(asked: readonly WantedImage[], held: HeldBooks): Whereabouts {
  function probe(role: keyof HeldBooks): Unfound {
    const looked = asked.map(({ key, repository, digest, tag }) => ({
      key,
      found: held[role].find(repository[role], digest ?? tag ?? 'latest'),
    }));
    return {
      nowhere: looked.filter(({ found }) => found === 'absent').map(({ key }) => key),
      unknown: looked
        .filter(({ found }) => found === 'unknown')
        .map(({ key }) => ({ upstream: key, message: '' })),
    };
  }
  return createWhereabouts({ production: probe('production'), staging: probe('staging') });
}

function judgeStaging(
  asked: readonly WantedImage[],
  {
    site,
    use,
    where,
  }: { readonly site: LookedSite; readonly use: Use; readonly where: Whereabouts },
): Advice['emptying'] {
  function listAt(place: ReturnType<Whereabouts>): readonly string[] {
    return asked.filter(({ key }) => where(key) === place).map(({ upstream }) => upstream);
  }
  const hindrances = countHindrances(
    [
      ['served', use.served],
      ['mirror-rule', use.towardsStaging],
      ['unmerged', site.staged.hindrances.map(({ message }) => message)],
      ['only-staging', listAt('staging')],
      ['unknown', [...listAt('unknown'), ...listUnclear(site).map(({ message }) => message)]],
    ],
    { hasObjects: use.inUse !== null },
  );
  return { verdict: judgeEmptying(hindrances), hindrances };
}

function listUnmerged({ statuses }: LookedSite): readonly string[] {
  return statuses
    .filter(({ staging: { state } }) => state === 'not-merged' || state === 'merged-not-committed')
    .map(({ catalog }) => catalog);
}

function listWaiting({ statuses, staged, held, pending }: LookedSite): readonly WaitingDelivery[] {
  return statuses.map(({ catalog, staging }) => ({
    catalog,
    state: staging.state,
    reference: staged.indexes.find((index) => index.catalog === catalog)?.reference ?? '',
    images: pending.filter(
      (image) =>
        image.neededBy.some((need) => need.catalog === catalog) && !isInProduction(image, held),
    ).length,
  }));
}

function listUnclear({ held, staged }: LookedSite): readonly UnclearAnswer[] {
  const registries = [held.production, held.staging].flatMap(({ repositories }) =>
    repositories.flatMap(({ unclear, unread }) => [...unclear, ...unread]),
  );
  const indexes = staged.unclear.map(({ subject, message }) => ({ subject, message }));
  return [...registries, ...indexes];
}

/** What relocate asks for; null where nobody knows. */
function listUpstream(relocate: PlannedSite['relocate']): ReadonlySet<string> | null {
  if (relocate === null || isToolError(relocate)) return null;
  return new Set(relocate.wanted.images.map(({ upstream }) => upstream));
}

function listPasses({ append, relocate }: PlannedSite): readonly PreparedPass[] {
  return relocate === null || isToolError(relocate) ? [append] : [append, relocate];
}

function countRequests(planned: PlannedSite): PerRole<number> {
  function count(role: keyof HeldBooks): number {
    return listPasses(planned).reduce(
      (sum, { registries }) => sum + registries[role].countRequests(),
      0,
    );
  }
  return { production: count('production'), staging: count('staging') };
}
