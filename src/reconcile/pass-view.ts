import type { Digest } from '../base/digest.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import type { CatalogState } from '../plan/history-types.ts';
import { formatIndexItem } from '../plan/item.ts';
import type { PassReport } from '../plan/report-types.ts';
import type { Outcome, Plan } from '../plan/types.ts';
import type { PreparedPass } from './prepare-pass.ts';

/** What is told of a prepared pass beside its report: small, and plain data. */
export interface PassView extends Pick<Plan, 'steps' | 'checks' | 'storage'> {
  readonly manifest: MirrorManifest;
  readonly catalogs: readonly CatalogState[];
  /** An image was gone that an earlier look vouched for. */
  readonly isSurprise: boolean;
}

/** `report` is null where the pass failed before its end. */
export function viewPass(prepared: PreparedPass, report: PassReport | null): PassView {
  const { state, plan } = prepared;
  return {
    manifest: state.manifest,
    steps: plan.steps,
    checks: plan.checks,
    storage: plan.storage,
    catalogs: describeCatalogs(prepared, report),
    isSurprise: isSurprise(prepared, report),
  };
}

// Nothing vouches for such an image any longer, so that the next pass finds it.
function isSurprise({ plan, looks }: PreparedPass, report: PassReport | null): boolean {
  if ((looks?.vouched.size ?? 0) === 0) return false;
  const stepped = new Set(plan.steps.flatMap(({ items }) => items));
  return (
    report?.outcomes.some(({ item, code }) => code === 'APPLY_CLOSURE' && stepped.has(item)) ??
    false
  );
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
