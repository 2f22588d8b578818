import type { Digest } from '../base/digest.ts';
import { isToolError, messageOf } from '../base/tool-error.ts';
import type {
  CatalogState,
  Hold,
  PassFailure,
  PassReason,
  PassRecord,
} from '../plan/history-types.ts';
import { formatIndexItem } from '../plan/item.ts';
import type { PassReport } from '../plan/report-types.ts';
import type { Outcome } from '../plan/types.ts';
import type { PreparedPass } from './prepare-pass.ts';

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
  readonly prepared: PreparedPass | null;
  readonly report: PassReport | null;
  readonly holds: readonly Hold[];
  /** What was thrown; null for nothing. */
  readonly error: unknown;
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
  const { prepared, report, holds, error, interrupted, finished } = ending;
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Pass',
    mirror: prepared?.state.manifest.name ?? null,
    ...head,
    finished,
    result: judgeResult(ending),
    drift: head.reason === 'interval' && (prepared?.plan.steps.length ?? 0) > 0,
    holds,
    failure: error === null || interrupted ? null : describeFailure(error),
    report,
    catalogs: prepared === null ? [] : describeCatalogs(prepared, report),
  };
}

function judgeResult({ report, error, interrupted }: PassEnding): PassRecord['result'] {
  if (interrupted || report?.interrupted === true) return 'interrupted';
  if (error !== null || report?.exitCode === 1) return 'failed';
  return report?.exitCode === 4 ? 'refused' : 'done';
}

function describeFailure(error: unknown): PassFailure {
  const message = messageOf(error);
  if (!isToolError(error)) return { code: 'BUG', message, hint: null, disposition: 'retry' };
  const { code, hint = null, disposition } = error;
  return { code, message, hint, disposition };
}

function describeCatalogs(
  prepared: PreparedPass,
  report: PassReport | null,
): readonly CatalogState[] {
  const outcomes = report?.outcomes ?? prepared.plan.settled;
  const held = new Set(outcomes.filter(isThere).map(({ item }) => item));
  return prepared.plan.catalogs.map(({ catalog, servedId, wantedId }) => {
    const keys = prepared.wanted.keysByCatalog.get(catalog) ?? [];
    const inSync = held.has(formatIndexItem(catalog));
    return {
      catalog,
      wanted: keys.length,
      present: keys.filter((key) => held.has(key)).length,
      gitId: findGitId(prepared, catalog),
      servedId: inSync && wasPushed(catalog, report) ? wantedId : servedId,
      inSync,
    };
  });
}

function isThere({ kind }: Outcome): boolean {
  return kind === 'in-sync' || kind === 'copied';
}

function wasPushed(catalog: string, report: PassReport | null): boolean {
  const item = formatIndexItem(catalog);
  return (
    report?.outcomes.some((outcome) => outcome.item === item && outcome.kind === 'copied') ?? false
  );
}

function findGitId({ indexes }: PreparedPass, catalog: string): Digest | null {
  return indexes.find(({ wanted }) => wanted.catalog === catalog)?.wanted.imageId ?? null;
}
