import type { ClosureEntry } from '../apply/port.ts';
import type { EmitEvent } from '../base/events.ts';
import { ToolError } from '../base/tool-error.ts';
import type { Catalog } from '../catalog/types.ts';
import { findExtracting } from '../cluster/find-extracting.ts';
import type { ClusterFile } from '../cluster/point-cluster-files.ts';
import { turnAddresses } from '../images/normalize-addresses.ts';
import { letsTagsMove } from '../manifest/defaults.ts';
import { hashManifest } from '../manifest/hash-manifest.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type {
  CatalogEntry,
  CatalogPin,
  InstalledVersion,
  MirrorManifest,
} from '../manifest/types.ts';
import { checkInUse } from '../plan/in-use-check.ts';
import type { CatalogIndexes, ListedIndex } from '../plan/index-types.ts';
import { planPass } from '../plan/plan-pass.ts';
import type { RollbackReport } from '../plan/rollback-types.ts';
import type { Check, ObservedIndex, PackagePlan, Plan, WantedIndex } from '../plan/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { describePackages } from './describe-packages.ts';
import type { LoadedState } from './load-state.ts';
import { observePin } from './observe-pin.ts';
import { observeServed } from './observe-served.ts';
import { readServedCatalog } from './read-served-catalog.ts';

export interface RollbackRequest {
  readonly entry: CatalogEntry;
  /** As `listIndexes` gave it. */
  readonly list: CatalogIndexes;
  readonly target: ListedIndex;
  readonly pin: CatalogPin;
  /** Go on although an installed version would not be served. */
  readonly force: boolean;
}

export interface RollbackContext {
  readonly manifest: MirrorManifest;
  /** Git's catalog, as far as it could be read. */
  readonly catalog: Catalog;
  /** Indexes of the catalog that `init` or `merge` took in. */
  readonly takenIn: WantedIndex['takenIn'];
  readonly knownMissing: LoadedState['knownMissing'];
  readonly installed: readonly InstalledVersion[];
  readonly clusterFiles: readonly ClusterFile[];
  /** The one that serves. */
  readonly registry: RegistryPort;
  /** Commit at HEAD. */
  readonly revision: string;
  readonly now: Date;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

export interface PreparedRollback {
  readonly plan: Plan;
  readonly way: RollbackReport['way'];
  readonly checks: readonly Check[];
  readonly packages: readonly PackagePlan[] | null;
  /** What must be seen there just before the tag moves. */
  readonly closure: readonly ClosureEntry[];
}

/**
 * Plans that a catalog's index goes to one that the serving registry keeps: at most one tag moves, and
 * nothing is built. The other registry is not asked. What stands in the way is among the checks.
 */
export async function prepareRollback(
  request: RollbackRequest,
  context: RollbackContext,
): Promise<PreparedRollback> {
  const { list, pin } = request;
  const { registry, signal } = context;
  const wanted = wantTarget(request, context);
  const served = await observeServed(wanted, registry, signal);
  const way = chooseWay(request, wanted);
  const pinned = await observePin(wanted, pin, {
    state: context,
    loaded: { entry: request.entry, catalog: context.catalog },
    registry,
    isServed: () => way === 'none',
    extracting: findExtracting(context.clusterFiles, wanted),
    now: context.now,
    emit: context.emit,
    signal,
  });
  const observed: ObservedIndex = {
    ...served,
    expectedImmutable: { state: 'absent' },
    expectedImmutableId: null,
    movedBack: false,
    foreign: null,
    pinned: pinned.observed,
  };
  const before = await readBefore(list, context);
  const packages = way === 'none' ? [] : describeChange(before, pinned.catalog);
  const plan = planOne(wanted, observed, { context, packages });
  const inUse =
    pinned.catalog === null || way === 'none'
      ? null
      : checkInUse(context.installed, {
          entry: request.entry,
          target: pinned.catalog,
          tag: pin.tag,
          known: before === null ? [context.catalog] : [context.catalog, before],
          force: request.force,
        });
  return {
    plan,
    way,
    packages,
    // That it is pinned is what was asked for.
    checks: [
      ...plan.checks.filter(({ kind }) => kind !== 'pinned'),
      ...(inUse === null ? [] : [inUse]),
    ],
    closure: pinned.named ?? [],
  };
}

function describeChange(
  before: Catalog | null,
  after: Catalog | null,
): readonly PackagePlan[] | null {
  return before === null || after === null ? null : describePackages(before, after);
}

function wantTarget(
  { entry, list, target, pin }: RollbackRequest,
  context: RollbackContext,
): WantedIndex {
  if (target.imageId === null || target.digest === null)
    throw new ToolError(
      'PLAN_NO_SUCH_INDEX',
      `${list.repository}:${target.tag} cannot be served: ${target.message ?? 'it could not be read'}`,
      { hint: `\`olmirror index list ${entry.name}\` shows which can be.` },
    );
  const serving = servingRole(context.manifest);
  return {
    catalog: entry.name,
    serving,
    repository: list.repository,
    tag: entry.tag.production,
    imageId: target.imageId,
    // Nothing is built, whoever built what is kept.
    builder: 'native',
    content: target.digest,
    tree: '',
    packages: 0,
    bundles: 0,
    bytes: 0,
    imageKeys: [],
    takenIn: context.takenIn,
    canBeServed: false,
    pin,
    endedPin: null,
    moves: letsTagsMove(context.manifest.registries[serving]),
    told: [],
  };
}

function chooseWay({ target }: RollbackRequest, { moves }: WantedIndex): RollbackReport['way'] {
  if (target.served) return 'none';
  return moves ? 'move-tag' : 'cluster-files';
}

interface PlanFacts {
  readonly context: RollbackContext;
  readonly packages: readonly PackagePlan[] | null;
}

function planOne(
  wanted: WantedIndex,
  observed: ObservedIndex,
  { context, packages }: PlanFacts,
): Plan {
  const { manifest, revision, now } = context;
  return planPass({
    manifest,
    wanted: { images: [], unreadable: [], indexes: [wanted] },
    observed: { images: new Map(), indexes: new Map([[wanted.catalog, observed]]) },
    binding: { manifest: hashManifest(manifest), catalogs: {} },
    revision,
    time: now.toISOString(),
    indexOnly: false,
    rebuild: false,
    verification: null,
    knownMissing: new Map(),
    listed: [],
    problems: [],
    broken: new Map(),
    unbuilt: new Map(),
    storage: null,
    offers: new Map([[wanted.catalog, packages]]),
  });
}

async function readBefore(
  { served, repository }: CatalogIndexes,
  { registry, manifest, catalog }: RollbackContext,
): Promise<Catalog | null> {
  if (served.state !== 'present') return null;
  const before = await readServedCatalog(registry, { repository, digest: served.digest });
  return before === null ? null : turnAddresses(before, manifest, catalog).catalog;
}
