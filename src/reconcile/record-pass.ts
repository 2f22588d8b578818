import { isToolError, messageOf, type ToolError } from '../base/tool-error.ts';
import type { Hold, PassFailure, PassReason, PassRecord } from '../plan/history-types.ts';
import type { PassReport } from '../plan/report-types.ts';
import type { PassView } from './pass-view.ts';

/** What is known of a pass before it ends. */
export interface PassHead {
  readonly id: string;
  readonly reason: PassReason;
  readonly revision: string | null;
  readonly subject: string | null;
  /** ISO 8601. */
  readonly started: string;
}

export interface PassEnding {
  /** Null where it failed before there was a plan. */
  readonly view: PassView | null;
  readonly report: PassReport | null;
  readonly holds: readonly Hold[];
  /** What was thrown; null for nothing. */
  readonly error: unknown;
  /** Why the commit may not be the newest; left out, or null, where nothing was in the way. */
  readonly trouble?: ToolError | null;
  readonly interrupted: boolean;
  /** ISO 8601. */
  readonly finished: string;
}

/** `<UTC time>-<4 hex>`, sortable, and fit for a file name. */
export function formatPassId(now: Date, random: number): string {
  const time = now
    .toISOString()
    .replaceAll(':', '-')
    .replace(/\.\d+Z$/, 'Z');
  const suffix = Math.floor(random * 0x10000)
    .toString(16)
    .padStart(4, '0');
  return `${time}-${suffix}`;
}

/** Puts what happened in a pass into the record that is kept of it. */
export function recordPass(head: PassHead, ending: PassEnding): PassRecord {
  const { view, report, holds, trouble = null, interrupted, finished } = ending;
  const error = ending.error ?? trouble;
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Pass',
    mirror: view?.manifest.name ?? null,
    ...head,
    finished,
    result: judgeResult(ending),
    drift: head.reason === 'interval' && (view?.steps.length ?? 0) > 0,
    holds,
    failure: error === null || interrupted ? null : describeFailure(error),
    report,
    catalogs: view?.catalogs ?? [],
  };
}

function judgeResult(ending: PassEnding): PassRecord['result'] {
  const { report, error, trouble = null, interrupted } = ending;
  if (interrupted || report?.interrupted === true) return 'interrupted';
  if (error !== null || trouble !== null || report?.exitCode === 1) return 'failed';
  return report?.exitCode === 4 ? 'refused' : 'done';
}

function describeFailure(error: unknown): PassFailure {
  const message = messageOf(error);
  if (!isToolError(error)) return { code: 'BUG', message, hint: null, disposition: 'retry' };
  const { code, hint = null, disposition } = error;
  return { code, message, hint, disposition };
}
