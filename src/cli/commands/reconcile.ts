import { randomUUID } from 'node:crypto';
import { ToolError } from '../../base/tool-error.ts';
import type { PassRequestReport } from '../../plan/control-types.ts';
import type { PassAnswer } from '../../plan/parse-control.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import type { CommandContext } from '../context.ts';
import { ANSWERS, type ControlFiles, openControlFiles, REQUESTS } from '../local-control.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';

export interface ReconcileOptions {
  /** Wait until the pass that was asked for has ended. */
  readonly wait: boolean;
  readonly timeoutMilliseconds: number;
  readonly format: 'text' | 'json';
}

/** A loop that runs answers within moments, save where it reads a large catalog just then. */
const LISTENING = 15_000;
const LOOK = 100;

/** Asks the running `watch` of this state folder for a pass now; with `wait`, ends with its exit code. */
export async function runReconcile(
  { wait, timeoutMilliseconds, format }: ReconcileOptions,
  { console, signal }: CommandContext,
  { stateFolder }: Pick<Wiring, 'stateFolder'>,
): Promise<ExitCode> {
  const control = openControlFiles(stateFolder);
  const request = randomUUID();
  const asked = systemClock.now();
  await control.files.write(`${REQUESTS}/${request}.json`, `${JSON.stringify({ asked })}\n`);
  const waiting: Waiting = { control, request, signal };
  let isLeft = false;
  try {
    const seen = await waitFor(waiting, Math.min(timeoutMilliseconds, LISTENING), () => true);
    if (seen === null) throw noWatch(stateFolder);
    if (!wait) {
      isLeft = true;
      console.result(format === 'json' ? renderJson({ state: 'received' }) : ASKED);
      return 0;
    }
    const left = timeoutMilliseconds - (systemClock.now().getTime() - asked.getTime());
    const answer = await waitFor(waiting, left, ({ state }) => state === 'handled');
    if (answer?.state !== 'handled') throw outOfTime(timeoutMilliseconds);
    console.result(format === 'json' ? renderJson(answer) : formatAnswer(answer));
    return answer.exitCode;
  } finally {
    if (!isLeft) await tidy(waiting);
  }
}

interface Waiting {
  readonly control: ControlFiles;
  readonly request: string;
  readonly signal: AbortSignal;
}

async function waitFor(
  { control, request, signal }: Waiting,
  milliseconds: number,
  isMet: (answer: PassAnswer) => boolean,
): Promise<PassAnswer | null> {
  const end = systemClock.now().getTime() + milliseconds;
  for (;;) {
    const answer = await control.readAnswer(request);
    if (answer !== null && !('fault' in answer) && isMet(answer)) return answer;
    if (systemClock.now().getTime() >= end) return null;
    await systemClock.sleep(LOOK, signal);
  }
}

async function tidy({ control, request }: Waiting): Promise<void> {
  await control.files.remove(`${REQUESTS}/${request}.json`);
  await control.files.remove(`${ANSWERS}/${request}.json`);
}

function noWatch(stateFolder: string): ToolError {
  return new ToolError(
    'CLI_NO_WATCH',
    `No running olmirror watch answered in ${stateFolder}; nothing was done.`,
    {
      hint: 'Start `olmirror watch` there, or run `olmirror apply`. The folder follows from -C, --manifest, HOME and XDG_STATE_HOME: they must be as they are for the running one.',
    },
  );
}

function outOfTime(milliseconds: number): ToolError {
  return new ToolError(
    'CLI_TIMEOUT',
    `The pass that was asked for has not ended within ${Math.round(milliseconds / 1000)} s; it goes on.`,
    { hint: 'Look at its log or at `olmirror status`, or wait longer with --timeout.' },
  );
}

const ASKED = 'Asked for a pass. `olmirror status` shows what it did.';

function renderJson(answer: PassAnswer): string {
  const report: PassRequestReport = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'PassRequest',
    pass: null,
    revision: null,
    result: null,
    messages: [],
    exitCode: 0,
    ...answer,
  };
  return JSON.stringify(report, null, 2);
}

function formatAnswer({
  pass,
  result,
  revision,
  messages,
}: PassAnswer & { readonly state: 'handled' }): string {
  const commit = revision === null ? '' : ` for commit ${revision.slice(0, 12)}`;
  return [...messages, `Pass ${pass}${commit}: ${result}.`].join('\n');
}
