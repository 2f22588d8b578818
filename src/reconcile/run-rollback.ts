import type { Applier, ApplyRequest } from '../apply/port.ts';
import type { EmitEvent } from '../base/events.ts';
import type { Presence } from '../base/presence.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { MirrorManifest, PerRole } from '../manifest/types.ts';
import { formatIndexItem } from '../plan/item.ts';
import type { Outcome, Plan } from '../plan/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { PreparedRollback } from './prepare-rollback.ts';

export interface RollbackDeps {
  readonly applier: Applier;
  readonly manifest: MirrorManifest;
  readonly registries: PerRole<RegistryPort>;
  readonly findAccess: (manifest: MirrorManifest) => ApplyRequest['access'];
  /** Writes the pin into the working tree. */
  readonly writeFiles: () => Promise<void>;
  /** Brings the working tree back to what it was. */
  readonly restoreFiles: () => Promise<void>;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

export interface RollbackEnd {
  readonly outcome: Outcome | null;
  /** False where the files are as they were, since the tag is. */
  readonly kept: boolean;
}

/**
 * Carries a rollback out: the pin is written first, so that whatever cuts it off, no later pass takes
 * the tag for one that must move forward; then the tag moves, on the way of every index tag. Where it
 * clearly did not move, the files are brought back.
 */
export async function runRollback(
  { plan, closure }: Pick<PreparedRollback, 'plan' | 'closure'>,
  deps: RollbackDeps,
): Promise<RollbackEnd> {
  await deps.writeFiles();
  if (plan.steps.length === 0) return { outcome: null, kept: true };
  try {
    const result = await deps.applier.applyPlan(buildRequest(plan, closure, deps), deps.signal);
    const outcome = findOutcome(plan, result.outcomes);
    const kept = isDone(outcome) || !(await stayed(plan, deps));
    if (!kept) await deps.restoreFiles();
    return { outcome, kept };
  } catch (error) {
    if (await stayed(plan, deps)) await deps.restoreFiles();
    throw error;
  }
}

function buildRequest(
  plan: Plan,
  closure: PreparedRollback['closure'],
  deps: RollbackDeps,
): ApplyRequest {
  return {
    plan,
    registries: deps.registries,
    access: deps.findAccess(deps.manifest),
    buildIndex: rejectBuild,
    describeIndex: rejectBuild,
    closure: () => closure,
    servingRole: servingRole(deps.manifest),
    emit: deps.emit,
  };
}

function rejectBuild(catalog: string): Promise<never> {
  return Promise.reject(new Error(`A rollback of ${catalog} builds nothing.`));
}

function findOutcome(plan: Plan, outcomes: readonly Outcome[]): Outcome {
  const [catalog] = plan.catalogs;
  const item = formatIndexItem(catalog?.catalog ?? '');
  const outcome = outcomes.find((candidate) => candidate.item === item);
  if (outcome === undefined) throw new Error(`${item} has no outcome.`);
  return outcome;
}

function isDone({ kind }: Outcome): boolean {
  return kind === 'copied' || kind === 'in-sync';
}

// Only a clear answer counts: an unknown one leaves the pin, with which a later pass does the rest.
async function stayed(plan: Plan, { registries, manifest }: RollbackDeps): Promise<boolean> {
  const move = plan.steps.find((step) => step.kind === 'move-index');
  if (move === undefined) return false;
  const now: Presence = await registries[servingRole(manifest)].headManifest(
    move.repository,
    move.tag,
  );
  return move.previous === null
    ? now.state === 'absent'
    : now.state === 'present' && now.digest === move.previous;
}
