import type { Applier, ApplyRequest, ClosureEntry } from '../apply/port.ts';
import { parseDigest } from '../base/digest.ts';
import type { EmitEvent } from '../base/events.ts';
import type { Presence } from '../base/presence.ts';
import { ToolError } from '../base/tool-error.ts';
import type { GitPort } from '../git/port.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { MirrorManifest, PerRole } from '../manifest/types.ts';
import { estimateSteps } from '../plan/estimate-requests.ts';
import {
  findBlockedSteps,
  findEndedPins,
  findStaleBinding,
  judgeFact,
  listStepFacts,
  type StaleFact,
  type StepFact,
} from '../plan/find-stale.ts';
import { isPayload } from '../plan/release-closure.ts';
import type { PassReport, StateBackupResult } from '../plan/report-types.ts';
import { exitCodeOfApply, sumOutcomes } from '../plan/sum-outcomes.ts';
import type { Outcome, Plan, WantedIndex } from '../plan/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { backUpState, isPublished } from './back-up-state.ts';
import { buildClosure } from './closure-entries.ts';
import { findLoaded } from './find-loaded.ts';
import type { LoadedState } from './load-state.ts';
import { type PassDeps, type PreparedPass } from './prepare-pass.ts';
import { countCopies, listBudgets } from './read-budget.ts';
import { markVouched, summarizeLooks, withdrawLooks } from './settle-looks.ts';
import { noteUnlisted, settleNotes } from './settle-notes.ts';

export interface RunDeps extends Pick<PassDeps, 'clock' | 'emit' | 'signal'> {
  readonly applier: Applier;
  /** Copies at a time. */
  readonly concurrency: number;
  /** What begins to hold steps back while the plan is carried out; left out for nothing. */
  readonly findHold?: NonNullable<ApplyRequest['findHold']>;
  /** How skopeo reaches the registries: as the manifest says, its files found. */
  readonly findAccess: (manifest: MirrorManifest) => ApplyRequest['access'];
  /** Whose history is backed up once a pass has published. */
  readonly git: GitPort;
}

/**
 * Carries out a plan and reports every wanted item. The plan is the prepared pass's own, or a
 * saved one that `assertFresh` has let through.
 */
export async function runPass(
  prepared: PreparedPass,
  plan: Plan,
  deps: RunDeps,
): Promise<PassReport> {
  const started = deps.clock.now().toISOString();
  const before = countAll(prepared);
  await noteUnlisted(prepared);
  const emit = countingCopies(prepared, plan, deps);
  const request = buildRequest(prepared, plan, { ...deps, emit });
  const result = await deps.applier.applyPlan(request, deps.signal);
  const ended = [...plan.settled, ...result.outcomes];
  if (!result.interrupted) await settleNotes(prepared, ended);
  const { outcomes, proof } = await settleLooks(prepared, plan, ended);
  const { interrupted } = result;
  const exitCode = interrupted ? 1 : exitCodeOfApply(plan, outcomes);
  const stateBackup = await backUp(
    prepared,
    { request, ending: { outcomes, interrupted, exitCode } },
    deps,
  );
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Report',
    mirror: plan.mirror,
    revision: plan.revision,
    planHash: plan.hash,
    started,
    finished: deps.clock.now().toISOString(),
    sums: sumOutcomes(outcomes, plan.wantedItems),
    outcomes,
    checks: plan.checks,
    steps: { planned: plan.steps.length, done: result.stepsDone },
    bytes: result.bytes,
    requests: prepared.requests + countAll(prepared) - before,
    ...(plan.verification === undefined ? {} : { verification: plan.verification }),
    ...proof,
    ...(await listBudgets(prepared.state.manifest, prepared.requestCount)),
    ...(stateBackup === null ? {} : { stateBackup }),
    interrupted,
    exitCode,
  };
}

interface Ended {
  readonly request: ApplyRequest;
  readonly ending: Parameters<typeof isPublished>[0];
}

async function backUp(
  { state, requestCount }: PreparedPass,
  { request, ending }: Ended,
  deps: RunDeps,
): Promise<StateBackupResult | null> {
  if (!isPublished(ending)) return null;
  const { manifest, manifestFile, snapshot } = state;
  const { host, requestsPerDay } = manifest.registries[servingRole(manifest)];
  const subject = { manifest, manifestFile, request, snapshot };
  const result = await backUpState(subject, {
    ...deps,
    count(requests) {
      if (requestsPerDay !== null) requestCount?.add(host, requests);
    },
  });
  if (result?.kind === 'failed')
    deps.emit({
      kind: 'warning',
      message: `The state repository was not backed up as ${result.reference}: ${result.message ?? ''}`,
      hint: 'The pass is not affected; the next one tries again. `stateBackup: off` in the manifest does without.',
    });
  return result;
}

async function settleLooks(
  { looks, state, wanted, images }: PreparedPass,
  plan: Plan,
  outcomes: readonly Outcome[],
): Promise<Pick<PassReport, 'outcomes'> & { readonly proof: Pick<PassReport, 'proof'> }> {
  if (looks === null) return { outcomes, proof: {} };
  const lookedAt = { manifest: state.manifest, wanted, images };
  await withdrawLooks(looks, plan, { outcomes, lookedAt });
  return {
    outcomes: markVouched(outcomes, looks, lookedAt),
    proof: { proof: summarizeLooks(looks, outcomes, lookedAt) },
  };
}

function countingCopies(prepared: PreparedPass, plan: Plan, deps: RunDeps): EmitEvent {
  const { images, requestCount: count, state } = prepared;
  const { registries } = state.manifest;
  const { production, staging } = registries;
  if (production.requestsPerDay === null && staging.requestsPerDay === null) return deps.emit;
  const indexes = prepared.indexes.map((entry) => entry.wanted);
  const serving = servingRole(state.manifest);
  const estimates = estimateSteps(plan.steps, { serving, images, indexes });
  return (event) => {
    countCopies(event, { estimates, count, registries, serving });
    deps.emit(event);
  };
}

function buildRequest(prepared: PreparedPass, plan: Plan, deps: RunDeps): ApplyRequest {
  const { state, registries, builder } = prepared;
  return {
    plan,
    registries,
    access: deps.findAccess(state.manifest),
    buildIndex: (catalog) => builder.build(findLoaded(state, { catalog }), state),
    describeIndex: (catalog) => builder.describe(findLoaded(state, { catalog }), state),
    closure: (catalog) => (plan.indexOnly ? [] : listClosure(prepared, catalog)),
    releaseClosure: (release) => listReleaseClosure(prepared, release),
    servingRole: servingRole(state.manifest),
    waits: true,
    ...(prepared.notes === null ? {} : { notes: prepared.notes }),
    ...(deps.findHold === undefined ? {} : { findHold: deps.findHold }),
    concurrency: deps.concurrency,
    emit: deps.emit,
  };
}

// A pin goes back to an index that names other images than Git's catalog does.
function listClosure(prepared: PreparedPass, catalog: string): readonly ClosureEntry[] {
  const { wanted, known, indexes } = prepared;
  const keys = new Set(wanted.keysByCatalog.get(catalog));
  const pinned = indexes.find((entry) => entry.wanted.catalog === catalog)?.named ?? null;
  if (pinned !== null) return pinned;
  const images = wanted.images.filter((image) => keys.has(image.key));
  return buildClosure(images, catalog, known);
}

function listReleaseClosure(
  { wanted, known }: PreparedPass,
  release: string,
): readonly ClosureEntry[] {
  const item = `release ${release}`;
  const images = wanted.images.filter(
    (image) =>
      image.kind === 'release' &&
      !isPayload(image) &&
      image.neededBy.some((need) => need.item === item),
  );
  return buildClosure(images, null, known);
}

/** What of a prepared pass a saved plan is held against. */
export interface FreshFacts {
  readonly state: Pick<LoadedState, 'binding'> & {
    readonly manifest: Pick<MirrorManifest, 'name' | 'strategy'>;
  };
  /** Made anew. */
  readonly plan: Pick<Plan, 'checks'>;
  readonly indexes: readonly { readonly wanted: Pick<WantedIndex, 'catalog' | 'endedPin'> }[];
  readonly registries: PerRole<Pick<RegistryPort, 'headManifest' | 'headBlob'>>;
}

export interface FreshDeps {
  readonly git: Pick<GitPort, 'resolveRevision'>;
  readonly signal: AbortSignal;
}

/**
 * Throws `PLAN_STALE` unless a saved plan still fits: same manifest, same catalogs, and every step
 * finds the registries as it was planned for. Nothing has been written then (promise 10).
 */
export async function assertFresh(
  plan: Plan,
  prepared: FreshFacts,
  { git, signal }: FreshDeps,
): Promise<void> {
  const { manifest, binding } = prepared.state;
  const bound = findStaleBinding(plan, { mirror: manifest.name, binding });
  const stale = [
    ...bound,
    ...(bound.length === 0 ? [] : await findUnknownCommit(plan, git)),
    ...findEndedPins(
      plan,
      prepared.indexes.map(({ wanted }) => wanted),
    ),
    ...findBlockedSteps(plan, prepared.plan.checks),
    ...(await findStaleSteps(plan, prepared, signal)),
  ];
  const [first] = stale;
  if (first === undefined) return;
  const list = stale.map(
    (fact) => `${fact.step === null ? '' : `step ${fact.step}: `}${fact.message}`,
  );
  throw new ToolError(
    'PLAN_STALE',
    `The saved plan no longer fits, so nothing was written:\n${list.join('\n')}`,
    {
      hint: 'Make a new plan with `olmirror plan --out FILE`, review it, and apply that one.',
    },
  );
}

// A plan of a commit that was squashed or rebased since may fit all the same: only of one that does not is this a reason.
async function findUnknownCommit(
  { revision }: Pick<Plan, 'revision'>,
  git: FreshDeps['git'],
): Promise<readonly StaleFact[]> {
  if (revision === 'working-tree' || (await git.resolveRevision(revision)) !== null) return [];
  const message = `This repository has no commit ${revision.slice(0, 12)}, of which the plan was made: it is another repository's plan, or what was fetched is older.`;
  return [{ step: null, message }];
}

async function findStaleSteps(
  plan: Plan,
  prepared: FreshFacts,
  signal: AbortSignal,
): Promise<readonly StaleFact[]> {
  const serving = servingRole(prepared.state.manifest);
  const checks = plan.steps.flatMap((step) =>
    listStepFacts(step, serving).map(async (fact) =>
      judgeFact(step, fact, await readFact(fact, prepared.registries, signal)),
    ),
  );
  return (await Promise.all(checks)).filter((fact) => fact !== null);
}

async function readFact(
  { role, repository, reference, part }: StepFact,
  registries: FreshFacts['registries'],
  signal: AbortSignal,
): Promise<Presence> {
  if (part !== 'blob') return registries[role].headManifest(repository, reference, signal);
  const digest = parseDigest(reference);
  const answer = await registries[role].headBlob(repository, digest, signal);
  return answer.state === 'present' ? { ...answer, digest, mediaType: '' } : answer;
}

function countAll(prepared: PreparedPass): number {
  return (
    prepared.registries.production.countRequests() + prepared.registries.staging.countRequests()
  );
}
