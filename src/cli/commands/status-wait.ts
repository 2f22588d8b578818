import { formatRevision } from '../../base/text.ts';
import { isToolError, ToolError } from '../../base/tool-error.ts';
import type { Condition, ReconcilerState } from '../../plan/history-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { renderReconcilerText } from '../../report/render-reconciler-text.ts';
import type { CommandContext } from '../context.ts';
import { findReconciler } from '../find-reconciler.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';

export interface WaitOptions {
  readonly wait: 'Ready' | 'Stalled';
  /** Null for HEAD of the local clone, or any commit where there is none. */
  readonly revision: string | null;
  readonly timeoutMilliseconds: number;
  readonly format: 'text' | 'json';
}

const POLL = 300;

/**
 * Waits until the reconciler of this state folder says that something is true of a commit. Exit 0 then; 4 where
 * it says that a person must do something first, 1 at bad input, or in time.
 */
export async function runStatusWait(
  options: WaitOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const revision = await findRevision(options, wiring);
  const deadline = systemClock.now().getTime() + options.timeoutMilliseconds;
  let state = await findReconciler(wiring.stateFolder);
  let code = judge(state, options.wait, revision);
  while (code === null && systemClock.now().getTime() < deadline) {
    await systemClock.sleep(POLL, context.signal);
    state = await findReconciler(wiring.stateFolder);
    code = judge(state, options.wait, revision);
  }
  if (state === null || code === null) throw notReached(state, options, revision);
  context.console.result(
    options.format === 'json' ? JSON.stringify(state, null, 2) : renderReconcilerText(state),
  );
  return code;
}

async function findRevision({ revision }: WaitOptions, wiring: Wiring): Promise<string | null> {
  try {
    const git = await wiring.openGit();
    const found = await git.resolveRevision(revision ?? 'HEAD');
    if (found !== null || revision === null) return found;
  } catch (error) {
    // Beside a reconciler that follows a remote there need not be a repository.
    if (!isToolError(error)) throw error;
    if (revision === null) return null;
  }
  if (/^[0-9a-f]{7,64}$/.test(revision)) return revision;
  throw new ToolError('GIT_UNKNOWN_REVISION', `There is no commit ${revision} here.`, {
    hint: 'Give the commit by its id, or pull it first.',
  });
}

/** Exit code, or null while it must be waited for. */
function judge(
  state: ReconcilerState | null,
  wait: WaitOptions['wait'],
  revision: string | null,
): ExitCode | null {
  if (state === null || !isAbout(state, revision)) return null;
  const stalled = find(state, 'Stalled');
  if (wait === 'Stalled') return stalled === null ? null : 0;
  if (find(state, 'Ready')?.status === 'True') return 0;
  if (stalled === null) return null;
  return stalled.reason === 'Refused' ? 4 : 1;
}

function isAbout({ attemptedRevision }: ReconcilerState, revision: string | null): boolean {
  return revision === null || (attemptedRevision?.startsWith(revision) ?? false);
}

function find(state: ReconcilerState, type: Condition['type']): Condition | null {
  return state.conditions.find((condition) => condition.type === type) ?? null;
}

function notReached(
  state: ReconcilerState | null,
  { wait, timeoutMilliseconds }: WaitOptions,
  revision: string | null,
): ToolError {
  const what = revision === null ? wait : `${wait} with ${formatRevision(revision)}`;
  const seconds = Math.round(timeoutMilliseconds / 1000);
  return new ToolError(
    'CLI_NOT_REACHED',
    `The reconciler was not ${what} within ${seconds} s: ${explain(state, revision)}`,
    { disposition: 'retry', hint: adviseOn(state) },
  );
}

function explain(state: ReconcilerState | null, revision: string | null): string {
  if (state === null) return 'none has ever run with this state folder.';
  if (state.life === 'gone' || state.life === 'stopped') return 'it does not run.';
  if (!isAbout(state, revision))
    return `it has not begun with that commit; its last is ${state.attemptedRevision === null ? 'none' : formatRevision(state.attemptedRevision)}.`;
  const words = state.conditions.map(
    ({ type, status, reason, message }) =>
      `${type} is ${status} (${reason})${message === '' ? '' : `: ${message}`}`,
  );
  return words.join(' ');
}

function adviseOn(state: ReconcilerState | null): string {
  if (state === null || state.life === 'gone' || state.life === 'stopped')
    return 'Start `olmirror watch` with the same folder (-C) and user, or run `olmirror apply`.';
  return '`olmirror history` says what its passes came to.';
}
