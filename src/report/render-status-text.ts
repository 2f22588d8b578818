import { shortHex } from '../base/digest.ts';
import { formatCount, formatRevision } from '../base/text.ts';
import type {
  CatalogStatus,
  DeliveryState,
  HandoverFile,
  StatusReport,
} from '../plan/status-types.ts';
import { OUTCOME_KINDS } from '../plan/sum-outcomes.ts';
import { renderLines } from './clean-line.ts';
import { listBudgetLines } from './format-budget.ts';
import { listVerification } from './list-verification.ts';
import { formatIds, listKept, listWhy } from './render-plan-text.ts';
import { listReconciler } from './render-reconciler-text.ts';

/** One screen: is production in step with Git, what is served, and what became of the delivery in staging. */
export function renderStatusText(status: StatusReport): string {
  const where = formatRevision(status.revision);
  const pending =
    status.pendingSteps === 0 ? '' : `, ${formatCount(status.pendingSteps, 'step')} pending`;
  const lines = [
    `${status.mirror}: ${status.sync} with ${where}${pending}`,
    `Images: ${formatImages(status)}`,
    ...listVerification(status),
    ...status.catalogs.flatMap(renderCatalog),
    ...listBudgetLines(status.budgets),
    ...status.checks.flatMap((check) => [
      `${check.severity === 'warning' ? 'warning' : 'problem'}: ${check.message}`,
      ...(check.hint === null ? [] : [`  Hint: ${check.hint}`]),
    ]),
    ...listWhy(status.checks),
    ...(status.reconciler === undefined ? [] : listReconciler(status.reconciler)),
    ...(status.handover === undefined ? [] : [formatHandover(status.handover)]),
  ];
  return renderLines(lines);
}

function formatHandover({ file, changed, withheld }: HandoverFile): string {
  if (withheld !== null)
    return `${file} was left as it is, since not all could be told: ${withheld}`;
  return changed.length === 0
    ? `${file} says all this already.`
    : `Wrote ${file}, new: ${changed.join('; ')}. Commit it.`;
}

function formatImages(status: StatusReport): string {
  const parts = OUTCOME_KINDS.filter((kind) => status.images[kind] > 0).map(
    (kind) => `${status.images[kind]} ${kind === 'copied' ? 'to copy' : kind}`,
  );
  return `${status.images.wanted} wanted${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}

function renderCatalog(catalog: CatalogStatus): readonly string[] {
  // Under relocate staging serves, and deliveries land beside.
  const [serving, delivery] =
    catalog.kept === undefined
      ? (['production', 'staging'] as const)
      : (['staging', 'delivery'] as const);
  return [
    `Catalog ${catalog.catalog}: ${formatCount(catalog.packageCount, 'package')}, ${formatCount(catalog.bundleCount, 'bundle')} in Git`,
    `  ${serving.padEnd(10)}  ${catalog.target === '' ? '' : `${catalog.target}  `}index ${formatIds(catalog)}`,
    ...listKept(catalog),
    `  ${delivery.padEnd(10)}  ${formatDelivery(catalog)}`,
  ];
}

const DELIVERY_WORDS: Readonly<Record<DeliveryState, string>> = {
  applied: 'merged and applied',
  merged: 'merged, not applied yet: run `olmirror apply`',
  'merged-not-committed': 'merged in the working tree, not committed yet',
  'not-merged': 'NOT MERGED: take it in with `olmirror merge`',
  none: 'no index there',
  unknown: 'unknown',
};

const HELD_BACK = 'merged, held back by the pin';

function formatDelivery({ staging, pin }: CatalogStatus): string {
  const words =
    staging.state === 'merged' && pin !== null ? HELD_BACK : DELIVERY_WORDS[staging.state];
  const digest = staging.digest === null ? '' : `delivery ${shortHex(staging.digest)} `;
  const recorded = staging.recorded === null ? '' : ` (taken in ${staging.recorded})`;
  const gaps = staging.gaps.length === 0 ? '' : `; a gap left ${staging.gaps.join(', ')} as before`;
  return `${digest}${words}${recorded}${gaps}${staging.message === null ? '' : `: ${staging.message}`}`;
}
