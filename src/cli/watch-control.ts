import { isToolError } from '../base/tool-error.ts';
import type { PassRecord } from '../plan/history-types.ts';
import type { PassAnswer } from '../plan/parse-control.ts';
import type { PassControl } from '../reconcile/hold-pass.ts';
import type { Trigger, Wake, WatchControl } from '../reconcile/watch-types.ts';
import { ANSWERS, type ControlFiles, openControlFiles, REQUESTS } from './local-control.ts';

export interface ListeningControl {
  readonly control: WatchControl & PassControl;
  /** Rings when somebody asks for a pass, suspends, resumes or approves. */
  readonly trigger: Trigger;
}

interface Desk extends ControlFiles {
  /** Requests that were told that they were received. */
  readonly received: Set<string>;
  readonly warn: (message: string) => void;
}

/** The ear and the mouth of a running `watch`: what people decide in its state folder, and what it answers. */
export function openWatchControl(
  stateFolder: string,
  warn: (message: string) => void,
): ListeningControl {
  const desk: Desk = {
    ...openControlFiles(stateFolder),
    received: new Set(),
    warn,
  };
  return {
    control: {
      readSuspension: () => desk.readSuspension(),
      readApproval: () => desk.readApproval(),
      present: (plan) => attempt(desk, () => desk.writeWaiting(plan)),
      endApproval: () => attempt(desk, () => endApproval(desk)),
      takeRequests: () => takeRequests(desk),
      answer: (requests, record) => answer(desk, requests, record),
    },
    trigger: { start: (ring) => listen(desk, ring) },
  };
}

async function listen(desk: Desk, ring: (wake: Wake) => void): Promise<() => Promise<void>> {
  await attempt(desk, () => dropOldAnswers(desk));
  let last = await readDecisions(desk);
  let looking = Promise.resolve();
  async function look(): Promise<void> {
    const fresh = await receive(desk);
    const now = await readDecisions(desk);
    // An approval that ended is no reason for a pass: the pass that ended it has just run.
    const isDecided = now.suspension !== last.suspension || isNewApproval(now, last);
    last = now;
    if (fresh.length > 0 || isDecided) ring({ reason: 'request' });
  }
  const stop = await desk.files.watch(['.', REQUESTS], () => {
    looking = looking.then(() => attempt(desk, look));
  });
  return async () => {
    stop();
    await looking;
  };
}

const KEPT_ANSWERS = 100;

// Of people who did not wait for them.
async function dropOldAnswers({ files }: Desk): Promise<void> {
  const names = await files.list(ANSWERS);
  if (names.length <= KEPT_ANSWERS) return;
  const asked = new Set(await files.list(REQUESTS));
  for (const name of names) if (!asked.has(name)) await files.remove(`${ANSWERS}/${name}`);
}

interface Decisions {
  readonly suspension: string;
  readonly approval: string;
}

async function readDecisions(desk: Desk): Promise<Decisions> {
  return {
    suspension: JSON.stringify(await desk.readSuspension()),
    approval: JSON.stringify(await desk.readApproval()),
  };
}

function isNewApproval(now: Decisions, last: Decisions): boolean {
  return now.approval !== last.approval && now.approval !== 'null';
}

// Nothing that the disk does here may end the loop: who asked is told by the time it takes.
async function attempt(desk: Desk, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isToolError(error)) throw error;
    desk.warn(error.message);
  }
}

async function endApproval(desk: Desk): Promise<void> {
  if ((await desk.readApproval()) !== null) await desk.writeApproval(null);
  if ((await desk.readWaiting()) !== null) await desk.writeWaiting(null);
}

// Tells each new request at once that somebody is there.
async function receive(desk: Desk): Promise<readonly string[]> {
  const fresh = (await listRequests(desk)).filter((request) => !desk.received.has(request));
  for (const request of fresh) {
    desk.received.add(request);
    await write(desk, request, { state: 'received' });
  }
  return fresh;
}

async function listRequests({ files }: Desk): Promise<readonly string[]> {
  const names = await files.list(REQUESTS);
  return names.flatMap((name) => {
    const [, request] = /^([0-9a-f-]{36})\.json$/.exec(name) ?? [];
    return request === undefined ? [] : [request];
  });
}

function write({ files }: Desk, request: string, told: PassAnswer): Promise<void> {
  return files.write(`${ANSWERS}/${request}.json`, `${JSON.stringify(told)}\n`);
}

async function takeRequests(desk: Desk): Promise<readonly string[]> {
  let taken: readonly string[] = [];
  await attempt(desk, async () => {
    await receive(desk);
    taken = await listRequests(desk);
  });
  return taken;
}

async function answer(desk: Desk, requests: readonly string[], record: PassRecord): Promise<void> {
  const told = describeAnswer(record);
  for (const request of requests)
    await attempt(desk, async () => {
      await write(desk, request, told);
      await desk.files.remove(`${REQUESTS}/${request}.json`);
      desk.received.delete(request);
    });
}

function describeAnswer(record: PassRecord): PassAnswer {
  const { id, result, revision, holds, failure, report } = record;
  const hint = failure?.hint ?? null;
  return {
    state: 'handled',
    pass: id,
    result,
    revision,
    exitCode: judgeExit(record),
    messages: [
      ...holds.map(({ message }) => `Held: ${message}.`),
      ...(failure === null ? [] : [failure.message]),
      ...(hint === null ? [] : [`Hint: ${hint}`]),
      ...(report?.checks ?? [])
        .filter(({ severity }) => severity !== 'warning')
        .map(({ message }) => message),
    ],
  };
}

function judgeExit({ result }: PassRecord): 0 | 1 | 4 {
  if (result === 'done') return 0;
  return result === 'refused' ? 4 : 1;
}
