import { capitalize, formatRevision } from '../base/text.ts';
import type {
  CatalogProgress,
  CatalogState,
  Condition,
  PassReason,
  PassRecord,
  ReconcilerStatus,
} from './history-types.ts';
import { explainResult, summarizePass } from './summarize-pass.ts';

/** A condition whose time is not set yet. */
type Statement = Omit<Condition, 'since'>;

const NOTHING_KNOWN: Omit<ReconcilerStatus, 'process'> = {
  apiVersion: 'olmirror/v1alpha1',
  kind: 'Reconciler',
  mirror: null,
  conditions: [],
  sync: 'Unknown',
  attemptedRevision: null,
  appliedRevision: null,
  catalogs: [],
  holds: [],
  proofs: null,
  lastPass: null,
  nextPass: null,
};

/**
 * What a reconciler says when it starts. What an earlier one kept stays until the first pass has looked,
 * save that nobody can tell now whether it is still so.
 */
export function startStatus(
  previous: ReconcilerStatus | null,
  process: Omit<ReconcilerStatus['process'], 'stopped'>,
): ReconcilerStatus {
  // What an earlier version kept may lack what came later.
  const kept = { ...NOTHING_KNOWN, ...previous };
  const unknown = ready('Unknown', 'Starting', 'The first pass has not ended yet.');
  return {
    ...kept,
    process: { ...process, stopped: null },
    conditions: renew(kept, [unknown], process.started),
    sync: 'Unknown',
    nextPass: null,
  };
}

export interface PassBeginning {
  readonly reason: PassReason;
  readonly revision: string;
  /** ISO 8601. */
  readonly time: string;
}

/** A pass began: what was true stays so, unless another commit is wanted now. */
export function beginPass(
  status: ReconcilerStatus,
  { reason, revision, time }: PassBeginning,
): ReconcilerStatus {
  const where = formatRevision(revision);
  const working = reconciling('Progressing', `A pass (${reason}) for ${where} runs.`);
  const isNew = revision !== status.attemptedRevision;
  const verdict = isNew
    ? ready('Unknown', 'Progressing', `${where} has not been applied yet.`)
    : find(status, 'Ready');
  const block = isNew ? null : find(status, 'Stalled');
  return {
    ...status,
    attemptedRevision: revision,
    conditions: renew(status, [verdict, working, block], time),
    nextPass: null,
  };
}

/** A pass ended. */
export function endPass(status: ReconcilerStatus, record: PassRecord): ReconcilerStatus {
  const isApplied = isInStep(record);
  return {
    ...status,
    mirror: record.mirror ?? status.mirror,
    conditions: renew(status, judgePass(record), record.finished),
    sync: judgeSync(record),
    attemptedRevision: record.revision ?? status.attemptedRevision,
    appliedRevision: isApplied ? record.revision : status.appliedRevision,
    catalogs:
      record.catalogs.length === 0
        ? status.catalogs
        : record.catalogs.map((catalog) => trackPending(catalog, status, record.started)),
    holds: record.holds,
    proofs: pickProofs(record) ?? status.proofs,
    lastPass: summarizePass(record),
  };
}

/** The loop sleeps until a time. */
export function awaitPass(
  status: ReconcilerStatus,
  next: NonNullable<ReconcilerStatus['nextPass']>,
): ReconcilerStatus {
  return { ...status, nextPass: next };
}

/** The reconciler ends as it was told to. */
export function stopStatus(status: ReconcilerStatus, time: string): ReconcilerStatus {
  const kept = [find(status, 'Ready'), find(status, 'Stalled')];
  return {
    ...status,
    process: { ...status.process, stopped: time },
    conditions: renew(status, kept, time),
    nextPass: null,
  };
}

/** Whether production is what the commit wants, nothing held back. */
function isInStep({ result, report }: PassRecord): boolean {
  return result === 'done' && report !== null && report.sums.deferred === 0;
}

function judgeSync(record: PassRecord): ReconcilerStatus['sync'] {
  if (isInStep(record)) return 'Synced';
  return record.report === null || record.result === 'failed' ? 'Unknown' : 'OutOfSync';
}

function judgePass(record: PassRecord): readonly Statement[] {
  const message = explainResult(record) ?? '';
  switch (record.result) {
    case 'done':
      return judgeDone(record, message);
    case 'refused':
      return [
        ready('False', 'Refused', message),
        stalled('Refused', `It waits for a person: ${message}`),
      ];
    case 'interrupted':
      return [ready('Unknown', 'Interrupted', message)];
    case 'failed':
      return judgeFailed(record, message);
  }
}

function judgeDone(record: PassRecord, message: string): readonly Statement[] {
  if (isInStep(record))
    return [ready('True', 'InSync', `Production is in step with ${nameRevision(record)}.`)];
  const reason = record.holds[0] === undefined ? 'Deferred' : HOLD_REASONS[record.holds[0].kind];
  return [ready('False', reason, message === '' ? 'Something waits.' : message)];
}

const HOLD_REASONS: Readonly<Record<PassRecord['holds'][number]['kind'], string>> = {
  suspended: 'Suspended',
  'dry-run': 'DryRun',
  'copy-window': 'WindowClosed',
  'publish-window': 'WindowClosed',
  approval: 'ApprovalMissing',
};

function judgeFailed({ failure }: PassRecord, message: string): readonly Statement[] {
  if (failure?.disposition === 'stall')
    return [
      ready('False', 'Invalid', message),
      stalled(toWord(failure.code), `It waits for a new commit: ${message}`),
    ];
  const reason = failure === null ? 'StepsFailed' : toWord(failure.code);
  const again = failure?.disposition === 'wait' ? 'Waiting' : 'ProgressingWithRetry';
  return [ready('False', reason, message), reconciling(again, 'It is tried again by itself.')];
}

/** `REGISTRY_TIMEOUT` → `RegistryTimeout`. */
function toWord(code: string): string {
  const words = code.toLowerCase().split('_');
  return words.map(capitalize).join('');
}

function nameRevision({ revision }: PassRecord): string {
  return revision === null ? 'Git' : formatRevision(revision);
}

function pickProofs({ report }: PassRecord): ReconcilerStatus['proofs'] {
  if (report?.proof === undefined) return null;
  const { oldest, ageSeconds, overdue } = report.proof;
  return { oldest, ageSeconds, overdue };
}

function trackPending(
  catalog: CatalogState,
  status: ReconcilerStatus,
  time: string,
): CatalogProgress {
  const before = status.catalogs.find((entry) => entry.catalog === catalog.catalog);
  return { ...catalog, oldestPending: catalog.inSync ? null : (before?.oldestPending ?? time) };
}

function ready(status: Condition['status'], reason: string, message: string): Statement {
  return { type: 'Ready', status, reason, message };
}

function reconciling(reason: string, message: string): Statement {
  return { type: 'Reconciling', status: 'True', reason, message };
}

function stalled(reason: string, message: string): Statement {
  return { type: 'Stalled', status: 'True', reason, message };
}

function find(
  { conditions }: Pick<ReconcilerStatus, 'conditions'>,
  type: Condition['type'],
): Condition | null {
  return conditions.find((condition) => condition.type === type) ?? null;
}

// The time is that of the change from true to false or back, not of another reason.
function renew(
  status: Pick<ReconcilerStatus, 'conditions'>,
  statements: readonly (Statement | null)[],
  time: string,
): readonly Condition[] {
  return statements.flatMap((statement) => {
    if (statement === null) return [];
    const before = find(status, statement.type);
    const since = before?.status === statement.status ? before.since : time;
    return [{ ...statement, since }];
  });
}
