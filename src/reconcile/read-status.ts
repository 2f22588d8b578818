import type { Digest } from '../base/digest.ts';
import type { GitPort } from '../git/port.ts';
import { indexRepository } from '../images/map-path.ts';
import { typeOfItem } from '../plan/item.ts';
import { isKept } from '../plan/judge-index.ts';
import type { CatalogStatus, DeliveryState, StatusReport } from '../plan/status-types.ts';
import { exitCodeOfPlan, sumOutcomes } from '../plan/sum-outcomes.ts';
import type { CatalogPlan, Outcome, Plan } from '../plan/types.ts';
import { findLoaded } from './find-loaded.ts';
import { type PreparedPass } from './prepare-pass.ts';
import { listBudgets } from './read-budget.ts';
import { readRecords } from './read-records.ts';

/** Puts a prepared pass and the deliveries in staging into one picture; writes nothing. */
export async function readStatus(
  prepared: PreparedPass,
  git: GitPort,
  signal: AbortSignal,
): Promise<StatusReport> {
  const { plan, state } = prepared;
  const uncommitted = await readRecords(await git.openWorkingTree());
  const catalogs = await Promise.all(
    plan.catalogs.map((catalog) => readCatalogStatus(catalog, prepared, { uncommitted, signal })),
  );
  const outcomes = listImageOutcomes(plan);
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Status',
    mirror: state.manifest.name,
    revision: plan.revision,
    time: plan.time,
    sync: judgeSync(plan),
    images: sumOutcomes(outcomes, outcomes.length),
    pendingSteps: plan.steps.length,
    catalogs,
    checks: plan.checks,
    ...(plan.verification === undefined ? {} : { verification: plan.verification }),
    ...(await listBudgets(state.manifest, prepared.requestCount)),
  };
}

function judgeSync(plan: Plan): StatusReport['sync'] {
  const code = exitCodeOfPlan(plan);
  if (code === 1) return 'Unknown';
  return code === 0 ? 'Synced' : 'OutOfSync';
}

// Items of copy steps count as what they will become.
function listImageOutcomes(plan: Plan): readonly Outcome[] {
  const settled = plan.settled.filter((outcome) => outcome.type === 'image');
  const copies = plan.steps.flatMap((step) =>
    step.kind === 'copy' ? step.items.filter((item) => typeOfItem(item) === 'image') : [],
  );
  return [
    ...settled,
    ...copies.map(
      (item): Outcome => ({ item, type: 'image', kind: 'copied', message: null, code: null }),
    ),
  ];
}

interface StatusContext {
  readonly uncommitted: Awaited<ReturnType<typeof readRecords>>;
  readonly signal: AbortSignal;
}

async function readCatalogStatus(
  catalog: CatalogPlan,
  prepared: PreparedPass,
  context: StatusContext,
): Promise<CatalogStatus> {
  const loaded = findLoaded(prepared.state, catalog);
  const packages = [...loaded.catalog.packages.values()];
  return {
    ...catalog,
    packageCount: packages.length,
    bundleCount: packages.reduce((sum, entry) => sum + entry.bundles.length, 0),
    staging: await readDelivery(catalog, prepared, context),
  };
}

async function readDelivery(
  catalog: CatalogPlan,
  prepared: PreparedPass,
  context: StatusContext,
): Promise<CatalogStatus['staging']> {
  const { state, registries } = prepared;
  const loaded = findLoaded(state, catalog);
  const presence = await registries.staging.headManifest(
    indexRepository(loaded.entry, state.manifest, 'staging'),
    loaded.entry.tag.staging,
    context.signal,
  );
  if (presence.state === 'unknown')
    return { state: 'unknown', digest: null, recorded: null, gaps: [], message: presence.message };
  if (presence.state === 'absent' || isOwnIndex(catalog, prepared, presence.digest))
    return { state: 'none', digest: null, recorded: null, gaps: [], message: null };
  const { digest } = presence;
  const committed = state.records.find(
    (record) => record.catalog === catalog.catalog && record.digest === digest,
  );
  const record =
    committed ??
    context.uncommitted.find(
      (entry) => entry.catalog === catalog.catalog && entry.digest === digest,
    );
  return {
    state: judgeDelivery(isApplied(catalog, prepared), {
      recorded: record !== undefined,
      committed: committed !== undefined,
    }),
    digest,
    recorded: record?.date ?? null,
    gaps: record?.gaps ?? [],
    message: null,
  };
}

// Under relocate our own index lies where deliveries land, if both have one name.
function isOwnIndex({ catalog }: CatalogPlan, { indexes }: PreparedPass, digest: Digest): boolean {
  const index = indexes.find(({ wanted }) => wanted.catalog === catalog);
  if (index?.wanted.serving !== 'staging') return false;
  const { moving, servedLabelled } = index.observed;
  return (
    moving.state === 'present' &&
    moving.digest === digest &&
    servedLabelled &&
    isKept(index.observed)
  );
}

// Behind a pin the served index is that of Git's catalog only by chance.
function isApplied(catalog: CatalogPlan, { indexes }: PreparedPass): boolean {
  if (catalog.pin === null) return catalog.action === 'none';
  const index = indexes.find(({ wanted }) => wanted.catalog === catalog.catalog);
  return index !== undefined && catalog.servedId === index.wanted.imageId;
}

function judgeDelivery(
  applied: boolean,
  { recorded, committed }: { readonly recorded: boolean; readonly committed: boolean },
): DeliveryState {
  if (!recorded) return 'not-merged';
  if (!committed) return 'merged-not-committed';
  return applied ? 'applied' : 'merged';
}
