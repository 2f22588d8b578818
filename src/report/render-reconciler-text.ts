import { shortHex } from '../base/digest.ts';
import { formatCount, shortRevision } from '../base/text.ts';
import { formatLength, formatTime } from '../plan/format-moment.ts';
import type { CatalogProgress, Condition, ReconcilerState } from '../plan/history-types.ts';
import { renderLines } from './clean-line.ts';

/** What the reconciler says of itself, on one screen. */
export function renderReconcilerText(state: ReconcilerState): string {
  return renderLines(listReconciler(state));
}

/** The same as lines of a larger text. */
export function listReconciler(state: ReconcilerState): readonly string[] {
  const { conditions, catalogs, holds } = state;
  return [
    `Reconciler${state.mirror === null ? '' : ` of ${state.mirror}`}: ${formatLife(state)}`,
    ...conditions.map((condition) => formatCondition(condition, conditions[0])),
    ...listRevisions(state),
    ...catalogs.map(formatCatalog),
    ...holds.map((hold) => `  held        ${hold.message}${formatUntil(hold.until)}`),
    ...listProofs(state),
    ...listNext(state),
  ];
}

function formatLife({ life, process: { host, pid, started, stopped } }: ReconcilerState): string {
  const who = `process ${pid} on ${host}`;
  switch (life) {
    case 'running':
      return `runs as ${who} since ${formatTime(started)}`;
    case 'stopped':
      return `does not run; ${who} was stopped ${formatTime(stopped ?? started)}`;
    case 'gone':
      return `DOES NOT RUN; ${who} is gone without having been stopped`;
    case 'elsewhere':
      return `${who}, since ${formatTime(started)}; whether it still runs cannot be told from here`;
  }
}

const WORDS: Readonly<Record<Condition['status'], string>> = {
  True: 'yes',
  False: 'NO',
  Unknown: 'unknown',
};

function formatCondition(condition: Condition, first: Condition | undefined): string {
  const { type, status, reason, since } = condition;
  const message = shortenMessage(condition, first);
  return `  ${type.padEnd(12)}${WORDS[status]} (${reason}) since ${formatTime(since)}${message === '' ? '' : `: ${message}`}`;
}

// Why it is stalled is what makes it not ready, and stands in the line above.
function shortenMessage(condition: Condition, first: Condition | undefined): string {
  const said = first === undefined || first === condition ? '' : `: ${first.message}`;
  if (said === '' || !condition.message.endsWith(said)) return condition.message;
  return `${condition.message.slice(0, -said.length)}.`;
}

function listRevisions({
  attemptedRevision: attempted,
  appliedRevision: applied,
}: ReconcilerState): readonly string[] {
  if (attempted === null) return [];
  const tried = `  commit      ${shortRevision(attempted)}`;
  if (attempted === applied) return [`${tried} applied`];
  return [`${tried} tried, ${applied === null ? 'none' : shortRevision(applied)} applied`];
}

function formatCatalog(catalog: CatalogProgress): string {
  const { present, wanted, gitId, servedId, inSync, oldestPending } = catalog;
  const images = `${present} of ${formatCount(wanted, 'image')}`;
  const served = servedId === null ? 'none' : shortHex(servedId);
  const ids = inSync || gitId === null ? served : `${served}, in Git ${shortHex(gitId)}`;
  const waits = oldestPending === null ? '' : `; waits since ${formatTime(oldestPending)}`;
  return `  catalog     ${catalog.catalog}: ${images}, index ${ids}${waits}`;
}

function listProofs({ proofs }: ReconcilerState): readonly string[] {
  if (proofs === null) return [];
  const { oldest, ageSeconds, overdue } = proofs;
  const since =
    oldest === null ? 'no image is in step' : `every image seen since ${formatTime(oldest)}`;
  const wanted = `wanted every ${formatLength(ageSeconds * 1000)}`;
  const late = overdue === 0 ? '' : `; ${formatCount(overdue, 'image')} OVERDUE`;
  return [`  proofs      ${since}, ${wanted}${late}`];
}

function formatUntil(until: string | null): string {
  return until === null ? '' : `, until ${formatTime(until)}`;
}

function listNext({ nextPass, lastPass, life }: ReconcilerState): readonly string[] {
  const last =
    lastPass === null
      ? []
      : [
          `  last pass   ${lastPass.id}: ${lastPass.result}, ended ${formatTime(lastPass.finished)}`,
        ];
  if (nextPass === null || life === 'gone') return last;
  return [...last, `  next pass   ${formatTime(nextPass.time)}: ${nextPass.why}`];
}
