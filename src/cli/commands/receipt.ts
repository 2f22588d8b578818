import { ToolError } from '../../base/tool-error.ts';
import { parseNeed, sealMedia } from '../../plan/media-documents.ts';
import type { Need, Receipt } from '../../plan/media-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { checkReceipt } from '../../reconcile/check-receipt.ts';
import { createStateLoader, type LoadedState } from '../../reconcile/load-state.ts';
import { renderReceiptText } from '../../report/render-receipt-text.ts';
import type { CommandContext } from '../context.ts';
import { readMediaFile } from '../read-media-file.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';
import { openSnapshot } from './plan.ts';

export interface ReceiptOptions {
  /** What `need --format json` wrote. */
  readonly need: string;
  /** Compare although Git has changed since the snapshot. */
  readonly stale: boolean;
  readonly format: 'text' | 'json';
}

/** Holds staging against what was asked for. Exit 4 where it is incomplete, 1 where nobody can say. */
export async function runReceipt(
  options: ReceiptOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const need = parseNeed(await readMediaFile(options.need), options.need);
  const git = await wiring.openGit();
  const commit = await openSnapshot({ workingTree: false }, git, context);
  const state = await createStateLoader(await wiring.openStore())(commit, context.manifestFile);
  if (!options.stale) assertCurrent(need, state, options.need);
  const { manifest } = state;
  const findings = await checkReceipt({
    need,
    manifest,
    staging: wiring.openRegistries(manifest).staging,
    emit: context.progress.emit,
    signal: context.signal,
  });
  const receipt: Receipt = sealMedia({
    apiVersion: 'olmirror/v1alpha1' as const,
    kind: 'Receipt' as const,
    time: systemClock.now().toISOString(),
    ...findings,
  });
  context.progress.clear();
  context.console.result(
    options.format === 'json'
      ? `${JSON.stringify(receipt, null, 2)}\n`
      : renderReceiptText(receipt),
  );
  return receipt.exitCode;
}

// What was asked for merges with no gap into the catalog that was carried, and only that was tried.
function assertCurrent(need: Need, { catalogs, snapshot }: LoadedState, file: string): void {
  const changed = need.catalogs.filter(
    ({ catalog, content }) =>
      catalogs.find(({ entry }) => entry.name === catalog)?.content !== content,
  );
  if (changed.length === 0) return;
  throw new ToolError(
    'PLAN_MEDIA_STALE',
    `${file} was made for Git as it was at ${need.snapshot.revision.slice(0, 12)} (${need.snapshot.time}); at ${snapshot.revision.slice(0, 12)} the catalog ${changed.map(({ catalog }) => catalog).join(', ')} says something else.`,
    {
      hint: 'Compare all the same with --stale; `olmirror merge --dry-run` says whether the delivery still merges. Make the next snapshot of HEAD.',
    },
  );
}
